"""Holds the rules of one structure, and says on which scale each of their constants is tuned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property

import numpy as np

from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, Graph, Node
from evosearch.graph.value_ranges import decay_rates
from evosearch.screening.contender import Contender, contender, with_values

_NEAREST_TO_ONE = 1e-6
"""How near a decay comes to 1; in single precision 1 - 1e-7 is the last number below."""


class Scale(Enum):
    """Names the scale on which a constant is drawn, so that equal steps matter about equally."""

    DECAY = "log(1 - value)"
    """A decay rate, between 0 and 1."""
    SIZE = "log |value|"
    """Any other number but zero; it keeps its sign."""
    ZERO = "value"
    """Zero, which has no size yet."""

    def natural(self, value: float) -> float:
        """Converts a constant to this scale."""
        if self is Scale.DECAY:
            return float(np.log(max(1 - value, _NEAREST_TO_ONE)))
        return float(np.log(abs(value))) if self is Scale.SIZE else value

    def constant(self, natural: float, sign: float, digits: int = 4) -> float:
        """Converts back, with so many digits; `sign` is that of the value it was drawn around."""
        if self is Scale.DECAY:
            rest = _rounded(float(np.exp(np.clip(natural, np.log(_NEAREST_TO_ONE), 0.0))), digits)
            return float(np.round(1 - rest, digits + 6))  # at least as many of `rest`
        if self is Scale.SIZE:
            size = _rounded(float(np.exp(np.clip(natural, -80, 80))), digits)
            return float(np.copysign(size, sign))
        return _rounded(natural, digits)


@dataclass(frozen=True)
class Family:
    """Holds a rule whose hyperparameters are constants to be tuned, at values to start from."""

    graph: Graph

    @property
    def names(self) -> tuple[str, ...]:
        """Names the constants, in the order in which their values are given."""
        return self.graph.labels(HYPERPARAMETER)

    @property
    def defaults(self) -> tuple[float, ...]:
        """Gives the values that the rule came with."""
        return tuple(node.value for node in self.graph.nodes if node.op == HYPERPARAMETER)

    @cached_property
    def scales(self) -> tuple[Scale, ...]:
        """Names the scale of each constant, by its place in the rule and its default."""
        decays = decay_rates(self.graph.nodes)
        return tuple(
            Scale.DECAY if name in decays else Scale.SIZE if value else Scale.ZERO
            for name, value in zip(self.names, self.defaults, strict=True)
        )

    def bound(self) -> Family:
        """Gives the rule at its defaults alone, with no constants to be tuned."""
        nodes = tuple(
            Node(CONSTANT, value=node.value) if node.op == HYPERPARAMETER else node
            for node in self.graph.nodes
        )
        return Family(replace(self.graph, nodes=nodes))

    def middle(self, settings: Sequence[Sequence[float]]) -> tuple[float, ...]:
        """Gives the mean of several values of the constants, each on its own scale."""
        return tuple(
            scale.constant(float(np.mean([scale.natural(value) for value in values])), values[0])
            if scale is not Scale.SIZE or all(values)
            else values[0]
            for scale, values in zip(self.scales, zip(*settings, strict=True), strict=True)
        )

    def contender(self, constants: Sequence[float]) -> Contender | None:
        """Makes the rule with these constants; gives None where it cannot be trained so."""
        with np.errstate(all="ignore"):
            made = contender(with_values(self.graph, constants))
        return made if np.isfinite(made.update_size) and made.update_size > 0 else None


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")
