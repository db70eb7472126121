"""Draws what became of the candidates that a search bred: gates, cache, training, finals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evosearch.reports.funnel import funnel
from evosearch.reports.page.html import Section, figure, folded, joined, paragraphs, table
from evosearch.reports.page.material import Material
from evosearch.reports.page.plots import BASELINE, MUTED, RULE, WIDTH, plotted
from evosearch.search.funnel import STOPPED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROW = 24
"""The height of a row in pixels."""


@dataclass(frozen=True, slots=True)
class Stream:
    """Is a number of candidates that go on, or are lost, on the way."""

    label: str
    count: int
    stays: bool
    why: str
    """What it means, in a phrase."""


def flow_section(material: Material) -> Section:
    """Draws and lists how many candidates gates, cache and hurdle kept from the finals."""
    identifier, title = "flow", "What became of the candidates"
    counts = material.store.counts()
    if not counts["generated"]:
        return Section(identifier, title, paragraphs("No candidate was bred yet."))
    new = material.store.columns("cleared, passed", "outcome = 'trained'")
    on_micro = sum(passed == STOPPED for _, passed in new)
    at_hurdle = sum(cleared == 0 for cleared, _ in new) - on_micro
    rows = streams(counts, on_micro, at_hurdle, len(material.ranked), len(material.reported))
    starts = edges(rows)

    def draw(axes: Axes) -> None:
        total = rows[0].count
        for place, (row, start) in enumerate(zip(rows, starts, strict=True)):
            colour = (RULE if row.stays else BASELINE) if row.count else MUTED
            axes.barh(place, row.count, left=start, height=0.7, color=colour)
        axes.set_yticks(range(len(rows)), [f"{row.label}  {row.count}" for row in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlim(0, total)
        axes.grid(axis="y", visible=False)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("candidates")

    described = "; ".join(f"{row.label}: {row.count}" for row in rows) + "."
    picture = plotted("flow-plot", title, described, draw, (WIDTH, _ROW * len(rows) + 50))
    told = [f"{one.stage}: {one.told()}." for one in funnel(material.store) if one.came]
    caption = (
        "From top to bottom. Blue goes on; orange is what is lost on the way, where it is lost. "
        f"Tuned further {counts['retuned']} times; {counts['replica_steps']:.3g} replica-steps of "
        "training in the search. Stages that let a share go on: " + " ".join(told)
    )
    listing = table(
        "Candidates, from top to bottom", ("candidates", "number", "which are"),
        [(row.label, str(row.count), row.why) for row in rows],
    )  # fmt: skip
    return Section(
        identifier,
        title,
        joined((figure(picture, caption), folded("The same in numbers", listing))),
    )


def streams(
    counts: Mapping[str, object], on_micro: int, at_hurdle: int, ranked: int, reported: int
) -> list[Stream]:
    """Lists what is left, and what is lost, from breeding to the report on fresh seeds.

    `counts` are the store's; `on_micro` and `at_hurdle` are the structures that were stopped there
    in their first round.
    """
    generated, cached, retuned, trained = (
        int(str(counts[key])) for key in ("generated", "cached", "retuned", "trained")
    )
    rejected = counts["rejected"]
    assert isinstance(rejected, Mapping)
    gates = [
        Stream(f"− {gate}", number, False, f"rejected by the gate {gate} before training")
        for gate, number in rejected.items()
    ]
    rows = [
        Stream("bred", generated, True, "programs made by mutation, the start rule among them"),
        *gates,
        Stream("− known", cached, False, "of a structure, or doing what another did: in the cache"),
        Stream(
            "− further rounds", retuned, False, "good rules that were tuned again, not new ones"
        ),
        Stream("trained", trained, True, "new structures whose rate and constants were tuned"),
        *(
            [Stream("− micro", on_micro, False, "worse than most on tasks of milliseconds")]
            if on_micro
            else []
        ),
        Stream("− hurdle", at_hurdle, False, "too slow on a task in their first round"),
        Stream("cleared", trained - on_micro - at_hurdle, True, "tuned on every task"),
        Stream("finalists", ranked, True, "the best, tuned again on seeds of their own"),
        Stream("reported", reported, True, "the better half of them, trained on fresh seeds"),
    ]
    return rows


def edges(rows: Sequence[Stream]) -> list[int]:
    """Gives where each bar begins: what is lost is at the end of what was there before."""
    left, starts = 0, []
    for row in rows:
        if row.stays:
            left = row.count
            starts.append(0)
        else:
            left -= row.count
            starts.append(left)
    return starts
