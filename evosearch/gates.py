"""Cheap reasons to reject a rule before any training, as a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evosearch.graph import INPUT, Graph
from evosearch.probe import ELEMENTS, Trace, probe

_LEAST_COSINE = 0.02
_LARGEST_STATE = 1e6


@dataclass(frozen=True, slots=True)
class Gate:
    """`rejects` says of a rule's graph and its probe trace whether it is hopeless, and why."""

    name: str
    reason: str
    rejects: Callable[[Graph, Trace], bool]


def _constant(_: Graph, trace: Trace) -> bool:
    largest, least = np.max(trace.directions), np.min(trace.directions)
    return bool(largest <= least + 1e-12 * max(abs(largest), abs(least)))


def _one_signed(_: Graph, trace: Trace) -> bool:
    return bool(np.all(trace.directions >= 0) or np.all(trace.directions <= 0))


def _ascends(_: Graph, trace: Trace) -> bool:
    gradients = probe().gradients[:, :ELEMENTS]
    # Scaled, so that no square overflows.
    directions = trace.directions / np.max(np.abs(trace.directions))
    norms = np.linalg.norm(gradients, axis=1) * np.linalg.norm(directions, axis=1)
    used = norms > 0
    cosines = np.sum(gradients * directions, axis=1)[used] / norms[used]
    return bool(cosines.size == 0 or np.mean(cosines) < _LEAST_COSINE)


GATES: tuple[Gate, ...] = (
    Gate(
        "ignores-gradient",
        "the direction does not depend on g, so it cannot descend",
        lambda graph, _: "g" not in graph.labels(INPUT),
    ),
    Gate(
        "not-finite",
        "the direction or a state is infinite or not a number on the probe",
        lambda _, trace: (
            not (np.isfinite(trace.everything).all() and np.isfinite(trace.largest_state))
        ),
    ),
    Gate("constant", "the direction is the same number at every step and element", _constant),
    Gate("one-signed", "the direction never changes sign, so weights can only drift", _one_signed),
    Gate(
        "not-descent",
        f"the mean cosine of direction and gradient on the probe is under {_LEAST_COSINE}",
        _ascends,
    ),
    Gate(
        "state-explodes",
        f"a state exceeds {_LARGEST_STATE:g} within the probe's few steps",
        lambda _, trace: trace.largest_state > _LARGEST_STATE,
    ),
)
"""In the order in which they are tried; each may assume that those before it passed."""


def first_rejection(graph: Graph, trace: Trace) -> str | None:
    """The name of the first gate that rejects, or None if all pass."""
    return next((gate.name for gate in GATES if gate.rejects(graph, trace)), None)
