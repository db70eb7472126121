"""Measures how far apart two rules move on the probes, whatever the scale of their directions.

The distance of a rule from a program is the part of the program's direction that the rule leaves
unexplained at its best positive scale: 0 where one is a multiple of the other, 1 where they have
nothing in common or point apart. It is the sine of the angle between the two, all steps and tensors
of a trajectory taken as one vector in which each tensor counts alike, however small its gradients.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evosearch.graph.graph import Graph
from evosearch.screening.fingerprint import Fingerprint, fingerprint_of_any, near
from evosearch.screening.long_probe import long_probe
from evosearch.screening.short_probe import Trace, probe, run
from evosearch.screening.trajectory import Inputs, follow

Array = NDArray[np.float64]

EXACT = 1e-6
"""The distance up to which a rule counts as equal to the program."""
_LEAST_SHARE = 1e-9
"""Of the largest direction, the size that a tensor's is taken to have at least."""


class Target:
    """Holds what a program does on one trajectory, to compare rules with."""

    def __init__(self, graph: Graph, inputs: Inputs) -> None:
        self._inputs = inputs
        directions = self._directions(graph)
        self._weights = self._make_weights(directions)
        self._unit = self._normalised(directions)

    def residual(self, graph: Graph) -> Array | None:
        """Gives the difference of the two vectors, `[S * D]`, each of length 1.

        None where one of them is zero or not finite.
        """
        unit = self._normalised(self._directions(graph))
        return None if unit is None or self._unit is None else unit - self._unit

    def distance(self, graph: Graph) -> float:
        """Gives the distance of a rule; infinite where there is none."""
        residual = self.residual(graph)
        return np.inf if residual is None else sine(residual)

    def _directions(self, graph: Graph) -> Array:
        with np.errstate(all="ignore"):
            return follow(graph, self._inputs)[0]

    def _make_weights(self, directions: Array) -> Array:
        """Gives one over the root mean square of each tensor's direction, `[D]`."""
        largest = float(np.abs(directions).max())
        if not 0 < largest < np.inf:
            return np.ones(directions.shape[1])
        segments = self._inputs.segments
        squares = segments.sum(np.square(directions / largest)).mean(axis=0) / segments.sizes
        return 1 / (largest * segments.expand(np.maximum(np.sqrt(squares), _LEAST_SHARE)))

    def _normalised(self, directions: Array) -> Array | None:
        with np.errstate(all="ignore"):
            weighted: Array = (directions * self._weights).ravel()
            largest = float(np.abs(weighted).max())
            if not 0 < largest < np.inf:
                return None
            weighted = weighted / largest  # so that no square overflows
            return weighted / np.linalg.norm(weighted)


def sine(residual: Array) -> float:
    """Gives the sine of the angle between two unit vectors of that difference; 1 above 90°."""
    chord = float(np.linalg.norm(residual))
    return 1.0 if chord >= np.sqrt(2) else chord * float(np.sqrt(1 - chord**2 / 4))


class Behaviour:
    """Holds what a rule does on both probes, each worked out when it is first asked for."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    @cached_property
    def short(self) -> Target:
        """Gives what it does on the short probe."""
        return Target(self.graph, probe())

    @cached_property
    def long(self) -> Target:
        """Gives what it does on the long probe."""
        return Target(self.graph, long_probe())

    @cached_property
    def fingerprint(self) -> Fingerprint | None:
        """Gives the fingerprint, of a rule that no gate need pass.

        None where the direction is zero or not finite.
        """
        return fingerprint_of_any(self._trace)

    @property
    def size(self) -> float:
        """Computes the root mean square of the direction on the short probe."""
        return self._trace.update_size

    @cached_property
    def _trace(self) -> Trace:
        return run(self.graph)

    def is_class_of(self, other: Behaviour) -> bool:
        """Tells whether the two are one class: the same up to a positive factor."""
        one, two = self.fingerprint, other.fingerprint
        return one is not None and two is not None and near(one, two)

    def distance(self, graph: Graph) -> float:
        """Gives the distance on the probe where it is larger."""
        return max(self.short.distance(graph), self.long.distance(graph))
