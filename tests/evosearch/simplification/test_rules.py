"""Every line of algebra holds for all numbers that its condition admits.

The texts are evaluated by Python itself on decimal numbers (`tests.support.exact_numbers`), with
300 digits, so that nothing is lost to rounding; functions that Python knows only as floats to the
digits of a float.
"""

import itertools
import random
from collections.abc import Callable
from decimal import Decimal

import pytest

from evosearch.graph.patterns import Application
from evosearch.simplification.rules import (
    CONDITIONS,
    NOT_WRITTEN,
    TABLES,
    read_rules,
    rules,
    variables,
)
from evosearch.simplification.saturation import DEEPEST_PATTERN
from tests.support.exact_numbers import WHOLE, agree, names_in

LINES = [line.strip() for table in TABLES for line in table.splitlines() if line.strip()]
VALUES = [0.0, 1.0, -1.0, 0.5, -2.0, 3.0, -0.7, 1e-30, -1e-30, 1e30, -1e30, 1e-3, -41.5]
MODEST = [0.0, 1.0, -1.0, 0.5, -2.0, 3.0, -0.7, 1e-3, 2.25, -6.0]
"""For exponents and what they raise: with large ones all would overflow."""
ONLY_FLOATS = ("sin(", "tan(")
MOST = 700

ADMITS: dict[str, Callable[..., bool]] = {
    "number": lambda a: a != 0,
    "negative": lambda a: a < 0,
    "positive": lambda a: a > 0,
    "nonnegative": lambda a: a >= 0,
    "nonpositive": lambda a: a <= 0,
    "nonzero": lambda a: a != 0,
    "unit": lambda a: 0 <= a <= 1,
    "inside": lambda a: abs(a) < 0.999,
    "above": lambda a, b: a >= b,
    "summed": lambda a, b=Decimal(1): a + b != 0,
}
"""What the conditions on numbers mean."""


def condition(line: str) -> list[tuple[str, list[str]]]:
    """The tests of a line, by name, and the variables that each is of."""
    parts = line.partition(" if ")[2].split(" and ")
    calls = [part.strip(" )").partition("(") for part in parts if part]
    return [(name, [v.strip() for v in of.split(",")]) for name, _, of in calls]


def check(line: str) -> bool:
    """Whether the two sides of a line agree wherever its condition admits."""
    equation = line.partition(" if ")[0]
    sides = [side.strip() for side in equation.replace("<->", "->").split("->")]
    names = names_in(sides[0])
    tests = condition(line)
    modest = any(part in equation for part in ("**", "exp", *ONLY_FLOATS))
    pool = MODEST if modest else VALUES
    reduces = any(f"{f}(" in equation for f in ("sum", "mean", "rms", "norm", "dot", "cosine_sim"))
    single = {v for name, of in tests if name in ("single", "scalar") for v in of if reduces}
    tolerance = Decimal("1e-9" if any(f in equation for f in ONLY_FLOATS) else "1e-90")
    held = []
    for fixed in itertools.product(map(Decimal, pool), repeat=len(single)):
        constants = dict(zip(sorted(single), fixed, strict=True))
        columns = [[constants[n]] if n in single else [Decimal(v) for v in pool] for n in names]
        points = list(itertools.product(*columns))
        random.Random(3).shuffle(points)
        admitted = [
            point
            for point in points
            if all(
                ADMITS[name](*(point[names.index(v)] for v in of))
                for name, of in tests
                if name in ADMITS
            )
        ][:MOST]
        if admitted:
            held.append(
                agree(sides, names, admitted, tolerance, functions=WHOLE, lost=Decimal("1e-200"))
            )
    assert held, "the condition admits nothing"
    return all(held)


@pytest.mark.parametrize("line", LINES)
def test_line_holds_for_all_numbers_it_admits(line: str) -> None:
    """Both sides are equal, zeros, signs, tiny and huge numbers among the operands."""
    assert check(line)


@pytest.mark.parametrize(
    "line",
    [
        "x / x -> 1",
        "(x * y) / y -> x",
        "sqrt(x) * sqrt(x) -> x",
        "abs(x) -> -x if nonnegative(x)",
        "x ** a * x ** b -> x ** (a + b) if nonnegative(x)",
        "x * sqrt(y) -> sqrt(square(x) * y)",
        "exp(log(x)) -> abs(x)",
        "log(x * y) -> log(x) + log(y)",
        "max(x * z, y * z) -> max(x, y) * z",
        "sum(x * y) -> sum(x) * y",
        "norm(x * a) -> norm(x) * a if single(a)",
        "where(c, x, 0) -> c * x",
    ],
)
def test_the_check_finds_what_does_not_hold(line: str) -> None:
    """What fails at zero, at negative numbers or for a reduction does not pass."""
    assert not check(line)


def test_lines_are_not_repeated() -> None:
    """No two lines of the tables are the same."""
    assert len(set(LINES)) == len(LINES)


@pytest.mark.parametrize("line", LINES)
def test_line_is_read_as_it_is_written(line: str) -> None:
    """A line gives one rule, or both directions, with its conditions on variables of the left."""
    made = read_rules(line)
    assert len(made) == 1 + ("<->" in line)
    for rule in made:
        of = {name for _, names in rule.conditions for name in names}
        assert set(variables(rule.right)) | of <= set(variables(rule.left))
        assert [test for test, _ in rule.conditions] == [CONDITIONS[n] for n, _ in condition(line)]


def test_rules_that_shrink_come_first() -> None:
    """So that they are applied before a limit is reached."""
    shrinking = [rule.shrinks for rule in rules()]
    assert shrinking == sorted(shrinking, reverse=True)
    assert 0 < sum(shrinking) < len(shrinking)


def depth(pattern: object) -> int:
    if isinstance(pattern, Application):
        return 1 + max([depth(operand) for operand in pattern.operands], default=0)
    return 0


def test_no_pattern_is_deeper_than_saturation_looks() -> None:
    """Saturation tries again only where something changed within that depth."""
    assert max(depth(rule.left) for rule in rules()) <= DEEPEST_PATTERN


def test_what_is_not_written_has_a_rule_that_says_it_otherwise() -> None:
    """Each pattern that no result has is the left side of a line, or swapped in one."""
    lefts = {line.split(" -> ")[0].replace("y", "x") for line in LINES}
    assert set(NOT_WRITTEN) <= lefts
