"""Lists cheap reasons to reject a rule before any training, as a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from evosearch.graph.graph import INPUT, Graph
from evosearch.screening import short_probe as probe
from evosearch.screening.short_probe import Trace

GRAPH, PROBE = "graph", "probe"
"""The costs of a gate: a look at the graph, or the probe as well, which runs once for all gates."""


class Evidence:
    """Holds a rule's graph, and its trace over the probe, which is run when first asked for."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    @cached_property
    def trace(self) -> Trace:
        return probe.run(self.graph)


@dataclass(frozen=True, slots=True)
class Gate:
    """Is a reason to reject; `rejects` tells from evidence and threshold whether it holds."""

    name: str
    cost: str
    threshold: float
    reason: str
    """The reason why such a rule is hopeless, for people; `{0}` stands for the threshold."""
    rejects: Callable[[Evidence, float], bool]

    def __str__(self) -> str:
        return self.reason.format(f"{self.threshold:g}")


def _constant(evidence: Evidence, relative: float) -> bool:
    high, low = evidence.trace.high, evidence.trace.low
    return high <= low + relative * max(abs(high), abs(low))


def _one_signed(evidence: Evidence, zero: float) -> bool:
    return evidence.trace.low >= zero or evidence.trace.high <= zero


def _ascends(evidence: Evidence, least: float) -> bool:
    # Scaled, so that no square overflows.
    directions = evidence.trace.directions / evidence.trace.largest
    norms = _gradient_norms() * np.sqrt(np.einsum("ij,ij->i", directions, directions))
    used = norms > 0
    cosines = np.einsum("ij,ij->i", _gradients(), directions)[used] / norms[used]
    return bool(cosines.size == 0 or cosines.mean() < least)


@cache
def _gradients() -> probe.Array:
    """Gives the gradients of the probe's core, `[STEPS, ELEMENTS]`, as a trace has directions."""
    return probe.probe().gradients[:, : probe.ELEMENTS].copy()


@cache
def _gradient_norms() -> probe.Array:
    norms: probe.Array = np.linalg.norm(_gradients(), axis=1)
    return norms


GATES: tuple[Gate, ...] = (
    Gate(
        "ignores-gradient",
        GRAPH,
        0,
        "the direction does not depend on g, so it cannot descend",
        lambda evidence, _: "g" not in evidence.graph.labels(INPUT),
    ),
    Gate(
        "not-finite",
        PROBE,
        np.inf,
        "the direction or a state is infinite or not a number on the probe",
        lambda evidence, limit: (
            not (evidence.trace.largest_of_all < limit and evidence.trace.largest_state < limit)
        ),
    ),
    Gate(
        "constant",
        PROBE,
        1e-12,
        "the direction is the same number, to {0} of it, at every step and element",
        _constant,
    ),
    Gate(
        "one-signed",
        PROBE,
        0,
        "the direction never changes sign, so weights can only drift",
        _one_signed,
    ),
    Gate(
        "not-descent",
        PROBE,
        0.02,
        "the mean cosine of direction and gradient on the probe is under {0}",
        _ascends,
    ),
    Gate(
        "state-explodes",
        PROBE,
        1e6,
        "a state exceeds {0} within the probe's few steps, so it grows without bound",
        lambda evidence, limit: evidence.trace.largest_state > limit,
    ),
)
"""The gates in the order in which they are tried, the cheap ones first; each may assume that those
before it passed. Kinds are no matter for a gate: they are checked where a program is made."""


def first_rejection(evidence: Evidence) -> str | None:
    """Names the first gate that rejects; gives None if all pass."""
    for gate in GATES:
        if gate.rejects(evidence, gate.threshold):
            return gate.name
    return None
