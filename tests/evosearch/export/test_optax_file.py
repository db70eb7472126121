"""An optax file, run with numpy in the place of jax, moves the weights as the reference does.

`scripts/check_optax.py` does the same where jax is installed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest
import scipy.special

from evosearch import Program, known_rule, lower, rule_names
from evosearch.export.notation.provenance import Provenance
from evosearch.export.optax_file import optax_source
from tests.evosearch.export.pytorch.test_file import _START as START
from tests.evosearch.export.pytorch.test_file import (
    DECAY,
    SHAPES,
    SIZES,
    STEPS,
    Array,
    deviation,
    gradient,
    mutants,
    rate,
    stable_path,
)
from tests.support.state_order_programs import TRICKY

PROVENANCE = Provenance(origin="a test", digest="0" * 32, version="0.0.0")


class Transformation(NamedTuple):
    init: Callable[..., Any]
    update: Callable[..., Any]


def _flatten(leaves: Sequence[Any]) -> tuple[list[Any], Any]:
    return list(leaves), SimpleNamespace(flatten_up_to=list, unflatten=list)


def modules() -> dict[str, Any]:
    """`jax`, `jax.numpy` and `optax`, as far as a file needs them; a tree is a list."""
    jax, jnp, optax = ModuleType("jax"), ModuleType("jax.numpy"), ModuleType("optax")
    vars(jnp).update({n: getattr(np, n) for n in dir(np) if not n.startswith("__")})
    tree = SimpleNamespace(
        flatten=_flatten, map=lambda function, leaves: [function(leaf) for leaf in leaves]
    )
    scipy_module = SimpleNamespace(special=scipy.special)
    vars(jax).update({"numpy": jnp, "tree": tree, "scipy": scipy_module})
    vars(optax).update(
        {
            "GradientTransformation": Transformation,
            "ScalarOrSchedule": Any,
            "NO_PARAMS_MSG": "params",
            "safe_increment": lambda step: step + 1,
        }
    )
    return {"jax": jax, "jax.numpy": jnp, "optax": optax}


def descend(program: Program, monkeypatch: pytest.MonkeyPatch) -> Array:
    """`[STEPS, D]`: the weights by the file's transformation."""
    for name, module in modules().items():
        monkeypatch.setitem(sys.modules, name, module)
    scope: dict[str, Any] = {"__name__": "exported"}
    monkeypatch.setitem(sys.modules, "exported", ModuleType("exported"))
    exec(optax_source(lower(program), "Exported", PROVENANCE), scope)
    made = scope["exported"](learning_rate=lambda step: rate(step + 1), weight_decay=DECAY)

    def split(flat: Array) -> list[Array]:
        parts = np.split(flat, np.cumsum(SIZES)[:-1])
        return [part.reshape(shape) for part, shape in zip(parts, SHAPES, strict=True)]

    w, path = split(START), []
    state = made.init(w)
    for t in range(1, STEPS + 1):
        flat = np.concatenate([part.ravel() for part in w])
        with np.errstate(all="ignore"):
            updates, state = made.update(split(gradient(flat, t)), state, w)
        w = [part + update for part, update in zip(w, updates, strict=True)]
        path.append(np.concatenate([part.ravel() for part in w]))
    return np.stack(path)


@pytest.mark.parametrize("name", rule_names())
def test_known_rules_agree_with_the_reference(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a learning-rate schedule and decoupled decay, over tensors of any shape."""
    expected = stable_path(known_rule(name), 1e-14, 1e-12)
    assert expected is not None
    assert deviation(descend(known_rule(name), monkeypatch), expected) < 1e-12


@pytest.mark.parametrize("name", TRICKY)
def test_states_have_their_old_values(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However they depend on each other."""
    expected = stable_path(TRICKY[name], 1e-14, 1e-12)
    assert expected is not None
    assert deviation(descend(TRICKY[name], monkeypatch), expected) < 1e-12


def test_mutants_agree_with_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    """So do programs that nobody wrote, guards and all."""
    compared = 0
    for program in mutants(60, seed=12):
        expected = stable_path(program, 1e-14, 1e-12)
        if expected is not None:
            assert deviation(descend(program, monkeypatch), expected) < 1e-12
            compared += 1
    assert compared > 30
