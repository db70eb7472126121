"""Names configurations to start from: searches of several sizes, and the controls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evosearch.search.config import DRAWN, OF_MATRICES, OF_NUMBERS, STRUCTURAL
from evosearch.search.mutations import CONSTANT_MUTATION
from primitives import OPERATIONS

_QUICK_TASKS = ("spirals", "byte_ngrams")
"""The tasks of the search suite that train fastest."""
_QUICK: Mapping[str, Any] = {
    "tasks": _QUICK_TASKS,
    "evaluations": 60,
    "population": 32,
    "tournament": 4,
    "first_budget": 48,
    "budget": 48,
    "hurdle": 0.8,
}
_STANDARD: Mapping[str, Any] = {
    "evaluations": 5000,
    "population": 200,
    "tournament": 4,
    "lag": 4,
}
_CONSTANTS_MUTATE = {
    "tunes_constants": False,
    "first_budget": 8,
    "budget": 8,
    "mutations": (*STRUCTURAL, *OF_NUMBERS),
}
"""As in the paper: each vector of constants is a candidate, and the learning rate is tuned."""
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "quick": _QUICK,
    "standard": _STANDARD,
    "matrix": {**_STANDARD, "primitives": (*DRAWN, *OF_MATRICES)},
    "paper": {
        **_CONSTANTS_MUTATE,
        "evaluations": 100_000,
        "population": 1000,
        "tournament": 2,
        "lag": 16,
        "primitives": tuple(name for name, row in OPERATIONS.items() if row.paper),
    },
    # Controls: what a search must beat, at the same budget.
    "random": {**_QUICK, "tournament": 1},
    "constants": {**_QUICK, **_CONSTANTS_MUTATE, "mutations": (CONSTANT_MUTATION,)},
}
"""The named starting points, of which any value may be overridden."""
