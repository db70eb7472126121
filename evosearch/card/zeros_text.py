"""Tells what a rule does where gradients are zero."""

from __future__ import annotations

import numpy as np

from evosearch.card.section import Fact, Section, percent, short
from evosearch.card.zeros import SILENCES, WARM, StateInSilence, Zeros, zeros
from evosearch.graph.graph import Graph

_KEPT = 0.99
"""The share of a state that must be left for it to stay."""
_ALIKE = 0.05
_LARGE = 2.0
"""The factor on the usual size from which a direction is a leap."""
_RARE = 3.0
"""The factor from which rare gradients move weights further, or less far, than frequent ones."""


def zeros_section(graph: Graph) -> Section:
    """Tells what a rule does where gradients are zero."""
    values = zeros(graph)
    facts = [Fact("direction at zero gradients", _moving(values))]
    facts += [Fact(f"state {state.name}", _state(state)) for state in values.states]
    facts += [
        Fact(
            f"first update after {length} silent steps",
            f"{short(values.wake[length])} times the usual"
            + _peak(values.wake[length], values.wake_peak[length]),
        )
        for length in SILENCES
    ]
    facts.append(Fact("gradients that are zero from the start", _from_start(values.from_start)))
    facts.append(
        Fact(
            "a weight with a gradient in 1 of 100 steps",
            f"moves {_times(values.per_gradient)} for each of them as one that has a gradient "
            "in every step",
        )
    )
    return Section(
        "zero_gradients",
        "Zero gradients",
        f"After {WARM} usual steps all gradients were zero for 100 and 1000 steps, then usual "
        "again; sizes are root mean squares over the usual ones.",
        tuple(facts),
        _meaning(values),
        values,
    )


def _moving(values: Zeros) -> str:
    first, last = values.moving[1], values.moving[1000]
    if not values.finite:
        return "not finite"
    if first == 0 and last == 0:
        return "zero at once: weights stay where they are"
    if values.still is None:
        return (
            f"goes on: {percent(first)} of the usual in the first silent step, "
            f"{percent(last)} in the 1000th"
        )
    return f"runs out: {percent(first)} in the first silent step, under 1% from step {values.still}"


def _state(state: StateInSilence) -> str:
    if np.isnan(state.left):
        return "was zero"
    if not np.isfinite(state.left):
        return "grows to infinity"
    if state.left > 1 / _KEPT:
        return f"grows {short(state.left)} times"
    if state.left >= _KEPT:
        return "stays"
    if state.half is None:
        return f"decays: {percent(state.left)} left after 1000 steps"
    return f"decays: half in {state.half} step{'s' * (state.half != 1)}"


def _peak(first: float, peak: float) -> str:
    return f", up to {short(peak)} soon after" if peak > 1.25 * first and peak > 1.25 else ""


def _from_start(size: float) -> str:
    if size == 0:
        return "no movement, and no 0/0"
    return f"moves weights by {percent(size)} of the usual"


def _times(factor: float) -> str:
    if np.isnan(factor):
        return "no distance that could be compared"
    return "as far" if abs(factor - 1) < _ALIKE else f"{short(factor)} times as far"


def _meaning(values: Zeros) -> str:
    if not values.finite:
        return (
            "Zero gradients make it infinite or not a number: do not use it where a parameter can "
            "be without gradient."
        )
    if values.still is None and values.moving[1000] > 0.01:
        first = (
            "A parameter whose gradient has become zero goes on moving for long: leave frozen, "
            "masked or unused parameters out of the optimizer, or set their gradients to None."
        )
    elif values.moving[1] > 0:
        first = f"A parameter that loses its gradient coasts for about {values.still} steps."
    else:
        first = "A parameter without gradient stays where it is."
    wake = max(values.wake_peak.values())
    if wake > _LARGE:
        first += (
            f" After a silence it leaps, by up to {short(wake)} times its usual step; clip the "
            "update, or warm up again, when parameters come back."
        )
    if values.per_gradient > _RARE:
        return (
            f"{first} Rare gradients, as of embeddings of rare words, move weights much further "
            "each than frequent ones."
        )
    if values.per_gradient < 1 / _RARE:
        return f"{first} Rare gradients move weights less far each than frequent ones."
    return f"{first} Rare gradients count about as much each as frequent ones."
