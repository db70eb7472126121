"""Says what each part of the best rule is worth, where an ablation measured it."""

from __future__ import annotations

from shlex import quote

from evosearch.ablation.measured import Measured
from evosearch.export.notation.program_text import readable
from evosearch.graph.lowering import lower
from evosearch.reports.page.html import Section, code, interval, joined, paragraphs, table
from evosearch.reports.page.material import Material


def worth_section(material: Material, measured: Measured | str | None) -> Section:
    """Tabulates worths; where none were measured, gives the command that measures them.

    `measured` is a sentence where an ablation is not complete.
    """
    identifier, title = "worth", "What each part is worth"
    if material.best is None:
        return Section(identifier, title, paragraphs("No candidate was trained yet."))
    if measured is None or isinstance(measured, str):
        tasks = " ".join(f"--measure {task}" for task in material.store.config.tasks)
        rule = quote(f"{material.store.folder}#{material.best.number}")
        note = measured or "It was not measured. This measures it, in ten minutes to hours:"
        command = code(f"evosearch simplify {rule} {tasks}")
        return Section(identifier, title, joined((paragraphs(note), command)))
    rows = [
        (
            worth.node,
            worth.instead or "–",
            interval(worth.speed.speed, worth.speed.low, worth.speed.high)
            + (", given up early" if worth.speed.given_up else "")
            if worth.speed
            else "nothing that trains is left",
        )
        for worth in measured.worths
    ]
    after = measured.simplified.after
    tuned = measured.tuned
    told = (
        "Each part was replaced by what costs the least, everything tuned anew, several times "
        f"over, on {', '.join(measured.tasks)}; below 1 the rule is slower without it. The "
        "intervals are of 95%, each for itself. The program is what was left when all went that is "
        f"worth nothing; it has {interval(tuned.speed, tuned.low, tuned.high)} times the speed of "
        "what came in."
    )
    return Section(
        identifier,
        title,
        joined(
            (
                paragraphs(told),
                code(readable(lower(after), after.name)),
                table("The speed without it", ("part", "replaced by", "speed"), rows),
            )
        ),
    )
