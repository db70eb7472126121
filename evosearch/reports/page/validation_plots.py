"""Draws what a validation measured: speed-ups with their intervals, and over training's length."""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import TYPE_CHECKING

from evosearch.reports.page.html import Html, figure, interval
from evosearch.reports.page.plots import (
    BASELINE,
    INK,
    LEAST,
    MOST,
    NARROW,
    RULE,
    THIRD,
    plotted,
    whiskers,
)
from evosearch.reports.page.validations import Validation
from evosearch.validation.outcome import Gain, Standing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TICKS = (1, 0.5, 2, 0.2, 5, 0.1, 10, 0.7, 1.5, 0.3, 3, 0.8, 1.2, 0.9, 1.1, 1.3)
"""The ticks of an axis of speed-ups, those first that go before others."""
_APART = 0.1
"""The share of an axis that lies between two ticks at least."""
_COLOURS = (RULE, THIRD, BASELINE, INK)


def forest(key: str, one: Validation) -> Html:
    """Draws the speed-up of each rule and baseline, one below the other, with its interval."""
    standings = one.outcome.standings

    def draw(axes: Axes) -> None:
        for place, standing in enumerate(standings):
            middles, reach = whiskers([_span(standing.gain)])
            axes.errorbar(
                middles,
                [place],
                xerr=reach,
                fmt="s" if standing.baseline else "D",
                color=BASELINE if standing.baseline else RULE,
                markersize=5,
            )
        axes.axvline(1.0, color=INK, linewidth=0.8)
        _as_speedups(axes, "x", [standing.gain for standing in standings])
        axes.set_yticks(range(len(standings)), [standing.name for standing in standings])
        axes.set_ylim(len(standings) - 0.5, -0.5)
        axes.grid(axis="y", visible=False)
        axes.set_xlabel("speed-up over tuned AdamW")

    described = "; ".join(f"{s.name} {_shown(s.gain)}, {s.verdict}" for s in standings) + "."
    title = f"Speed-ups in validation {one.name}"
    picture = plotted(f"{key}-forest", title, described, draw, (NARROW, 80 + 26 * len(standings)))
    caption = (
        "Over all tasks at the longest training: blue are rules, orange baselines; 1 is AdamW."
    )
    return figure(picture, caption)


def lengths(key: str, one: Validation) -> Html:
    """Draws how each rule's speed-up changes with the length of training."""
    horizons = one.outcome.horizons
    shown = [(rule, [_at(rule, horizon) for horizon in horizons]) for rule in one.rules]

    def draw(axes: Axes) -> None:
        for place, (rule, gains) in enumerate(shown):
            points = [
                (h, gain) for h, gain in zip(horizons, gains, strict=True) if gain is not None
            ]
            middles, reach = whiskers([_span(gain) for _, gain in points])
            axes.errorbar(
                [h * 1.04**place for h, _ in points],
                middles,
                yerr=reach,
                fmt="o-",
                color=_COLOURS[place % len(_COLOURS)],
                label=rule.name,
            )
        axes.axhline(1.0, color=INK, linewidth=0.8)
        _as_speedups(axes, "y", [gain for _, gains in shown for gain in gains if gain])
        axes.set_xscale("log", base=2)
        axes.set_xticks(horizons, [f"{horizon:g}" for horizon in horizons])
        axes.set_xlabel("length, in the tasks' steps")
        axes.set_ylabel("speed-up over tuned AdamW")
        axes.legend()

    described = " ".join(
        f"{rule.name}: "
        + ", ".join(
            f"{_shown(gain)} at {horizon:g} times the steps"
            for horizon, gain in zip(horizons, gains, strict=True)
            if gain is not None
        )
        + "."
        for rule, gains in shown
    )
    title = f"Speed-up by length of training in validation {one.name}"
    picture = plotted(f"{key}-lengths", title, described, draw, (NARROW, 280))
    return figure(picture, "How the speed-up changes with longer training.")


def _as_speedups(axes: Axes, name: str, gains: Sequence[Gain]) -> None:
    """Makes the axis of that name logarithmic, as wide as the ends that exclude something."""
    every = [end for gain in gains for end in _span(gain)]
    ends = [1.0, *(end for end in every if LEAST < end < MOST)]
    low, high = min(ends) / 1.1, max(ends) * 1.1
    apart = _APART * log(high / low)
    ticks: list[float] = []
    for tick in _TICKS:
        near = any(abs(log(tick / other)) < apart for other in ticks)
        if low <= tick <= high and not near:
            ticks.append(tick)
    axes.set(**{f"{name}scale": "log", f"{name}lim": (low, high)})
    axis = axes.xaxis if name == "x" else axes.yaxis
    axis.set_ticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.set_ticks([], minor=True)


def _at(standing: Standing, horizon: float) -> Gain | None:
    """Finds the gain at a horizon, which is a key as text."""
    return next((g for h, g in standing.by_horizon.items() if float(h) == horizon), None)


def _span(gain: Gain) -> tuple[float, float, float]:
    return gain.speedup, gain.low, gain.high


def _shown(gain: Gain) -> str:
    return interval(gain.speedup, gain.low, gain.high)
