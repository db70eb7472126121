"""Finds whether a rule treats both signs alike: negated gradients give the negated direction."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from evosearch.card.gradients import directions, root_mean_square, usual_gradients
from evosearch.card.section import Fact, Section, percent
from evosearch.graph.graph import INPUT, Graph

_STEPS = 60
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Symmetry:
    """Says how far a rule is from treating both signs alike."""

    departure: float
    """The root mean square of `u(-g) + u(g)`, as a share of that of `u(g)`; 0 for symmetry."""
    bias: float
    """The mean of the direction, as a share of its root mean square, on gradients of which each
    comes with both signs: the drift of weights that have no reason to move."""
    mirrors_weights: bool
    """Whether the rule reads the weights, which are negated too."""

    @property
    def symmetric(self) -> bool:
        """Tells whether both signs are treated alike, to rounding."""
        return self.departure <= _ROUNDING


def symmetry(graph: Graph) -> Symmetry:
    """Compares the directions for gradients and for the negated ones, weights likewise if read."""
    inputs = usual_gradients(_STEPS)
    mirrored = replace(inputs, gradients=-inputs.gradients, weights=-inputs.weights)
    own, other = directions(graph, inputs), directions(graph, mirrored)
    size = root_mean_square(own)
    with np.errstate(all="ignore"):
        apart = root_mean_square(own + other)
        departure = apart / size if size else apart
        bias = float(np.mean((own + other) / 2)) / size if size else 0.0
    return Symmetry(
        departure if np.isfinite(departure) else np.inf, bias, "w" in graph.labels(INPUT)
    )


def symmetry_section(graph: Graph) -> Section:
    """Tells whether a rule treats both signs alike."""
    values = symmetry(graph)
    of = "gradients and weights" if values.mirrors_weights else "gradients"
    facts = [Fact(f"negated {of}", "the negated direction" if values.symmetric else "another one")]
    if values.symmetric:
        meaning = "Both signs are treated alike: no weight drifts for the sign of its gradients."
    else:
        facts.append(Fact("departure, as a share of the direction", percent(values.departure)))
        facts.append(Fact("mean direction where none has a reason", percent(values.bias)))
        meaning = (
            "The rule treats the two signs differently, so weights can drift although gradients "
            "average to zero; ask what this is for before you use it."
        )
    return Section(
        "sign_symmetry",
        "Symmetry of sign",
        f"{_STEPS} steps with their {of}, and with all of these negated.",
        tuple(facts),
        meaning,
        values,
    )
