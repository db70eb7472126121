"""The formulas of a rule, computed as they are printed, are the rule."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from evosearch import Graph, Program, known_rule, lower, parse, rule_names
from evosearch.export.formulas.equations import aligned, equations, explanations
from evosearch.export.formulas.rule_symbols import symbols_of
from evosearch.graph.graph import HYPERPARAMETER
from evosearch.graph.interpreter import Interpreter
from primitives import NumpySegments
from tests.support import plain_definitions as plain
from tests.support.formula_reader import read_latex, read_plain
from tests.support.random_programs import (
    SHAPES,
    Inputs,
    close,
    programs,
    steps_of,
    well_conditioned,
)
from tests.support.state_order_programs import TRICKY

ELEMENTWISE_NAMES = tuple(plain.ELEMENTWISE)


class Real(float):
    """A number of which `x / 0` is 0, as the language has it; Python would raise."""

    def __add__(self, other: float) -> Real:
        return Real(float(self) + float(other))

    __radd__ = __add__

    def __sub__(self, other: float) -> Real:
        return Real(float(self) - float(other))

    def __rsub__(self, other: float) -> Real:
        return Real(float(other) - float(self))

    def __mul__(self, other: float) -> Real:
        return Real(float(self) * float(other))

    __rmul__ = __mul__

    def __neg__(self) -> Real:
        return Real(-float(self))

    def __truediv__(self, other: float) -> Real:
        return Real(plain.ELEMENTWISE["divide"](float(self), float(other)))

    def __rtruediv__(self, other: float) -> Real:
        return Real(plain.ELEMENTWISE["divide"](float(other), float(self)))

    def __pow__(self, other: float, _: Any = None) -> Real:
        return Real(_power(float(self), float(other)))

    def __rpow__(self, other: float, _: Any = None) -> Real:
        return Real(_power(float(other), float(self)))


def _power(base: float, exponent: float) -> float:
    """Mathematics has it so: it knows no real power of a negative number to a fraction."""
    if base < 0 and exponent % 1:
        return math.nan
    return plain.ELEMENTWISE["power"](base, exponent)


def real(function: Callable[..., float]) -> Callable[..., Real]:
    return lambda *arguments: Real(function(*map(float, arguments)))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: real(function) for name, function in plain.ELEMENTWISE.items()},
    "abs": real(abs),
    "mod": real(math.fmod),
    "max": lambda *values: reduce(max, values),
    "min": lambda *values: reduce(min, values),
}
"""What functions in a formula mean, where Python has no operator."""


class Steps(defaultdict[int, Real]):
    """The value of a state at each step; `m[t]` in a formula looks it up. Zero before step 1."""

    def __init__(self) -> None:
        super().__init__(Real)


def follow_code(graph: Graph, steps: Sequence[Inputs]) -> list[list[float]]:
    """The direction of each step, by the equations as code, one element at a time.

    It is read off the weights, of which the trainer's decay, here `1 / lr`, leaves nothing else.
    """
    pairs = [equation.code.split(" = ") for equation in equations(graph)]
    defaults = {n.label: Real(n.value) for n in graph.nodes if n.op == HYPERPARAMETER}
    directions: list[list[float]] = [[] for _ in steps]
    for element in range(len(steps[0].g)):
        values: dict[str, Any] = {slot.name: Steps() for slot in graph.slots}
        for index, inputs in enumerate(steps):
            lr = Real(inputs.lr)
            scope = {**FUNCTIONS, **defaults, "lr": lr, "t": inputs.t, "weight_decay": 1 / lr}
            values |= {"g": {inputs.t: Real(inputs.g[element])}}
            values |= {"w": {inputs.t - 1: Real(inputs.w[element])}}
            for left, right in pairs:
                name, at = left.removesuffix("[t]"), left.endswith("[t]")
                result = Real(eval(right, {}, scope | values))
                if at:
                    values.setdefault(name, Steps())[inputs.t] = result
                else:
                    values[name] = result
            directions[index].append(-float(values["w"][inputs.t]) / inputs.lr)
    return directions


def follow(
    graph: Graph, steps: Sequence[Inputs], notation: Literal["plain", "latex"]
) -> list[list[float]]:
    """The same by the equations in another notation, as a person would read them."""
    weights, decay, rate = {
        "plain": ("θ_{%s}", "λ", "η_t"),
        "latex": (r"\theta_{%s}", r"\lambda", r"\eta_t"),
    }[notation]
    new_weights = weights.replace("{%s}", "t")
    read = {"plain": read_plain, "latex": read_latex}[notation]
    pairs = [getattr(equation, notation).split(" = ", 1) for equation in equations(graph)]
    symbols = symbols_of(graph).constants
    constants = {
        symbol.plain if notation == "plain" else symbol.whole_latex: node.value
        for node in graph.nodes
        if node.op == HYPERPARAMETER
        for symbol in [symbols[node.label]]
    }
    directions: list[list[float]] = [[] for _ in steps]
    for element in range(len(steps[0].g)):
        past: dict[str, float] = {}
        for index, inputs in enumerate(steps):
            now = {**constants, rate: inputs.lr, decay: 1 / inputs.lr, "t": float(inputs.t)}
            now |= {"g_t": inputs.g[element], weights % "t-1": inputs.w[element]}
            for left, right in pairs:
                now[left] = read(right, past | now)
            directions[index].append(-now[new_weights] / inputs.lr)
            past = {before(name): value for name, value in now.items()}
    return directions


def before(symbol: str) -> str:
    """The symbol of a series at the step before: `m_t` was `m_{t-1}`, `m_{1,t}` `m_{1,t-1}`."""
    if symbol.endswith("_t"):
        return symbol[:-1] + "{t-1}"
    return re.sub(r",t\}$", ",t-1}", symbol)


def interpret(graph: Graph, steps: Sequence[Inputs]) -> list[list[float]]:
    interpreter = Interpreter(graph, NumpySegments(SHAPES))
    return [
        interpreter.step(w=np.array(s.w), g=np.array(s.g), lr=s.lr, t=s.t).tolist() for s in steps
    ]


def check_values(program: Program, steps: Sequence[Inputs], relative: float) -> None:
    graph = lower(program)
    expected = interpret(graph, steps)
    for followed in (
        follow_code(graph, steps),
        follow(graph, steps, "plain"),
        follow(graph, steps, "latex"),
    ):
        for step, (a, b) in enumerate(zip(followed, expected, strict=True), start=1):
            assert close(a, b, relative), (step, a, b, equations(graph))


def is_elementwise(graph: Graph) -> bool:
    reductions = {*plain.REDUCTIONS, *plain.MATRICES, "rows", "columns"}
    return not any(node.op in reductions for node in graph.nodes)


ELEMENTWISE_RULES = [name for name in rule_names() if is_elementwise(lower(known_rule(name)))]
ELEMENTWISE_TRICKY = [name for name, program in TRICKY.items() if is_elementwise(lower(program))]


def test_most_rules_are_elementwise() -> None:
    """The tests below have something to work on."""
    assert len(ELEMENTWISE_RULES) >= 10
    assert len(ELEMENTWISE_TRICKY) >= 25


@pytest.mark.parametrize("name", ELEMENTWISE_RULES)
def test_formulas_of_known_rules_are_the_rules(name: str) -> None:
    """Over many steps, zero gradients among them, the printed formulas give the directions."""
    check_values(known_rule(name), steps_of(1, count=12), 1e-9)


@pytest.mark.parametrize("name", ELEMENTWISE_TRICKY)
def test_formulas_tell_old_states_from_new(name: str) -> None:
    """`m[t-1]` is the state before the step and `m[t]` after it, however they depend."""
    check_values(TRICKY[name], steps_of(1, count=6), 1e-9)


@settings(max_examples=150)
@given(programs(primitives=tuple(plain.ELEMENTWISE)), st.integers(0, 9))
def test_formulas_of_random_programs_are_the_programs(program: Program, seed: int) -> None:
    """The printed formulas give the directions of any program of elementwise operations."""
    steps = steps_of(seed)
    assume(well_conditioned(program, steps) is not None)
    check_values(program, steps, 1e-6)


STEP = "θ_t = (1 − η_t λ) θ_{t-1} − η_t u_t"
LATEX_STEP = r"\theta_t = (1 - \eta_t \lambda) \theta_{t-1} - \eta_t u_t"
CODE_STEP = "w[t] = (1 - lr*weight_decay)*w[t-1] - lr*u[t]"


def plain_of(text: str, step: str = STEP) -> list[str]:
    """All but the last equation, which is the trainer's step."""
    *others, last = (equation.plain for equation in equations(lower(parse(text))))
    assert last == step
    return others


def latex_of(text: str) -> list[str]:
    """The same in LaTeX."""
    *others, last = (equation.latex for equation in equations(lower(parse(text))))
    assert last == LATEX_STEP
    return others


def code_of(text: str) -> list[str]:
    """The same as code."""
    *others, last = (equation.code for equation in equations(lower(parse(text))))
    assert last == CODE_STEP
    return others


def test_a_rule_that_uses_old_and_new_state() -> None:
    """The time index says which of the two is meant."""
    text = "def f(g, m):\n    n = 0.9 * m + g\n    return n - 0.5 * m, n"
    assert plain_of(text) == ["m_t = 0.9 m_{t-1} + g_t", "u_t = m_t − 0.5 m_{t-1}"]
    assert code_of(text) == ["m[t] = 0.9*m[t-1] + g[t]", "u[t] = m[t] - 0.5*m[t-1]"]
    assert latex_of(text) == ["m_t = 0.9 m_{t-1} + g_t", "u_t = m_t - 0.5 m_{t-1}"]


def test_a_state_that_copies_another_has_its_equation() -> None:
    """States that swap, and one that keeps another's old value, are all defined."""
    assert plain_of("def f(g, a, b):\n    return a + g, b, a + g") == [
        "a_t = b_{t-1}",
        "b_t = a_{t-1} + g_t",
        "u_t = b_t",
    ]
    assert plain_of("def f(g, m):\n    return m, g") == ["m_t = g_t", "u_t = m_{t-1}"]


def test_lion_is_its_published_formula() -> None:
    """In each notation; the paper (arXiv 2302.06675, algorithm 2) writes it so."""
    written = equations(lower(known_rule("lion")))
    assert [equation.plain for equation in written] == [
        "m_t = β₂ m_{t-1} + (1 − β₂) g_t",
        "u_t = sign(β₁ m_{t-1} + (1 − β₁) g_t)",
        STEP,
    ]
    assert [equation.code for equation in written] == [
        "m[t] = beta2*m[t-1] + (1 - beta2)*g[t]",
        "u[t] = sign(beta1*m[t-1] + (1 - beta1)*g[t])",
        CODE_STEP,
    ]
    assert [equation.latex for equation in written] == [
        r"m_t = \beta_2 m_{t-1} + (1 - \beta_2) g_t",
        r"u_t = \operatorname{sign}(\beta_1 m_{t-1} + (1 - \beta_1) g_t)",
        LATEX_STEP,
    ]


def test_adam_is_its_published_formula() -> None:
    """The paper's algorithm 1 (arXiv 1412.6980), with the names of its moments."""
    written = equations(lower(known_rule("adam")))
    assert [equation.plain for equation in written] == [
        "m_t = β₁ m_{t-1} + (1 − β₁) g_t",
        "v_t = β₂ v_{t-1} + (1 − β₂) g_t²",
        "m̂_t = m_t / (1 − β₁^t)",
        "v̂_t = v_t / (1 − β₂^t)",
        "u_t = m̂_t / (√v̂_t + ε)",
        STEP,
    ]
    assert [equation.latex for equation in written] == [
        r"m_t = \beta_1 m_{t-1} + (1 - \beta_1) g_t",
        r"v_t = \beta_2 v_{t-1} + (1 - \beta_2) g_t^2",
        r"\hat{m}_t = \frac{m_t}{1 - \beta_1^t}",
        r"\hat{v}_t = \frac{v_t}{1 - \beta_2^t}",
        r"u_t = \frac{\hat{m}_t}{\sqrt{\hat{v}_t} + \epsilon}",
        LATEX_STEP,
    ]


def test_rmsprop_and_adadelta_are_their_published_formulas() -> None:
    """A direction that a state averages is defined before it."""
    rmsprop, adadelta = (equations(lower(known_rule(name))) for name in ("rmsprop", "adadelta"))
    assert [equation.plain for equation in rmsprop] == [
        "v_t = α v_{t-1} + (1 − α) g_t²",
        "u_t = g_t / (√v_t + ε)",
        STEP,
    ]
    assert [equation.plain for equation in adadelta] == [
        "v_t = ρ v_{t-1} + (1 − ρ) g_t²",
        "u_t = g_t · √(d_{t-1} + ε) / √(v_t + ε)",
        "d_t = ρ d_{t-1} + (1 − ρ) u_t²",
        STEP,
    ]


@pytest.mark.parametrize(
    ("new", "written"),
    [
        ("lerp(g, m, 0.9)", "0.9 m_{t-1} + 0.1 g_t"),
        ("lerp(m, g, 0.1)", "0.9 m_{t-1} + 0.1 g_t"),
        ("lerp(g, m, 0.999)", "0.999 m_{t-1} + 0.001 g_t"),
        ("lerp(g, m, 0.9999999)", "0.9999999 m_{t-1} + 1e-7 g_t"),
        ("lerp(g, m, 1.5)", "1.5 m_{t-1} − 0.5 g_t"),
        ("lerp(m, g, 1.5)", "1.5 g_t − 0.5 m_{t-1}"),
        ("lerp(m, g, b)", "(1 − b) m_{t-1} + b g_t"),
        ("lerp(lerp(g, m, 0.9), m, 0.99)", "0.99 m_{t-1} + 0.01 · (0.9 m_{t-1} + 0.1 g_t)"),
        ("lerp(g, lerp(tanh(g), m, b), c)", "c · (b m_{t-1} + (1 − b) tanh(g_t)) + (1 − c) g_t"),
        ("b * m + (1 - b) * g", "b m_{t-1} + (1 − b) g_t"),
        ("(1 - b) * g + b * m + c", "b m_{t-1} + (1 − b) g_t + c"),
    ],
)
def test_averages_are_written_as_averages(new: str, written: str) -> None:
    """What is kept of the old state comes first, and the weights are those that a person wrote."""
    text = f"def f(g, m, *, b=0.5, c=0.25):\n    return sign(m), {new}"
    assert plain_of(text)[0] == f"m_t = {written}"


def test_an_average_of_what_is_no_state() -> None:
    """The weight itself comes before what is left of it."""
    text = "def f(w, g, m, *, b=0.5):\n    m = tanh(m) + g\n    return lerp(g, m, b) * w, m"
    assert plain_of(text)[-1] == "u_t = (b m_t + (1 − b) g_t) θ_{t-1}"


def test_every_equation_defines_what_later_ones_use() -> None:
    """An intermediate value that is used twice gets an equation of its own, before its use."""
    text = "def f(g):\n    x = tanh(g)\n    return x / (1 + x)"
    assert plain_of(text) == ["x₁ = tanh(g_t)", "u_t = x₁ / (x₁ + 1)"]


def test_numbers_are_short() -> None:
    """A number alone is written as in the program."""
    text = "def f(g, m):\n    return g * m, 0.5"
    assert plain_of(text)[0] == "m_t = 0.5"
    small = "def f(g):\n    return g + 1e-8 * tanh(g) - 2.5e-7"
    assert plain_of(small) == ["u_t = g_t + 1e-8 tanh(g_t) − 2.5e-7"]
    assert latex_of(small) == [r"u_t = g_t + 10^{-8} \tanh(g_t) - 2.5 \cdot 10^{-7}"]


def test_a_state_called_like_the_direction() -> None:
    """Where a state is called `u`, the direction is not."""
    text = "def f(g, u):\n    u = 0.9 * u + g\n    return sign(u), u"
    assert plain_of(text, STEP.replace("u_t", "u1_t")) == [
        "u_t = 0.9 u_{t-1} + g_t",
        "u1_t = sign(u_t)",
    ]
    both = "def f(g, u, u1):\n    return u + u1, g, g * u"
    *_, direction = plain_of(both, STEP.replace("u_t", "u2_t"))
    assert direction == "u2_t = u_{t-1} + u1_{t-1}"


def test_guards_show_where_they_make_a_difference() -> None:
    """The magnitude is written only where the sign is not known; a quotient is not cancelled."""
    assert plain_of("def f(g):\n    return sqrt(g)") == ["u_t = √|g_t|"]
    assert plain_of("def f(g):\n    return sqrt(g * g + 1)") == ["u_t = √(g_t² + 1)"]
    assert plain_of("def f(g):\n    return g ** 0.3 + g ** 5") == ["u_t = |g_t|^0.3 + g_t⁵"]
    mask = "def f(g, m):\n    x = g > m\n    return x / x * g, g"
    assert plain_of(mask)[-1] == "u_t = g_t x₁ / x₁"


def test_infinite_numbers_are_not_computed() -> None:
    """A number too large for a float stays as it is written, and sympy does not work it out."""
    assert plain_of("def f(g):\n    return g * 999999 ** 999999") == ["u_t = 999999^999999 g_t"]
    assert plain_of("def f(g):\n    return max(g, exp(1000))") == ["u_t = max(g_t, exp(1000))"]


def test_choices_are_cases() -> None:
    """A condition is written as one; where it is a number by itself, it is not zero."""
    text = "def f(g, m):\n    return where(g > m, g, 2) - where(m, 3, g), (g >= m) * m + g"
    assert plain_of(text) == [
        "m_t = m_{t-1} · [g_t ≥ m_{t-1}] + g_t",
        "u_t = (g_t if g_t > m_{t-1} else 2) − (3 if m_{t-1} ≠ 0 else g_t)",
    ]
    assert latex_of("def f(g):\n    return where(g > 1, g, 2)") == [
        r"u_t = \begin{cases} g_t & \text{if } g_t > 1 \\ 2 & \text{otherwise} \end{cases}"
    ]


def test_only_what_has_a_short_name_and_one_correction_has_a_hat() -> None:
    """Others are abbreviations; a state of that name keeps it."""
    text = "def f(g, slow, t, *, b=0.9):\n    slow = lerp(g, slow, b)\n    return {}, slow"
    assert plain_of(text.format("sign(slow / (1 - b**t))"))[-1] == "u_t = sign(slow_t / (1 − b^t))"
    named = "def f(g, m, m_hat, t):\n    m = m + g\n    h = m / (1 - 0.9**t)\n    return {}, m, g"
    assert plain_of(named.format("tanh(h) + m_hat"))[1:] == [
        "x₁ = m_t / (1 − 0.9^t)",
        "m̂_t = g_t",
        "u_t = m̂_{t-1} + tanh(x₁)",
    ]
    twice = (
        "def f(g, m, t):\n    m = m + g\n    return tanh(m / (1 - 0.9**t)) + m / (1 - 0.5**t), m"
    )
    assert plain_of(twice)[1:] == [
        "m̂_t = m_t / (1 − 0.9^t)",
        "x₁ = m_t / (1 − 0.5^t)",
        "u_t = tanh(m̂_t) + x₁",
    ]


def test_the_equations_stand_in_one_environment() -> None:
    """An equation a line, aligned at the first equals sign."""
    lines = aligned(lower(known_rule("adan")), "align*").splitlines()
    assert (lines[0], lines[-1]) == (r"\begin{align*}", r"\end{align*}")
    written = [equation.latex for equation in equations(lower(known_rule("adan")))]
    body = [line.strip().removesuffix(r" \\") for line in lines[1:-1]]
    assert [line.replace("&=", "=") for line in body] == written
    assert all(line.count("&=") == 1 for line in body)
    assert all(line.endswith(r" \\") for line in lines[1:-2])
    assert not lines[-2].endswith("\\")


def test_what_a_formula_leaves_unsaid_is_explained() -> None:
    """Operations without a notation, and special cases that can occur, are defined; no others."""

    def found(text: str) -> list[str]:
        return explanations(lower(parse(text)))

    assert found("def f(g):\n    return tanh(g) * mean(g)") == [
        "mean: the mean of a over the parameter tensor"
    ]
    assert found("def f(g):\n    return 1 / g") == ["reciprocal: 1 / a, and 0 where a = 0"]
    assert found("def f(g):\n    return g / (1 + sqrt(square(g)))") == []
    assert found("def f(g):\n    return g / (g > 0)") == [
        "greater: 1 where a > b, else 0",
        "divide: a / b, and 0 where b = 0",
    ]


def balanced(latex: str) -> bool:
    depth = 0
    for mark in re.sub(r"\\.", "", latex):
        depth += (mark == "{") - (mark == "}")
        if depth < 0:
            return False
    environments = [re.findall(rf"\\{word}\{{(\w+)\}}", latex) for word in ("begin", "end")]
    brackets = [len(re.findall(rf"\\{word}(?![a-z])", latex)) for word in ("left", "right")]
    return (
        not depth and sorted(environments[0]) == sorted(environments[1]) and len(set(brackets)) < 2
    )


_INDEX = r"(?:\{[^{}]*\}|\\?\w)"
_TWICE = rf"([_^]){_INDEX}(?:[_^]{_INDEX})*\1"


def doubled(latex: str) -> bool:
    """Whether a symbol has two subscripts, or two superscripts."""
    text, before = re.sub(r"\\_", "", latex), ""
    while text != before:  # from the innermost braces outwards
        before = text
        if re.search(_TWICE, text):
            return True
        text = re.sub(r"([_^]?)\{[^{}]*\}", lambda found: found[1] and found[1] + "a", text)
    return False


@pytest.mark.parametrize(
    "latex",
    ["m_{t-1}^{2}", r"\frac{x_{1,t}}{y_t}", r"a_{b} c_{d}", r"\beta_{2}^{t}", r"p\_\_x_{t}"],
)
def test_checks_accept_valid_latex(latex: str) -> None:
    """The checks of LaTeX find no fault where there is none."""
    assert balanced(latex)
    assert not doubled(latex)


@pytest.mark.parametrize(
    "latex", ["x_{1}_{t}", "x_1_t", "m^{2}^{2}", "m^{2}_{t}^{2}", r"x_{\bar{1}}_{t}"]
)
def test_checks_refuse_double_indices(latex: str) -> None:
    """The check of LaTeX finds an index on an index."""
    assert doubled(latex)


@pytest.mark.parametrize("latex", ["{x", "x}{", r"\left(x", r"\begin{cases} x"])
def test_checks_refuse_what_is_not_closed(latex: str) -> None:
    """The check of LaTeX finds a brace, bracket or environment without its other end."""
    assert not balanced(latex)


def check_latex(program: Program) -> None:
    for equation in equations(lower(program)):
        assert balanced(equation.latex), equation.latex
        assert not doubled(equation.latex), equation.latex


@settings(max_examples=150)
@given(programs(longest=12))
def test_latex_is_valid(program: Program) -> None:
    """Braces close and no symbol has two subscripts, in the formulas of any program."""
    check_latex(program)


@pytest.mark.parametrize("name", [*TRICKY, *rule_names()])
def test_latex_of_known_and_tricky_rules_is_valid(name: str) -> None:
    """The same of rules with many states, hyperparameters and intermediate values."""
    check_latex(TRICKY[name] if name in TRICKY else known_rule(name))


@pytest.mark.parametrize(
    "name",
    [
        "m1",
        "m_hat",
        "mhat",
        "m_hat_2",
        "m__2",
        "a_b__c",
        "x_1bar",
        "mprime",
        "xdot__y_z",
        "_m",
        "__m",
        "m_",
        "m__",
        "__m__",
        "_",
        "alpha",
        "lamda2",
        "eps",
        "update",
    ],
)
def test_latex_of_any_name_is_valid(name: str) -> None:
    """A state may be called anything; squared, its symbol still has one index of each kind."""
    text = (
        f"def f(g, {name}):\n    {name} = tanh({name}) + g\n    return {name} * {name} + g, {name}"
    )
    check_latex(parse(text))
    constant = f"def f(g, *, {name}=0.5):\n    return g * {name} ** 2 + tanh({name})"
    check_latex(parse(constant))


def test_names_become_symbols() -> None:
    """Greek names become letters, digits become indices, and time is the last index."""
    text = (
        "def f(g, m1, *, beta2=0.9, eps=1):\n    m1 = lerp(g, m1, beta2)\n    return m1 + eps, m1"
    )
    state, direction = latex_of(text)
    assert state == r"m_{1,t} = \beta_2 m_{1,t-1} + (1 - \beta_2) g_t"
    assert direction == r"u_t = m_{1,t} + \epsilon"
    assert latex_of("def f(w, lr, t):\n    return w * lr * t") == [r"u_t = \eta_t t \theta_{t-1}"]


LIKE_OTHERS = """
m m1 m_1 m_hat m_t theta theta_t beta beta1 beta_1 beta_t eta_t u u1 u_1 u_t x x1 x_1 x2 x_2 g_t w_t
eps epsilon lamda weight_decay h h_hat M Beta _m m_ hat_m
"""


@settings(max_examples=40)
@given(st.lists(st.sampled_from(LIKE_OTHERS.split()), min_size=3, max_size=3, unique=True))
def test_what_is_defined_has_a_symbol_of_its_own(names: list[str]) -> None:
    """Whatever a rule calls its states and constants, beside hats, abbreviations and direction."""
    first, second, constant = names
    graph = lower(parse(
        f"def f(w, g, {first}, {second}, t, *, {constant}=0.9):\n"
        f"    {first} = lerp(g, {first}, {constant})\n"
        f"    {second} = lerp(g * g, {second}, 0.99)\n"
        f"    y = tanh({first} / (1 - {constant} ** t))\n"
        f"    z = w * {first} * {second} / (1 - 0.99 ** t)\n"
        f"    return y + y * z + z * z, {first}, {second}\n"
    ))  # fmt: skip
    of_constant = symbols_of(graph).constants[constant]
    every = equations(graph)
    for texts, other in (
        ([one.plain for one in every], of_constant.plain),
        ([one.code for one in every], of_constant.code),
        ([one.latex for one in every], of_constant.whole_latex),
    ):
        defined = [other, *(text.split(" = ")[0] for text in texts)]
        seen = [re.sub(r"\\mathrm|[{}]", "", one) for one in defined]
        assert len(set(seen)) == len(seen) >= 7
