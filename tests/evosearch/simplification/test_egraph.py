"""Equal things are one class, with what follows from that, and nothing else is."""

import pytest

from evosearch.graph.graph import INPUT, Node
from evosearch.simplification.egraph import CONGRUENT, Contradiction, EGraph
from primitives import INFIX, PRIMITIVES, Kind
from primitives.ranges import ANY, Range

PLUS, TIMES, MINUS = INFIX["+", 2], INFIX["*", 2], INFIX["-", 2]
ABS = PRIMITIVES["abs"]


def leaves(egraph: EGraph, names: str, kind: Kind = Kind.TENSOR) -> list[int]:
    return [egraph.leaf(Node(INPUT, label=name, kind=kind), ANY) for name in names]


def test_equal_expressions_are_one_node() -> None:
    """Also with the operands of a commutative primitive exchanged, and only then."""
    egraph = EGraph()
    x, y = leaves(egraph, "xy")
    assert egraph.apply(PLUS, [x, y]) == egraph.apply(PLUS, [y, x])
    assert egraph.apply(MINUS, [x, y]) != egraph.apply(MINUS, [y, x])
    assert len(egraph) == 5


def test_what_is_made_of_equals_is_equal() -> None:
    """Through several levels, and however long before the equation the nodes were made."""
    egraph = EGraph()
    x, y, z = leaves(egraph, "xyz")
    one = egraph.apply(ABS, [egraph.apply(PLUS, [x, z])])
    other = egraph.apply(ABS, [egraph.apply(PLUS, [y, z])])
    assert egraph.root(one) != egraph.root(other)
    assert egraph.union(x, y, "given")
    egraph.rebuild()
    assert egraph.root(one) == egraph.root(other)
    assert not egraph.union(one, other, "again")


def test_numbers_are_folded() -> None:
    """At once, and where an operand only later turns out to be a number."""
    egraph = EGraph()
    (x,) = leaves(egraph, "x")
    two, three = egraph.constant(2.0), egraph.constant(3.0)
    assert egraph.apply(TIMES, [two, three]) == egraph.constant(6.0)
    later = egraph.apply(PLUS, [egraph.apply(TIMES, [x, two]), three])
    egraph.union(x, egraph.constant(5.0), "given")
    egraph.rebuild()
    assert egraph[later].value == 13.0


def test_numbers_that_differ_by_rounding_are_one() -> None:
    """Such as 0.1 + 0.2 and 0.3; a rest of 1e-16 is zero, a small number is not."""
    egraph = EGraph()
    tenth, fifth = egraph.constant(0.1), egraph.constant(0.2)
    total = egraph.apply(PLUS, [tenth, fifth])
    assert total == egraph.constant(0.3)
    assert egraph[egraph.apply(MINUS, [total, egraph.constant(0.1 + 0.2)])].value == 0.0
    tiny = egraph.constant(1e-30)
    assert egraph[egraph.apply(TIMES, [tiny, tiny])].value == pytest.approx(1e-60)
    largest = egraph.apply(PRIMITIVES["maximum"], [tiny, egraph.constant(-1.0)])
    assert egraph[largest].value == 1e-30


def test_two_numbers_are_never_equal() -> None:
    """Who says so has said something untrue before."""
    egraph = EGraph()
    with pytest.raises(Contradiction, match=r"1\.0 = 2\.0 by a mistake"):
        egraph.union(egraph.constant(1.0), egraph.constant(2.0), "a mistake")


def test_a_class_knows_the_smallest_kind_and_the_narrowest_range() -> None:
    """What is known of one of its nodes is known of all, as they are equal."""
    egraph = EGraph()
    (x,) = leaves(egraph, "x")
    (t,) = leaves(egraph, "t", Kind.SCALAR)
    egraph[x].range, egraph[t].range = Range(-1.0, 5.0), Range(0.0, 9.0, low_open=True)
    egraph.union(x, t, "given")
    assert egraph[x].kind is Kind.SCALAR
    assert egraph[t].range == Range(0.0, 5.0, low_open=True)
    assert egraph[t].range.nonzero


def test_reasons_lead_from_one_node_to_an_equal_one() -> None:
    """By each equation on the way, once, and where it is congruence, by the nodes it equates."""
    egraph = EGraph()
    x, y, z, w = leaves(egraph, "xyzw")
    one, other = egraph.apply(ABS, [x]), egraph.apply(ABS, [z])
    egraph.union(x, y, "first")
    egraph.union(w, z, "second")
    egraph.union(z, y, "third")
    egraph.rebuild()
    assert sorted(reason for reason, _, _ in egraph.reasons(x, w)) == ["first", "second", "third"]
    assert {reason for reason, _, _ in egraph.reasons(x, z)} == {"first", "third"}
    assert list(egraph.reasons(x, x)) == []
    ((reason, a, b),) = egraph.reasons(one, other)
    assert (reason, {a, b}) == (CONGRUENT, {one, other})
