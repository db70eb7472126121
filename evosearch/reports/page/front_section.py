"""Draws scores against size and states, and names the rules that none is better than in both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evosearch.recognition.recognition import recognise
from evosearch.recognition.wording import sentence
from evosearch.reports.front import Cost, front
from evosearch.reports.page.html import (
    Html,
    Section,
    decimal,
    figure,
    interval,
    joined,
    paragraphs,
    table,
    tag,
)
from evosearch.reports.page.material import Material
from evosearch.reports.page.plots import INK, MUTED, NARROW, RULE, plotted
from evosearch.reports.references import best_program
from evosearch.search.records import StoredCandidate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FLOOR = 0.4
"""The score at whose height lower ones are drawn."""
_MOST_NAMED = 12
"""The rules of a front of which it is found out which known rule they are, a second each."""


def front_section(material: Material) -> Section:
    """Draws the fronts of score against statements and against states; lists what lies on them."""
    identifier, title = "front", "Score against size"
    cleared = [one for one in material.trained if one.cleared]
    if not cleared:
        return Section(identifier, title, paragraphs("No rule came through all tasks yet."))
    by_size = front(cleared, lambda one: one.size)
    by_slots = front(cleared, lambda one: one.slots)
    pictures = [
        _picture("statements", cleared, by_size, lambda one: one.size),
        _picture("state slots", cleared, by_slots, lambda one: one.slots),
    ]
    named = {one.id: one for one in (*by_size, *by_slots)}
    rows = [
        _row(material, one, one in by_size, one in by_slots)
        for one in list(named.values())[:_MOST_NAMED]
    ]
    listing = table(
        "The rules on the fronts",
        (
            "rule",
            "score in the search",
            "fresh seeds",
            "statements",
            "slots",
            "front of",
            "which is",
        ),
        rows,
    )
    note = (
        "A rule is on a front if no rule that is as short, or has as few states, scores higher. "
        "Scores are the search's own, of the latest round, on the seeds that chose the rules."
    )
    return Section(
        identifier, title, joined((tag("div", *pictures, class_="pair"), paragraphs(note), listing))
    )


def _picture(
    what: str, rules: Sequence[StoredCandidate], best: Sequence[StoredCandidate], cost: Cost
) -> Html:
    def draw(axes: Axes) -> None:
        from matplotlib.ticker import MaxNLocator

        axes.scatter(
            [cost(one) for one in rules],
            [max(one.score or 0.0, _FLOOR) for one in rules],
            s=14, c=MUTED, alpha=0.6,
        )  # fmt: skip
        places = [cost(one) for one in best], [max(one.score or 0.0, _FLOOR) for one in best]
        axes.step(*places, where="post", color=RULE)
        axes.scatter(*places, s=30, c=RULE)
        for x, y, one in zip(*places, best, strict=True):
            # On the upper left, where a front has nothing.
            axes.annotate(
                f"#{one.id}", (x, y), (-4, 6), textcoords="offset points", ha="right", color=INK
            )
        axes.axhline(1.0, color=INK, linewidth=0.8)
        axes.margins(x=0.16, y=0.15)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.set_xlabel(what)
        axes.set_ylabel("score in the search")

    told = ", ".join(f"#{one.id} with {cost(one)} {what} {decimal(one.score)}" for one in best)
    described = f"{len(rules)} rules that came through all tasks. On the front: {told}."
    title = f"Score against {what}"
    key = f"front-{what.replace(' ', '-')}"
    return figure(
        plotted(key, title, described, draw, (NARROW, 280)), f"{title}; 1 is tuned AdamW."
    )


def _row(
    material: Material, one: StoredCandidate, of_size: bool, of_slots: bool
) -> tuple[str, ...]:
    measured = material.reported.get(one.id) or material.ranked.get(one.id)
    fresh = interval(measured.speedup, measured.low, measured.high) if measured else "not measured"
    fronts = " and ".join(["statements"] * of_size + ["slots"] * of_slots)
    program = best_program(material.store, one)
    known = sentence("It", recognise(program))
    return f"#{one.id}", decimal(one.score), fresh, str(one.size), str(one.slots), fronts, known
