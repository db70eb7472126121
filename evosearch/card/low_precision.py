"""Finds what a rule loses where weights and states are kept in bfloat16.

A number in bfloat16 has 8 significant bits, so what changes it by less than 2 ** -9 of itself is
lost. An average with a decay rate of 0.999 moves by a thousandth of the difference in each step,
and mostly stands still. Arithmetic is in float64 here; only what is kept between steps is rounded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from evosearch.card.gradients import Array, root_mean_square, usual_gradients
from evosearch.card.section import Fact, Section, percent
from evosearch.graph.graph import Graph
from evosearch.graph.interpreter import Interpreter
from evosearch.screening.trajectory import Inputs

_LONG = 2000
"""The steps of a long training; a decay rate of 0.999 forgets in 1000."""
_FALL = 0.1
"""The share of their size to which its gradients fall."""
_STALLS = 0.5
"""The share of lost changes from which a state stalls."""
_OFF = 0.1
"""The error of an update, as a share, from which it is not the same."""


@dataclass(frozen=True)
class StateInBfloat16:
    """Says how a state fares in bfloat16."""

    name: str
    stalled: float
    """The share of its changes in the later half of the steps that are lost: the number is what it
    was, though it should move."""
    error: float
    """The root mean square of what it is off by in the end, over that of the state itself."""


@dataclass(frozen=True)
class LowPrecision:
    """Says what rounding to bfloat16 between the steps does."""

    update_error: float
    """The error of the direction with states in bfloat16, as a share of it: the median over the
    later half of the steps."""
    update_error_float32: float
    """The same with states in float32."""
    size_ratio: float
    """The size of the direction with states in bfloat16 over that without, in the last tenth."""
    states: tuple[StateInBfloat16, ...]
    weights_lost: float
    """The share of the weights' changes that are lost where weights are in bfloat16 too."""
    way_left: float
    """How far weights in bfloat16 have come along the way of those in float64."""


@dataclass(frozen=True)
class BothPrecisions:
    """Holds what rounding does on made gradients, and on recorded ones if there are any."""

    long: LowPrecision
    recorded: LowPrecision | None


def low_precision(graph: Graph, inputs: Inputs) -> LowPrecision:
    """Runs a rule over recorded gradients with states, and weights, in bfloat16 and in full."""
    exact = _Run(graph, inputs, None)
    half = _Run(graph, inputs, torch.bfloat16)
    single = _Run(graph, inputs, torch.float32)
    errors, single_errors, ratios = [], [], []
    for step in range(len(inputs.gradients)):
        true, rounded, near = exact.step(step), half.step(step), single.step(step)
        size = root_mean_square(true)
        with np.errstate(all="ignore"):
            errors.append(root_mean_square(rounded - true) / size if size else 0.0)
            single_errors.append(root_mean_square(near - true) / size if size else 0.0)
            ratios.append(root_mean_square(rounded) / size if size else 1.0)
    later = len(errors) // 2
    way = exact.weights - inputs.weights[0]
    gone = half.weights - inputs.weights[0]
    with np.errstate(all="ignore"):
        length, along = float(way @ way), float(gone @ way)
    return LowPrecision(
        update_error=float(np.median(errors[later:])),
        update_error_float32=float(np.median(single_errors[later:])),
        size_ratio=float(np.median(ratios[-max(1, len(ratios) // 10) :])),
        states=tuple(half.state(name, exact) for name in half.run.states),
        weights_lost=half.lost / max(half.due, 1),
        way_left=along / length if length else 1.0,
    )


class _Run:
    """Takes the steps of a rule, and rounds states and weights after each."""

    def __init__(self, graph: Graph, inputs: Inputs, dtype: torch.dtype | None) -> None:
        self.run = Interpreter(graph, inputs.segments)
        self.weights = inputs.weights[0]
        self.lost = self.due = 0
        self._inputs, self._dtype = inputs, dtype
        self._stalled = dict.fromkeys(self.run.states, 0)
        self._changes = dict.fromkeys(self.run.states, 0)

    def step(self, step: int) -> Array:
        """Takes a step, from 0; gives the direction."""
        rate, before = float(self._inputs.rates[step, 0]), dict(self.run.states)
        # The weights that the rule sees are the recorded ones, so that the states' part is seen.
        seen = self._inputs.weights[step]
        direction = self.run.step(w=seen, g=self._inputs.gradients[step], lr=rate, t=step + 1)
        for name, value in self.run.states.items():
            kept = self._rounded(value)
            due, lost = _lost(before[name], value, kept)
            if 2 * step >= len(self._inputs.gradients):
                self._changes[name] += due
                self._stalled[name] += lost
            self.run.states[name] = kept
        moved = self.weights - rate * direction
        kept = self._rounded(moved)
        due, lost = _lost(self.weights, moved, kept)
        self.due, self.lost, self.weights = self.due + due, self.lost + lost, kept
        return direction

    def state(self, name: str, exact: _Run) -> StateInBfloat16:
        """Tells how a state has fared beside the exact one."""
        own, true = np.atleast_1d(self.run.states[name]), np.atleast_1d(exact.run.states[name])
        size = root_mean_square(true)
        with np.errstate(all="ignore"):
            error = root_mean_square(own - true) / size if size else 0.0
        return StateInBfloat16(name, self._stalled[name] / max(self._changes[name], 1), error)

    def _rounded(self, value: Any) -> Any:
        if self._dtype is None:
            return value
        given = torch.from_numpy(np.array(value, dtype=np.float64))
        return given.to(self._dtype).double().numpy()


def _lost(before: Any, after: Any, kept: Any) -> tuple[int, int]:
    """Counts the numbers that should change, and those of them that rounding leaves as they were.

    What underflows to zero is no loss.
    """
    due = np.not_equal(before, after)
    lost = due & np.equal(before, kept) & np.not_equal(kept, 0)
    return int(np.sum(due)), int(np.sum(lost))


def falling_gradients() -> Inputs:
    """Gives a long training's gradients, which fall to a tenth of their size, without training."""
    inputs = usual_gradients(_LONG)
    sizes = np.geomspace(1.0, _FALL, _LONG)[:, None]
    return replace(inputs, gradients=inputs.gradients * sizes)


def low_precision_section(graph: Graph, recorded: Inputs | None, where: str) -> Section:
    """Tells what rounding to bfloat16 does, on a recorded training, called `where`, if any."""
    values = BothPrecisions(
        low_precision(graph, falling_gradients()),
        low_precision(graph, recorded) if recorded else None,
    )
    long, short_one = values.long, values.recorded
    facts = []
    if long.states:
        facts += [
            Fact("error of an update, states in bfloat16", percent(long.update_error)),
            Fact("the same in float32", percent(long.update_error_float32)),
            Fact("size of updates in the end", f"{percent(long.size_ratio)} of the exact ones"),
        ]
    facts += [
        Fact(
            f"state {state.name}",
            f"{percent(state.stalled)} of its changes are lost; off by {percent(state.error)}",
        )
        for state in long.states
    ]
    if short_one is not None:
        if short_one.states:
            facts.append(Fact(f"error of an update, {where}", percent(short_one.update_error)))
        facts += [
            Fact(
                f"weights in bfloat16, {where}",
                f"{percent(short_one.weights_lost)} of changes lost",
            ),
            Fact("way that such weights come", f"{percent(short_one.way_left)} of the exact one's"),
        ]
    also = f", and over the gradients of {where}" if recorded else ""
    return Section(
        "bfloat16",
        "Weights and states in bfloat16",
        f"The rule was run over {_LONG} steps of gradients that fall to a tenth{also}, in float64 "
        "and with all that is kept between steps rounded to bfloat16.",
        tuple(facts),
        _meaning(long, short_one),
        values,
    )


def _meaning(long: LowPrecision, recorded: LowPrecision | None) -> str:
    stalled = [state.name for state in long.states if state.stalled > _STALLS]
    if not long.states:
        first = "There are no states to round."
    elif not long.update_error <= _OFF:
        names = " and ".join(stalled) or "the states"
        first = (
            f"Keep {names} in float32: in bfloat16 small changes are lost, so that updates are off "
            f"by {percent(long.update_error)}."
        )
    elif stalled:
        first = (
            f"Most changes of {' and '.join(stalled)} are lost in bfloat16, though updates hardly "
            "show it here; float32 is safer."
        )
    else:
        first = "States may be kept in bfloat16."
    if recorded is not None and recorded.weights_lost > _STALLS:
        return (
            f"{first} Keep a copy of the weights in float32, or round them stochastically: steps "
            "this small are lost in bfloat16."
        )
    return (
        f"{first} Weights in bfloat16 lose any change below 0.2% of them, whatever the rule, so "
        "small learning rates need a copy in float32."
    )
