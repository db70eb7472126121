"""An optax file, run with numpy in the place of jax, moves the weights as the reference does.

`test_optax_in_jax.py` and `scripts/check_optax.py` do the same where jax is installed.
"""

from __future__ import annotations

import inspect
import keyword
import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy
import torch

from evosearch import EvosearchError, Program, known_rule, lower, parse, rule_names
from evosearch.export.notation.provenance import Provenance
from evosearch.export.optax_file import optax_source
from evosearch.plugins.additions import NOTHING_ADDED
from evosearch.plugins.operations import load_operations_text
from primitives import BUILT_IN, Guarded, Kind, Primitive
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
from tests.support.numpy_as_jax import load
from tests.support.state_order_programs import TRICKY

PROVENANCE = Provenance(origin="a test", digest="0" * 32, version="0.0.0")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Makes the transformation that a program's file defines, with the options given."""

    def make(program: Program | str, **options: Any) -> Any:
        return function_of(program, monkeypatch)(**options)

    return make


def function_of(program: Program | str, monkeypatch: pytest.MonkeyPatch, name: str = "Mine") -> Any:
    """The function that a program's file defines."""
    graph = lower(parse(program) if isinstance(program, str) else program)
    scope = load(optax_source(graph, name, PROVENANCE), monkeypatch)
    (function,) = (
        value
        for key, value in scope.items()
        if getattr(value, "__module__", "") == "exported"
        and inspect.isfunction(value)
        and key not in ("_like", "_spread")
    )
    return function


def split(flat: Array) -> list[Array]:
    parts = np.split(flat, np.cumsum(SIZES)[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, SHAPES, strict=True)]


def descend(transformation: Any) -> Array:
    """`[STEPS, D]`: the weights by the transformation."""
    w, path = split(START), []
    state = transformation.init(w)
    for t in range(1, STEPS + 1):
        flat = np.concatenate([part.ravel() for part in w])
        with np.errstate(all="ignore"):
            updates, state = transformation.update(split(gradient(flat, t)), state, w)
        w = [part + update for part, update in zip(w, updates, strict=True)]
        path.append(np.concatenate([part.ravel() for part in w]))
    assert state.count == STEPS
    return np.stack(path)


def schedule(count: int) -> float:
    return rate(count + 1)


@pytest.mark.parametrize("name", rule_names())
def test_known_rules_agree_with_the_reference(name: str, made: Callable[..., Any]) -> None:
    """With a learning-rate schedule and decoupled decay, over tensors of any shape."""
    expected = stable_path(known_rule(name), 1e-14, 1e-12)
    assert expected is not None
    path = descend(made(known_rule(name), learning_rate=schedule, weight_decay=DECAY))
    assert deviation(path, expected) < 1e-12


@pytest.mark.parametrize("name", TRICKY)
def test_states_have_their_old_values(name: str, made: Callable[..., Any]) -> None:
    """However they depend on each other."""
    expected = stable_path(TRICKY[name], 1e-14, 1e-12)
    assert expected is not None
    path = descend(made(TRICKY[name], learning_rate=schedule, weight_decay=DECAY))
    assert deviation(path, expected) < 1e-12


def test_mutants_agree_with_the_reference(made: Callable[..., Any]) -> None:
    """So do programs that nobody wrote, guards and all."""
    compared = 0
    for program in mutants(60, seed=12):
        expected = stable_path(program, 1e-14, 1e-12)
        if expected is not None:
            path = descend(made(program, learning_rate=schedule, weight_decay=DECAY))
            assert deviation(path, expected) < 1e-12
            compared += 1
    assert compared > 30


def test_arguments_are_called_as_in_optax(monkeypatch: pytest.MonkeyPatch) -> None:
    """`optax.adamw` begins with the same; what it has in between and we have not is by name."""
    function = function_of(known_rule("adamw"), monkeypatch)
    parameters = inspect.signature(function).parameters
    assert list(parameters) == ["learning_rate", "b1", "b2", "eps", "weight_decay", "mask"]
    assert [parameters[name].default for name in ("b1", "b2", "eps")] == [0.9, 0.999, 1e-8]
    by_name = [name for name, one in parameters.items() if one.kind is one.KEYWORD_ONLY]
    assert by_name == ["weight_decay", "mask"]


NAMES = """
_ _m __m __ _1 __1 m_ jax jnp optax Any NamedTuple State params updates state count mask lr_ wd
step new b1 b2 beta1 learning_rate weight_decay tree trees leaves every each results decays init_fn
update_fn extra_args _like _spread update direction x1 x2 new_s l O float zip map isinstance range
callable list tuple int ValueError None_ self cls index _fields _asdict __class__ __debug__ match
case global_norm_ global_norm_part annotations mine n leaf result old
"""


def named(state: str, other: str, constant: str) -> str:
    return (
        f"def f(g, {state}, {other}, t, *, {constant}=0.9, beta2=0.5):\n"
        f"    {state} = lerp(g, {state}, {constant})\n"
        f"    {other} = {state} - beta2 * {other}\n"
        f"    u = {state} / (1 - {constant} ** t) + tanh({other}) / (1 + global_norm({state}))\n"
        f"    return u, {state}, {other}\n"
    )


@pytest.mark.parametrize("name", NAMES.split())
def test_any_name_will_do(name: str, made: Callable[..., Any]) -> None:
    """Of a state or a hyperparameter, also beside one that it would be renamed to."""
    expected = descend(made(named("m", "s", "h")))
    names = [(name, "s", "h"), ("m", "s", name), (name, f"{name}_", "h"), ("m", name, f"{name}_")]
    if (bare := name.lstrip("_")) != name and bare.isidentifier() and not keyword.iskeyword(bare):
        names += [(name, bare, "h"), (bare, "s", name)]
    for labels in names:
        assert deviation(descend(made(named(*labels))), expected) == 0, labels


@pytest.mark.parametrize("name", ["State", "jnp", "Any", "class_", "_like", "_spread", "Mine", "_"])
def test_any_function_name_will_do(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file's own names stay what they are."""
    made = function_of(known_rule("lion"), monkeypatch, name)()
    assert deviation(descend(made), descend(function_of(known_rule("lion"), monkeypatch)())) == 0


W = {"a": np.array([1.0, -2.0]), "b": [np.array(3.0), {"c": np.array([[4.0]])}]}
G = {"a": np.array([0.5, 0.5]), "b": [np.array(-1.0), {"c": np.array([[2.0]])}]}


def step(transformation: Any, g: Any = G, w: Any = W) -> Any:
    return transformation.update(g, transformation.init(W), w)[0]


def test_parameters_may_be_left_out_where_nothing_reads_them(made: Callable[..., Any]) -> None:
    """Weight decay reads them and so may a rule; else the gradients will do."""
    plain, clipped = "def f(g):\n return g", "def f(g):\n return clip_by_global_norm(g, 9)"
    sized = "def f(g, s):\n s = s + g / numel()\n return g * rms(s) * sign(3), s"
    for text in (plain, clipped, sized):
        for options in ({"weight_decay": 0.0}, {"weight_decay": 0}, {"mask": False}):
            without = step(made(text, **options), w=None)
            np.testing.assert_equal(without, step(made(text, **options)))
    message = "requires the current value of parameters"
    for text, options in (
        (plain, {}),
        (plain, {"weight_decay": schedule}),
        ("def f(w, g):\n return g + 0.1 * w", {"weight_decay": 0.0}),
        ("def f(w, g):\n return g / (1 + global_norm(w))", {"weight_decay": 0.0}),
        ("def f(w):\n return w", {"mask": False}),
    ):
        with pytest.raises(ValueError, match=message):
            step(made(text, **options), w=None)


class Module(dict[str, Any]):
    """A tree that can be called, as modules of some libraries are."""

    def __call__(self, _: Any) -> Any:
        raise AssertionError("a mask's values are what counts")


MASKS = {
    "a module": Module(a=True, b=False),
    "a tree": {"a": True, "b": [False, {"c": True}]},
    "a prefix": {"a": True, "b": False},
    "a function": lambda tree: {"a": tree["a"].ndim == 1, "b": [False, {"c": np.bool_(True)}]},
}


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_a_mask_says_what_decays(mask: Any, made: Callable[..., Any]) -> None:
    """The others move along the direction alone."""
    c_decays = not isinstance(mask, dict) or mask["b"] is not False
    options = {"learning_rate": 0.5, "weight_decay": 0.25, "mask": mask}
    updates = step(made("def f(g):\n return g", **options))
    np.testing.assert_array_equal(updates["a"], -0.5 * (G["a"] + 0.25 * W["a"]))
    np.testing.assert_array_equal(updates["b"][0], 0.5)
    np.testing.assert_array_equal(updates["b"][1]["c"], [[-1.5 if c_decays else -1.0]])


def test_decay_may_follow_a_schedule(made: Callable[..., Any]) -> None:
    """As the learning rate does, by the steps taken before."""
    made_so = made("def f(g):\n return g", learning_rate=1.0, weight_decay=lambda count: count + 1)
    state = made_so.init([3.0])
    for decay in (1, 2, 3):
        (update,), state = made_so.update([np.array(1.0)], state, [np.array(3.0)])
        assert update == -(1 + decay * 3)


def test_the_state_counts_steps_beside_what_the_rule_keeps(made: Callable[..., Any]) -> None:
    """It is called `count`, as in optax, whether or not the rule reads it."""
    for name in ("adamw", "lion"):
        state = made(known_rule(name)).init(W)
        assert state.count == 0
        assert state.count.dtype == np.int32
        np.testing.assert_equal(state.m, {"a": np.zeros(2), "b": [0.0, {"c": np.zeros((1, 1))}]})


@pytest.mark.parametrize("dtypes", [("f2", "f4"), ("f4", "f2"), ("f4", "f4")], ids="-".join)
def test_updates_are_of_the_gradients_type(
    dtypes: tuple[str, str], made: Callable[..., Any]
) -> None:
    """And states of the parameters', whatever the types of numbers that they meet."""
    g, w = (np.array([0.5, -1.0], dtype) for dtype in dtypes)
    for name in rule_names():
        transformation = made(known_rule(name), learning_rate=np.float64(0.1))
        state = transformation.init([w])
        for _ in range(2):
            (update,), state = transformation.update([g], state, [w])
            assert update.dtype == g.dtype, name
            assert {kept.dtype for (kept,) in state[1:]} <= {w.dtype}, name


def test_trees_may_be_empty(made: Callable[..., Any]) -> None:
    """As those of a group without parameters are, also where a number is taken of all."""
    for text in ("def f(g):\n return g", "def f(g):\n return clip_by_global_norm(g, 9)"):
        for tree in ({}, [], {"a": None, "b": []}):
            transformation = made(text)
            updates, state = transformation.update(tree, transformation.init(tree), tree)
            assert updates == tree
            assert state.count == 1


def test_what_has_no_gradient_stays(made: Callable[..., Any]) -> None:
    """With its states; it is no part of a number that is taken of all."""
    text = "def f(g, m):\n m = m + g\n return m / global_norm(g), m"
    transformation = made(text, learning_rate=1.0, weight_decay=0)
    state = transformation.init(W)
    g = {"a": np.array([3.0, 4.0]), "b": [None, {"c": None}]}
    updates, state = transformation.update(g, state, W)
    assert updates["b"] == [None, {"c": None}]
    np.testing.assert_array_equal(updates["a"], [-0.6, -0.8])
    np.testing.assert_array_equal(state.m["b"][0], 0.0)


def test_what_others_in_a_chain_are_told_is_taken(made: Callable[..., Any]) -> None:
    """Such as the loss, of which the rule makes nothing."""
    transformation = made("def f(g):\n return g")
    state = transformation.init(W)
    plain, _ = transformation.update(G, state, W)
    told, _ = transformation.update(G, state, W, value=3.0)
    np.testing.assert_equal(told, plain)


def test_gradients_may_be_python_numbers(made: Callable[..., Any]) -> None:
    """A parameter may be one number."""
    transformation = made(known_rule("lion"), learning_rate=0.5, weight_decay=0.0)
    update, state = transformation.update(2.0, transformation.init(1.0), 1.0)
    assert (float(update), float(state.m)) == (-0.5, pytest.approx(0.02))


TANH = Primitive(
    name="bend",
    definition="a * tanh(a)",
    accepts=(Kind.TENSOR,),
    numpy=lambda a: a * np.tanh(a),
    torch=lambda a: a * torch.tanh(a),
    sympy=lambda a: a * sympy.tanh(a),
    source="{0} * torch.tanh({0})",
    scalar_source="{0} * math.tanh({0})",
    jax="{0} * jnp.tanh({0})",
)
INVERSE = replace(
    TANH,
    name="inverse",
    numpy=lambda a: np.where(a == 0, 0.0, 1 / np.where(a == 0, 1.0, a)),
    source="1 / {0}",
    jax="",
    guarded=Guarded(
        unneeded=lambda a: a.nonzero,
        torch=lambda a: torch.where(a == 0, 0.0, 1 / a),
        source="torch.where({0} == 0, 0.0, 1 / {0})",
        scalar_source="(1 / {0} if {0} else 0.0)",
        jax="jnp.where({0} == 0, 0.0, 1 / jnp.where({0} == 0, 1.0, {0}))",
    ),
)
assert INVERSE.guarded is not None
TOTAL = replace(
    TANH,
    name="reach",
    numpy=lambda s, a: np.sqrt(s.sum_all(np.abs(a))),
    torch=lambda s, a: s.sum_all(a.abs()).sqrt(),
    source="{0}.abs().sum()",
    finish="{0}.sqrt()",
    jax="jnp.sum(jnp.abs({0}))",
    jax_finish="jnp.sqrt({0})",
    reduces_to=Kind.SCALAR,
)


def calling(row: Primitive) -> Program:
    """A rule that calls an operation of the user's."""
    text = f"def f(g, m):\n m = 0.5 * m + tanh({row.name}(g))\n return g * m, m"
    return parse(text, table=BUILT_IN.with_rows([row]))


@pytest.mark.parametrize(
    ("row", "missing"),
    [
        (replace(TANH, jax=""), "jax"),
        (replace(TANH, jax="", source=lambda a, _: f"{a[0]} * torch.tanh({a[0]})"), "jax"),
        (replace(INVERSE, guarded=replace(INVERSE.guarded, jax="")), "guarded.jax"),
        (replace(TOTAL, jax=""), "jax"),
        (replace(TOTAL, jax_finish=""), "jax_finish"),
    ],
    ids=["source of letters", "source that chooses", "guard", "part of a total", "end of a total"],
)
def test_an_operation_without_code_for_jax_is_refused(row: Primitive, missing: str) -> None:
    """By its name, with the field that would say more."""
    message = f"^operation '{row.name}' has no code for jax, .* give its row {missing}=\"...\""
    with pytest.raises(EvosearchError, match=message):
        optax_source(lower(calling(row)), "mine", PROVENANCE)


@pytest.mark.parametrize(
    "row",
    [
        TANH,
        INVERSE,
        TOTAL,
        replace(TANH, jax="", numpy=lambda a: a * a, source="{0} * {0}"),
        replace(TOTAL, jax_finish="", finish="{0} ** 0.5"),
        *(replace(TOTAL, name=name) for name in ("state", "every", "g_", "t_", "lists", "count")),
    ],
    ids=lambda row: row.name,
)
def test_an_operation_of_the_users_does_what_it_says(
    row: Primitive, made: Callable[..., Any]
) -> None:
    """Operators are the same in torch and in jax; a total may be called as the file's variables."""
    program = calling(row)
    expected = stable_path(program, 1e-14, 1e-12)
    assert expected is not None
    path = descend(made(program, learning_rate=schedule, weight_decay=DECAY))
    assert deviation(path, expected) < 1e-12


def test_code_that_reads_the_parameter_asks_for_it(made: Callable[..., Any]) -> None:
    """Where a row's code does so itself, though the rule does not."""
    row = replace(TANH, name="weighed", jax="{0} * jnp.shape(w)[0]")
    with pytest.raises(ValueError, match="requires the current value of parameters"):
        step(made(calling(row), weight_decay=0.0), w=None)


def test_contributings_own_example_is_exported(made: Callable[..., Any]) -> None:
    """The error function has another name in jax than in torch; Python's own says what it is."""
    text = (Path(__file__).parents[3] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (row,) = re.findall(r"```python\n(Primitive\(.*?)```", text, re.DOTALL)
    head = (
        "import math, scipy.special, sympy, torch\nfrom primitives import Kind, Primitive, ranges"
    )
    additions = load_operations_text(f"{head}\nPRIMITIVES = [{row}]", "mine.py", NOTHING_ADDED)
    program = parse("def soft(g):\n    return erf(3 * g)", table=additions.table)
    transformation = made(program, learning_rate=1.0, weight_decay=0)
    (update,) = step(transformation, [np.array([0.1, -0.4])], None)
    assert update.tolist() == pytest.approx([-math.erf(0.3), math.erf(1.2)])
