"""Draws how scores rose over the course of a search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evosearch.reports.page.html import Section, decimal, figure, interval, paragraphs
from evosearch.reports.page.material import Material
from evosearch.reports.page.plots import (
    BASELINE,
    INK,
    MOST,
    MUTED,
    RULE,
    THIRD,
    WIDTH,
    plotted,
    whiskers,
)
from evosearch.reports.page.validations import candidate_of
from evosearch.scoring.statistics import Measurement
from evosearch.search.records import StoredCandidate
from evosearch.search.schema import HAS_RESULT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FLOOR = 0.4
"""The score at whose height all lower ones are drawn; what is of interest lies near 1."""
_RECENT = 50
"""The trainings of which the median is drawn."""
_SHAPES = "Ds^vP*"
"""The shapes of marks: the first are the finals', the others those of validations."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Is a later measurement of a candidate, with its interval."""

    candidate: int
    speedup: float
    low: float
    high: float


def course_section(material: Material) -> Section:
    """Draws each trained candidate's score, best and median, and what was measured later."""
    identifier, title = "course", "Score over the course of the search"
    trained = material.store.candidates(HAS_RESULT)
    if not trained:
        return Section(identifier, title, paragraphs("No candidate was trained yet."))
    scores = [one.score or 0.0 for one in trained]
    best, median = best_so_far(trained), median_of_recent(scores)
    marks = {
        "finals": _marks(material.reported),
        "on select": _marks(material.elsewhere),
    } | _validated(material)
    low = sum(score < _FLOOR for score in scores)

    def draw(axes: Axes) -> None:
        numbers = [one.id for one in trained]
        shown = np.maximum(scores, _FLOOR)
        cleared = np.array([bool(one.cleared) for one in trained])
        for kind, colour, marker, label in (
            (~cleared, MUTED, "x", "stopped at the hurdle"),
            (cleared, RULE, "o", "tuned on every task"),
        ):
            if kind.any():
                axes.scatter(
                    np.array(numbers)[kind], shown[kind], s=20, c=colour, marker=marker, label=label
                )
        axes.plot(numbers, np.maximum(best, _FLOOR), color=RULE, label="best, by latest round")
        axes.plot(numbers, np.maximum(median, _FLOOR), color=MUTED, linestyle="--", label="median")
        _draw_marks(axes, marks)
        axes.axhline(1.0, color=INK, linewidth=0.8)
        axes.set_yscale("log", base=2)
        top = max([1.1, *best, *(_top(mark) for own in marks.values() for mark in own)])
        axes.set_ylim(_FLOOR * 0.97, min(top, 4.0) * 1.06)
        ticks = [
            tick
            for tick in (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.5, 2, 3, 4)
            if tick < 1.1 * top
        ]
        axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks], minor=False)
        axes.minorticks_off()
        axes.set_xlabel("candidate, by number")
        axes.set_ylabel("speed-up over tuned AdamW")
        axes.legend(loc="upper left", bbox_to_anchor=(0, -0.16), ncols=2)

    described = (
        f"{len(trained)} trainings of candidates. The best score in the search, by the latest "
        f"round of each rule, goes from {decimal(best[0])} at candidate {trained[0].id} to "
        f"{decimal(best[-1])} at candidate {trained[-1].id}; the median of the last "
        f"{min(_RECENT, len(scores))} is {decimal(median[-1])}. {low} scores lie below {_FLOOR}. "
        + " ".join(
            f"Measured later, {label}: "
            + ", ".join(
                f"candidate {m.candidate} {interval(m.speedup, m.low, m.high)}" for m in own
            )
            + "."
            for label, own in marks.items()
            if own
        )
    ).strip()
    caption = (
        "1 is AdamW, tuned alike. Scores of the search are on the seeds that chose the rules, so "
        f"the best of them is too high. Scores below {_FLOOR} are drawn at the lower edge; the "
        f"median is over the last {_RECENT} trained. The best may fall, where a further round of "
        "tuning, on other seeds, shows that a score was luck. Where it rises and what was measured "
        "on select does not, the search comes to fit its own tasks alone. Bars are 95% intervals; "
        "those of a validation are corrected, as told there."
    )
    picture = plotted("course-plot", title, described, draw, (WIDTH, 400))
    return Section(identifier, title, figure(picture, caption))


def best_so_far(trained: Sequence[StoredCandidate]) -> list[float]:
    """Gives, after each training, the best score of all rules, each by its latest round.

    A rule is known by its representative; a lucky score fades when the rule is tuned again.
    """
    latest: dict[int, float] = {}
    best = []
    for one in trained:
        latest[one.representative] = one.score or 0.0
        best.append(max(latest.values()))
    return best


def median_of_recent(scores: Sequence[float]) -> list[float]:
    """Gives, after each training, the median of the last ones."""
    return [
        float(np.median(scores[max(0, end - _RECENT) : end])) for end in range(1, len(scores) + 1)
    ]


def _marks(measured: Mapping[int, Measurement]) -> list[Mark]:
    return [Mark(number, m.speedup, m.low, m.high) for number, m in measured.items()]


def _validated(material: Material) -> dict[str, list[Mark]]:
    """Gives, by validation, the marks of those rules that are candidates of this run.

    Validations have the numbers that they have in their section, since names would fill the plot.
    """
    marks: dict[str, list[Mark]] = {}
    for place, validation in enumerate(material.validations.every, start=1):
        for rule in validation.rules:
            number = candidate_of(rule)
            if number is not None:
                mark = Mark(number, rule.gain.speedup, rule.gain.low, rule.gain.high)
                marks.setdefault(f"validation {place}", []).append(mark)
    return marks


def _top(mark: Mark) -> float:
    """Gives the height that a mark needs; an end that excludes nothing needs none."""
    return mark.high if mark.high < MOST else mark.speedup


def _draw_marks(axes: Axes, marks: Mapping[str, Sequence[Mark]]) -> None:
    for place, (label, own) in enumerate(marks.items()):
        if own:
            middles, reach = whiskers((mark.speedup, mark.low, mark.high) for mark in own)
            axes.errorbar(
                # Beside each other, where several measured one rule.
                [mark.candidate + 0.4 * place for mark in own],
                middles,
                yerr=reach,
                fmt=_SHAPES[place % len(_SHAPES)],
                markersize=5,
                linewidth=1.2,
                color=BASELINE if place == 0 else THIRD,
                label=label,
            )
