"""Watches what rules do where it can be seen: on the probes, and in recorded training.

Rules are compared on the same gradients and weights, step by step and tensor by tensor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from evosearch.graph.graph import Graph
from evosearch.screening.contender import Contender, contender
from evosearch.screening.long_probe import long_probe
from evosearch.screening.short_probe import probe
from evosearch.screening.trajectory import Inputs, follow
from primitives import NumpySegments
from proxies import TASKS, Replica, Task
from proxies.training.recording import record

Array = NDArray[np.float64]

RECORDED = ("spirals", "wine_gaps")
"""The tasks in whose training rules are watched: small ones, of different models and data."""
_STEPS = 200
_ELEMENTS = 32
"""The elements of a tensor that are watched in training, where they are all alike to the rule."""
_FAINT = 1e-9
"""The factor by which some gradients are faint: below what common guards add to them."""
_SEED = 0


@dataclass(frozen=True, eq=False)
class Scene:
    """Is a place where rules are watched."""

    name: str
    inputs: Inputs
    training: bool = False
    """Whether it is a whole training."""

    @property
    def times(self) -> Array:
        """Gives the value of `t` in each step, `[S]`."""
        times = self.inputs.times
        return np.arange(1.0, len(self.inputs.weights) + 1) if times is None else times[:, 0]


def scenes(graph: Graph) -> tuple[Scene, ...]:
    """Gives both probes, and trainings by this rule itself, at the tasks' own rates.

    Its constants are at their defaults. A training that does not stay finite is left out.
    """
    made = [
        Scene("the short probe", probe()),
        Scene("the long probe", long_probe()),
        Scene("one with faint gradients and zero weights", faint_probe()),
    ]
    rule = contender(graph)
    if 0 < rule.update_size < np.inf:
        # What only knows single elements needs no more than some of them.
        whole = any(node.row is not None and node.row.reduces for node in graph.nodes)
        recorded = [(name, _recorded(TASKS[name], rule)) for name in RECORDED]
        made += [
            Scene(f"training on {name}", inputs if whole else _some(inputs), training=True)
            for name, inputs in recorded
            if len(inputs.weights) == _STEPS
        ]
    return tuple(made)


@cache
def faint_probe() -> Inputs:
    """Gives the long probe with what it lacks and models have, each for a quarter of the tensors.

    Gradients that are faint all along; no gradient at all; weights that start at zero, as biases
    do, and stay there.
    """
    given = long_probe()
    tensors = np.arange(len(given.segments.counts))
    factors = np.where(tensors % 4 == 0, _FAINT, np.where(tensors % 4 == 1, 0.0, 1.0))
    return replace(
        given,
        gradients=given.gradients * given.segments.expand(factors),
        weights=given.weights * given.segments.expand(1.0 * (tensors % 4 != 2)),
    )


def _some(inputs: Inputs) -> Inputs:
    """Keeps a few elements of each tensor, from all over it."""
    ends = np.cumsum(inputs.segments.counts)
    kept = [
        np.unique(np.linspace(end - count, end - 1, _ELEMENTS).astype(int))
        for end, count in zip(ends, inputs.segments.counts, strict=True)
    ]
    columns = np.concatenate(kept)
    return replace(
        inputs,
        segments=NumpySegments([len(own) for own in kept]),
        weights=inputs.weights[:, columns],
        gradients=inputs.gradients[:, columns],
    )


def _recorded(task: Task, rule: Contender) -> Inputs:
    replica = Replica(
        rule.plan,
        task.rate / rule.update_size,
        _SEED,
        task.weight_decay * rule.update_size,
        rule.constants,
    )
    recording = record(task, replica, _STEPS)
    segments, rates = NumpySegments(recording.shapes), recording.rates[:, None]
    return Inputs(segments, recording.weights, recording.gradients, rates)


class Watched:
    """Holds what a rule does in some scenes, and tells how far another departs from it."""

    def __init__(self, graph: Graph, places: Sequence[Scene]) -> None:
        self._directions = {scene: _directions(graph, scene) for scene in places}

    def same(self, graph: Graph, tolerance: float) -> bool:
        """Tells whether another rule departs in no step of any scene by more than `tolerance`."""
        return all(not self.last(graph, scene, tolerance) for scene in self._directions)

    def last(self, graph: Graph, scene: Scene, tolerance: float) -> int:
        """Gives the last `t` in a scene at which another rule departs by more; 0 if at none."""
        beyond = self.departures(graph, scene) > tolerance
        return int(scene.times[beyond].max(initial=0))

    def departures(self, graph: Graph, scene: Scene) -> Array:
        """Measures how far another rule departs in each step of a scene, `[S]`.

        That is, of the tensor where it is largest, the norm of the difference relative to the norm
        of this rule's direction. It is infinite where a direction is not finite.
        """
        own = self._directions[scene]
        total = scene.inputs.segments.sum
        with np.errstate(all="ignore"):
            squares = total(np.square(_directions(graph, scene) - own))
            shares = np.sqrt(squares / total(np.square(own)))
        shares = np.where(squares == 0, 0.0, np.where(np.isnan(shares), np.inf, shares))
        worst: Array = shares.max(axis=-1)
        return worst


def _directions(graph: Graph, scene: Scene) -> Array:
    with np.errstate(all="ignore"):
        return follow(graph, scene.inputs)[0]
