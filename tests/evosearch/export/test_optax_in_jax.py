"""An optax file is at home in optax: it moves as optax's own do, and works in what optax wraps.

Skipped where jax and optax are not installed; `test_optax_file.py` needs neither.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from evosearch import known_rule, lower, parse
from evosearch.export.notation.provenance import Provenance
from evosearch.export.optax_file import optax_source

jax = pytest.importorskip("jax")
optax = pytest.importorskip("optax")
jnp = jax.numpy

CLIPPED = """
def clipped(g, m, s, t, *, beta1=0.9):
    m = lerp(clip_by_global_norm(g, 1), m, beta1)
    s = 0.5 * s + rms(m)
    return m / (1 - beta1 ** t) / (1 + s), m, s
"""
"""A rule with a number for all parameters, and a state of one number for each."""


def function(name: str) -> Any:
    program = parse(CLIPPED) if name == "clipped" else known_rule(name)
    scope: dict[str, Any] = {"__name__": "exported"}
    exec(optax_source(lower(program), name, Provenance("a test", "0" * 32, "0")), scope)
    return scope[name]


ADAMW, LION, CLIP = map(function, ("adamw", "lion", "clipped"))
EVERY = pytest.mark.parametrize("make", [ADAMW, LION, CLIP], ids=["adamw", "lion", "clipped"])


def params() -> Any:
    return {"a": jnp.array([1.0, -2.0]), "b": [jnp.array(0.5), {"c": jnp.ones((2, 3))}]}


def gradient(w: Any) -> Any:
    return jax.tree.map(lambda x: 0.5 * x - 0.1, w)


def train(tx: Any, w: Any, steps: int = 4, jit: bool = True) -> Any:
    state = tx.init(w)
    update = jax.jit(tx.update) if jit else tx.update
    for _ in range(steps):
        updates, state = update(gradient(w), state, w)
        w = optax.apply_updates(w, updates)
    return w


def assert_same(a: Any, b: Any) -> None:
    assert jax.tree.structure(a) == jax.tree.structure(b)
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        np.testing.assert_allclose(x, y, rtol=2e-5, atol=1e-6)


MASKS = {
    "none": None,
    "tree": {"a": False, "b": [True, {"c": False}]},
    "prefix": {"a": True, "b": False},
    "function": lambda tree: jax.tree.map(lambda x: x.ndim > 1, tree),
}


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("rate", [0.1, optax.cosine_decay_schedule(0.1, 4)], ids=["rate", "falls"])
def test_rules_of_optax_move_as_there(mask: Any, rate: Any) -> None:
    """With the same arguments, positions included, and in the same places of a chain."""
    for mine, other, numbers in (
        (ADAMW, optax.adamw, (0.8, 0.95, 1e-6)),
        (LION, optax.lion, (0.8, 0.95)),
    ):
        options = {"weight_decay": 0.2, "mask": mask}
        assert_same(
            train(mine(rate, *numbers, **options), params()),
            train(other(rate, *numbers, **options), params()),
        )
    assert_same(
        train(optax.chain(optax.clip(0.1), LION(rate), optax.scale(0.5)), params()),
        train(optax.chain(optax.clip(0.1), optax.lion(rate, weight_decay=0.01), optax.scale(0.5)),
              params()),
    )  # fmt: skip


@EVERY
def test_wrappers_of_optax_take_it(make: Any) -> None:
    """Hyperparameters in the state, groups, masks, steps added up, and errors skipped."""
    w = params()
    alone = train(make(0.1), w)
    injected = optax.inject_hyperparams(make)(learning_rate=0.1)
    assert_same(train(injected, w), alone)
    assert injected.init(w).hyperparams["b1"] == pytest.approx(0.9)
    assert_same(train(optax.apply_if_finite(make(0.1), 3), w), alone)
    assert_same(train(optax.MultiSteps(make(0.1), 2), w, steps=8), alone)
    group = {"a": "x", "b": "y"}
    parted = optax.multi_transform({"x": make(0.1), "y": optax.set_to_zero()}, group)
    assert_same(train(parted, w), {**train(make(0.1), {"a": w["a"]}), "b": w["b"]})
    none = optax.multi_transform({"x": make(0.1), "y": optax.set_to_zero()}, {"a": "y", "b": "y"})
    assert_same(train(none, w), w)
    masked = optax.masked(
        make(0.1, mask=lambda t: jax.tree.map(jnp.ndim, t)), {"a": True, "b": False}
    )
    updates, _ = masked.update(gradient(w), masked.init(w), w)
    assert_same(updates["b"], gradient(w)["b"])


@EVERY
def test_transformations_of_jax_take_it(make: Any) -> None:
    """Compiled once, scanned, mapped over copies, its state donated."""
    w, tx = params(), make(0.1)
    alone = train(tx, w)
    state = tx.init(w)
    traced = []

    @jax.jit
    def one(state: Any, w: Any) -> Any:
        traced.append(w)
        updates, state = tx.update(gradient(w), state, w)
        return state, optax.apply_updates(w, updates)

    scanned, _ = jax.lax.scan(lambda carry, _: (one(*carry), None), (state, w), length=4)
    assert_same(scanned[1], alone)
    traced.clear()
    donating = jax.jit(lambda s, w: one(s, w), donate_argnums=(0,))
    moved = jax.tree.map(jnp.copy, w)
    for _ in range(4):
        state, moved = donating(state, moved)
    assert_same(moved, alone)
    assert len(traced) == 1
    copies = jax.tree.map(lambda x: jnp.stack([x, x]), w)
    states = jax.vmap(tx.init)(copies)
    updates, states = jax.vmap(tx.update)(gradient(copies), states, copies)
    plain, _ = tx.update(gradient(w), tx.init(w), w)
    assert_same(jax.tree.map(lambda x: x[1], updates), plain)


@EVERY
@pytest.mark.parametrize("rate", [0.1, jnp.float32(0.1), lambda count: 0.1 / (1 + count)])
def test_types_stay_what_they_are(make: Any, rate: Any) -> None:
    """Updates of the gradients', states of the parameters', also in two precisions at once."""
    for of_w, of_g in (("bfloat16", "bfloat16"), ("float32", "bfloat16"), ("bfloat16", "float32")):
        w, g = {"a": jnp.ones(3, of_w)}, {"a": jnp.ones(3, of_g)}
        tx = make(rate)
        state = tx.init(w)
        for _ in range(2):
            before = jax.tree.map(lambda x: (x.shape, x.dtype), state)
            updates, state = tx.update(g, state, w)
            assert updates["a"].dtype == of_g
            assert jax.tree.map(lambda x: (x.shape, x.dtype), state) == before


@EVERY
def test_states_can_be_looked_into(make: Any) -> None:
    """By optax's own tools for trees."""
    w, tx = params(), make(0.1)
    state = tx.init(w)
    _, state = tx.update(gradient(w), state, w)
    assert optax.tree_utils.tree_get(state, "count") == 1
    assert optax.tree_utils.tree_get(optax.chain(optax.clip(1.0), tx).init(w), "count") == 0
    zeroed = optax.tree_utils.tree_map_params(tx, jnp.zeros_like, state)
    assert zeroed.count == 1
    assert_same(zeroed.m, jax.tree.map(jnp.zeros_like, w))


def test_absent_parameters_and_gradients_are_as_in_optax() -> None:
    """Without parameters a ValueError, without a gradient nothing; told more, it does not mind."""
    w = params()
    for mine, other in ((ADAMW(0.1), optax.adamw(0.1, weight_decay=0.01)), (LION(0.1), None)):
        with pytest.raises(ValueError, match="requires the current value of parameters"):
            mine.update(gradient(w), mine.init(w))
        if other:
            some = {"a": gradient(w)["a"], "b": None}
            part = {"a": w["a"], "b": None}
            a, b = (tx.update(some, tx.init(part), part, value=1.0)[0] for tx in (mine, other))
            assert_same(a, b)
    without = LION(0.1, weight_decay=0.0)
    updates, _ = without.update(gradient(w), without.init(w))
    assert_same(updates, without.update(gradient(w), without.init(w), w)[0])
    assert ADAMW(0.1).update({}, ADAMW(0.1).init({}), {})[0] == {}
