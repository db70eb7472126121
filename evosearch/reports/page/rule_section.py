"""Shows the best rule: as a program, as formulas, as a drawing; which known rule it is."""

from __future__ import annotations

import re
from shlex import quote

from evosearch.export.drawing.canvas import drawn
from evosearch.export.drawing.picture import Picture, Role, picture
from evosearch.export.formulas.equations import aligned, equations, explanations
from evosearch.export.notation.program_text import readable
from evosearch.recognition.wording import sentence
from evosearch.reports.page.html import (
    Html,
    Section,
    code,
    decimal,
    facts,
    figure,
    folded,
    joined,
    paragraphs,
    scrolling,
    significant,
    table,
    tag,
)
from evosearch.reports.page.material import Best, Material
from evosearch.reports.page.plots import inline
from evosearch.reports.references import family_of_candidate
from evosearch.search.schema import RANKING

_STATE_BYTES = 4
"""Of a number in single precision."""


def rule_section(material: Material) -> Section:
    """Shows the rule that leads the fullest measurement that the run has."""
    identifier, title = "rule", "The best rule"
    best = material.best
    if best is None:
        return Section(identifier, title, paragraphs("No candidate was trained yet."))
    graph, number = best.graph, best.number
    slots = len(graph.slots)
    told = facts(
        [
            ("candidate", f"#{number}"),
            ("statements", str(graph.size)),
            (
                "state slots",
                f"{slots} ({_STATE_BYTES * slots} bytes per parameter, if all are tensors)",
            ),
            ("learning rate", _rate(best)),
            (
                "as a file",
                f"evosearch export {quote(f'{material.store.folder}#{number}')} --out optimizer.py",
            ),
        ]
    )
    drawing = picture(graph)
    svg = inline(
        drawn(drawing, "svg").decode(),
        "rule-drawing",
        f"Data flow of rule {number}",
        described(drawing),
    )
    return Section(
        identifier,
        title,
        joined(
            (
                paragraphs(_evidence(material, number), sentence("It", best.recognised)),
                told,
                code(readable(graph, best.reference.name)),
                tag("h3", "As formulas"),
                *_formulas(best),
                tag("h3", "As a drawing"),
                figure(
                    scrolling(svg, "Drawing of the rule"),
                    "States are on the left before the step and on the right after it; a dashed "
                    "line leads back.",
                ),
                tag("h3", "Its settings"),
                _settings(material, best),
            )
        ),
    )


def _evidence(material: Material, number: int) -> str:
    """Tells what was measured of the rule; before the finals, that of its latest round."""
    score = next((one.score for one in material.trained if one.id == number), None)
    if material.best is not None and number in material.reported:
        return material.best.reference.evidence
    return (
        f"In the search it has {decimal(score)} times the speed of tuned AdamW, on the seeds that "
        "chose it: too high a number."
    )


def described(drawing: Picture) -> str:
    """Tells what a drawing shows, for those who do not see it."""
    by_role = {role: [box.text for box in drawing.boxes if box.role is role] for role in Role}
    inputs, old, new = (
        ", ".join(by_role[role]) or "none" for role in (Role.INPUT, Role.OLD_STATE, Role.NEW_STATE)
    )
    return (
        f"From the inputs {inputs} and the states {old}, {len(by_role[Role.OPERATION])} operations "
        f"make the direction and the new states {new}; "
        f"{len(drawing.wires)} wires."
    )


def typeset(formula: str) -> Html:
    """Puts the times of a formula in plain text below the line, and simple exponents above it.

    >>> typeset("m_t = m_{t-1} / (1 − β^t)")
    'm<sub>t</sub> = m<sub>t-1</sub> / (1 − β<sup>t</sup>)'
    """
    written: list[str] = []
    for part in re.split(r"(_\{[^{}]*\}|_t(?![A-Za-z0-9_])|\^[A-Za-z0-9]+)", formula):
        if part.startswith("_"):
            written.append(tag("sub", part[1:].strip("{}")))
        elif part.startswith("^") and len(part) > 1:
            written.append(tag("sup", part[1:]))
        else:
            written.append(part)
    return joined(written)


def _formulas(best: Best) -> list[Html]:
    lines = [tag("p", typeset(one.plain)) for one in equations(best.graph)]
    meant = [f"with {line}" for line in explanations(best.graph)]
    return [
        scrolling(tag("div", *lines, class_="formula"), "Formulas of the rule"),
        paragraphs(*meant),
        folded("LaTeX", code(aligned(best.graph))),
    ]


def _rate(best: Best) -> str:
    if best.reference.rate is None:
        return "not measured in comparison with AdamW's"
    return f"{significant(best.reference.rate, 3)} times AdamW's, the mean over the tasks"


def _settings(material: Material, best: Best) -> Html:
    """Tabulates what tuning chose on each task, and what the exported file has."""
    store = material.store
    settings = store.settings(best.number, RANKING) or store.best_settings(best.number)
    if not settings:
        return paragraphs("No setting of it is stored.")
    names = family_of_candidate(store, store.candidate(best.number)).names
    rows = [
        (task, significant(setting.rate), *(f"{value:.10g}" for value in setting.constants))
        for task, setting in settings.items()
    ]
    return joined(
        (
            paragraphs(
                "A rate is relative to the size of the rule's direction. "
                + (
                    "Rate and constants were tuned on each task; the program above has the "
                    "constants at the middle of these."
                    if names
                    else "It was tuned on each task; the constants are the program's own."
                )
            ),
            table("The best setting on each task", ("task", "relative rate", *names), rows),
        )
    )
