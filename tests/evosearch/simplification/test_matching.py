"""A rule is found wherever its left side stands, and nowhere else."""

import pytest

from evosearch.graph.graph import INPUT, Node
from evosearch.graph.patterns import read_pattern
from evosearch.simplification.egraph import EGraph
from evosearch.simplification.matching import instantiate, match, uses
from evosearch.simplification.rules import read_rules
from primitives import Kind
from primitives.ranges import ANY, Range


def build(egraph: EGraph, text: str) -> int:
    """The class of an expression of `p`, `q`, `r`; `n` is positive."""
    names = {
        name: egraph.leaf(Node(INPUT, label=name, kind=Kind.TENSOR), lies)
        for name, lies in [("p", ANY), ("q", ANY), ("r", ANY), ("n", Range(1.0, 2.0))]
    }
    return instantiate(egraph, read_pattern(text), names)


@pytest.mark.parametrize(
    ("pattern", "expression", "times"),
    [
        ("x + y", "p + q", 2),
        ("x + x", "p + p", 1),
        ("x + x", "p + q", 0),
        ("x * (y + z)", "(p + q) * r", 2),
        ("x - y", "p - q", 1),
        ("x * 2", "2 * p", 1),
        ("x * 2", "3 * p", 0),
        ("square(x) / x", "square(p) / p", 1),
        ("square(x) / x", "square(p) / q", 0),
    ],
)
def test_patterns_match_in_every_way(pattern: str, expression: str, times: int) -> None:
    """In both orders where operands commute; a name stands for the same wherever it stands."""
    egraph = EGraph()
    number = build(egraph, expression)
    assert len(list(match(egraph, read_pattern(pattern), number, {}))) == times


def test_patterns_match_what_is_only_equal() -> None:
    """A pattern sees every node of a class, not just the one that was written."""
    egraph = EGraph()
    number, other = build(egraph, "sqrt(p)"), build(egraph, "square(q)")
    assert not list(match(egraph, read_pattern("sqrt(square(x))"), number, {}))
    egraph.union(build(egraph, "p"), other, "given")
    egraph.rebuild()
    (bindings,) = match(egraph, read_pattern("sqrt(square(x))"), number, {})
    assert egraph.root(bindings["x"]) == build(egraph, "q")


def test_conditions_are_asked() -> None:
    """A conditional rule applies where its condition holds of what the variable stands for."""
    egraph = EGraph()
    (rule,) = read_rules("(x * y) / y -> x if nonzero(y)")
    assert list(uses(egraph, rule, build(egraph, "p * n / n")))
    assert not list(uses(egraph, rule, build(egraph, "p * q / q")))


def test_the_right_side_is_made_of_what_the_left_matched() -> None:
    """Numbers in it included."""
    egraph = EGraph()
    (rule,) = read_rules("x * y + x -> x * (y + 1)")
    ((_, _, bindings),) = uses(egraph, rule, build(egraph, "p * q + p"))
    assert instantiate(egraph, rule.right, bindings) == build(egraph, "p * (q + 1)")
