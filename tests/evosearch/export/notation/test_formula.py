"""The formulas of a rule, computed as they are printed, are the rule."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from evosearch import Graph, Program, known_rule, lower, parse, rule_names
from evosearch.export.notation.formula import Equation, equations, explanations
from evosearch.graph.graph import HYPERPARAMETER
from evosearch.graph.interpreter import Interpreter
from primitives import NumpySegments
from tests.support import plain_definitions as plain
from tests.support.random_programs import SIZES, Inputs, close, programs, steps_of, well_conditioned
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


def piecewise(*cases: tuple[float, bool]) -> float:
    return next(value for value, holds in cases if holds)


def choose(condition: float, a: float, b: float) -> float:
    return a if condition else b


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: real(function) for name, function in plain.ELEMENTWISE.items()},
    "Abs": real(abs),
    "Eq": lambda a, b: a == b,
    "Mod": lambda a, b: a % b,
    "Piecewise": piecewise,
    "Max": lambda *values: reduce(max, values),
    "Min": lambda *values: reduce(min, values),
    "asin": real(math.asin),
    "acos": real(math.acos),
    "atan": real(math.atan),
    "asinh": real(math.asinh),
    "acosh": real(math.acosh),
    "atanh": real(math.atanh),
    "where": choose,
}
"""What sympy calls functions in a printed formula."""


class Steps(defaultdict[int, Real]):
    """The value of a state at each step; `m[t]` in a formula looks it up. Zero before step 1."""

    def __init__(self) -> None:
        super().__init__(Real)


def follow(found: Sequence[Equation], graph: Graph, steps: Sequence[Inputs]) -> list[list[float]]:
    """The direction of each step, by the printed equations, one element at a time."""
    defaults = {n.label: Real(n.value) for n in graph.nodes if n.op == HYPERPARAMETER}
    directions: list[list[float]] = [[] for _ in steps]
    for element in range(len(steps[0].g)):
        values: dict[str, Steps] = {slot.name: Steps() for slot in graph.slots}
        for index, inputs in enumerate(steps):
            scope = {**FUNCTIONS, **defaults, "lr": Real(inputs.lr), "t": inputs.t}
            scope |= {"w": Real(inputs.w[element]), "g": Real(inputs.g[element])}
            for equation in found:
                left, right = equation.plain.split(" = ")
                name = left.removesuffix("[t]")
                result = Real(eval(right, {}, scope | values))
                values.setdefault(name, Steps())[inputs.t] = result
            directions[index].append(float(values[name][inputs.t]))
    return directions


def interpret(graph: Graph, steps: Sequence[Inputs]) -> list[list[float]]:
    interpreter = Interpreter(graph, NumpySegments(SIZES))
    return [
        interpreter.step(w=np.array(s.w), g=np.array(s.g), lr=s.lr, t=s.t).tolist() for s in steps
    ]


def check_values(program: Program, steps: Sequence[Inputs], relative: float) -> None:
    graph = lower(program)
    found = follow(equations(graph), graph, steps)
    for step, (a, b) in enumerate(zip(found, interpret(graph, steps), strict=True), start=1):
        assert close(a, b, relative), (step, a, b, equations(graph))


def is_elementwise(graph: Graph) -> bool:
    return not any(node.op in plain.REDUCTIONS for node in graph.nodes)


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


def plain_of(text: str) -> list[str]:
    return [equation.plain for equation in equations(lower(parse(text)))]


def latex_of(text: str) -> list[str]:
    return [equation.latex for equation in equations(lower(parse(text)))]


def test_a_rule_that_uses_old_and_new_state() -> None:
    """The time index says which of the two is meant."""
    text = "def f(g, m):\n    n = 0.9 * m + g\n    return n - 0.5 * m, n"
    assert plain_of(text) == ["m[t] = g + 0.9*m[t-1]", "u[t] = -0.5*m[t-1] + m[t]"]
    assert latex_of(text) == ["m_{t} = g_t + 0.9 m_{t-1}", "u_{t} = - 0.5 m_{t-1} + m_{t}"]


def test_a_state_that_copies_another_has_its_equation() -> None:
    """States that swap, and one that keeps another's old value, are all defined."""
    assert plain_of("def f(g, a, b):\n    return a + g, b, a + g") == [
        "a[t] = b[t-1]",
        "b[t] = a[t-1] + g",
        "u[t] = b[t]",
    ]
    assert plain_of("def f(g, m):\n    return m, g") == ["m[t] = g", "u[t] = m[t-1]"]


def test_lion_is_its_published_formula() -> None:
    """Plain and as LaTeX."""
    found = equations(lower(known_rule("lion")))
    assert [equation.plain for equation in found] == [
        "m[t] = beta2*m[t-1] + g*(1 - beta2)",
        "u[t] = sign(beta1*m[t-1] + g*(1 - beta1))",
    ]
    momentum, direction = (equation.latex for equation in found)
    assert momentum == r"m_{t} = \beta_{2} m_{t-1} + g_t \left(1 - \beta_{2}\right)"
    assert direction.startswith(r"u_{t} = \operatorname{sign}")


def test_every_equation_defines_what_later_ones_use() -> None:
    """An intermediate value that is used twice gets an equation of its own, before its use."""
    text = "def f(g):\n    x = tanh(g)\n    return x / (1 + x)"
    assert plain_of(text) == ["x1[t] = tanh(g)", "u[t] = x1[t]/(x1[t] + 1)"]


def test_numbers_are_short() -> None:
    """A number alone is written as in the program."""
    text = "def f(g, m):\n    return g * m, 0.5"
    assert plain_of(text)[0] == "m[t] = 0.5"


def test_a_state_called_like_the_direction() -> None:
    """Where a state is called `u`, the direction is not."""
    assert plain_of("def f(g, u):\n    u = 0.9 * u + g\n    return sign(u), u") == [
        "u[t] = g + 0.9*u[t-1]",
        "u1[t] = sign(u[t])",
    ]
    *_, direction = plain_of("def f(g, u, u1):\n    return u + u1, g, g * u")
    assert direction == "u2[t] = u1[t-1] + u[t-1]"


def test_guards_show_where_they_make_a_difference() -> None:
    """The magnitude is written only where the sign is not known; a quotient is not cancelled."""
    assert plain_of("def f(g):\n    return sqrt(g)") == ["u[t] = sqrt(Abs(g))"]
    assert plain_of("def f(g):\n    return sqrt(g * g + 1)") == ["u[t] = sqrt(g**2 + 1)"]
    assert plain_of("def f(g):\n    return g ** 0.3 + g ** 5") == ["u[t] = g**5 + Abs(g)**0.3"]
    mask = "def f(g, m):\n    x = g > m\n    return x / x * g, g"
    assert plain_of(mask)[-1] == "u[t] = g*divide(x1[t], x1[t])"


def test_infinite_numbers_are_not_computed() -> None:
    """A number too large for a float stays as it is written, and sympy does not work it out."""
    assert plain_of("def f(g):\n    return g * 999999 ** 999999") == [
        "u[t] = g*power(999999, 999999)"
    ]
    assert plain_of("def f(g):\n    return max(g, exp(1000))") == ["u[t] = Max(g, exp(1000))"]


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
    assert state == r"m_{1,t} = \beta_{2} m_{1,t-1} + g_t \left(1 - \beta_{2}\right)"
    assert direction == r"u_{t} = \epsilon + m_{1,t}"
    assert latex_of("def f(w, lr, t):\n    return w * lr * t") == [r"u_{t} = \eta_t t \theta_{t-1}"]
