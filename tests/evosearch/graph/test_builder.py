"""Nodes are made once each, constants folded, and a finished graph holds what is needed alone."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evosearch import lower, parse
from evosearch.graph.builder import GraphBuilder, rebuilt
from evosearch.graph.digest import digest
from evosearch.graph.graph import CONSTANT, INPUT, SLOT, Node
from primitives import PRIMITIVES, Kind
from tests.support import plain_definitions as plain

ELEMENTWISE = [name for name, row in PRIMITIVES.items() if not row.reduces]


def test_equal_values_are_one_node() -> None:
    """The same operation on the same operands is the same node, as are equal sources."""
    builder = GraphBuilder()
    g, w = builder.input("g"), builder.input("w")
    assert builder.input("g") == g
    assert builder.constant(0.5) == builder.constant(0.5)
    assert builder.slot("m", Kind.TENSOR) == builder.slot("m", Kind.TENSOR)
    assert builder.apply(PRIMITIVES["subtract"], [g, w]) == builder.apply(
        PRIMITIVES["subtract"], [g, w]
    )
    assert builder.apply(PRIMITIVES["subtract"], [g, w]) != builder.apply(
        PRIMITIVES["subtract"], [w, g]
    )


def test_hyperparameters_are_told_apart_by_name() -> None:
    """Two hyperparameters of equal default are two values, for each may be set alone."""
    builder = GraphBuilder()
    assert builder.hyperparameter("a", 0.9) != builder.hyperparameter("b", 0.9)
    assert builder.hyperparameter("a", 0.9) != builder.constant(0.9)


def test_zeros_of_either_sign_are_one_constant() -> None:
    """-0.0 and 0.0 are one node, and its value is positive."""
    builder = GraphBuilder()
    assert builder.constant(-0.0) == builder.constant(0.0)
    assert math.copysign(1, builder.nodes[builder.constant(-0.0)].value) == 1


@pytest.mark.parametrize("name", [n for n, row in PRIMITIVES.items() if row.commutative])
def test_commutative_operands_may_be_swapped(name: str) -> None:
    """A commutative primitive of the same operands is one node in either order."""
    builder, row = GraphBuilder(), PRIMITIVES[name]
    nodes = [builder.input("g"), builder.input("w"), builder.input("t"), builder.constant(0.5)]
    for a in nodes:
        for b in nodes:
            assert builder.apply(row, [a, b]) == builder.apply(row, [b, a])


@given(
    st.sampled_from([name for name in ELEMENTWISE if PRIMITIVES[name].exact]),
    st.lists(st.sampled_from([0.0, 1.0, -1.0, 0.5, -2.0, 3.0]), min_size=3, max_size=3),
)
def test_constants_are_folded(name: str, values: list[float]) -> None:
    """An exact primitive of constants is a constant, with the plain definition's value."""
    builder = GraphBuilder()
    values = values[: PRIMITIVES[name].arity]
    node = builder.nodes[builder.apply(PRIMITIVES[name], [builder.constant(v) for v in values])]
    assert node.op == CONSTANT
    assert node.value == pytest.approx(plain.ELEMENTWISE[name](*values), rel=1e-14)


def test_folded_constants_are_free_of_rounding() -> None:
    """A short number is the same however it is split; a long one is kept to the last digit."""
    builder = GraphBuilder()

    def folded(op: str, *values: float) -> float:
        return builder.nodes[
            builder.apply(PRIMITIVES[op], [builder.constant(v) for v in values])
        ].value

    assert folded("subtract", 1.0, 0.9) == 0.1
    assert folded("add", 0.1, 0.2) == 0.3
    assert folded("add", -0.63, 1.63) == 1.0
    assert folded("divide", 1.0, 3.0) == 1 / 3
    assert folded("add", math.pi, 0.0) == math.pi
    assert folded("multiply", math.pi, -1.0) == -math.pi


def test_what_overflows_is_not_folded() -> None:
    """A constant is a finite number, so an operation that overflows stays."""
    builder = GraphBuilder()
    node = builder.nodes[builder.apply(PRIMITIVES["cube"], [builder.constant(1e200)])]
    assert node.op == "cube"


@pytest.mark.parametrize("name", [n for n in ELEMENTWISE if not PRIMITIVES[n].exact])
def test_what_machines_round_differently_is_not_folded(name: str) -> None:
    """An exponential's last bit may depend on the machine, and the digest must not."""
    builder = GraphBuilder()
    operands = [builder.constant(v) for v in (0.7, 1.3, 0.1)[: PRIMITIVES[name].arity]]
    assert builder.nodes[builder.apply(PRIMITIVES[name], operands)].op == name


def test_reductions_of_constants_are_not_folded() -> None:
    """A sum of a constant depends on the size of the tensor, so it stays."""
    builder = GraphBuilder()
    node = builder.nodes[builder.apply(PRIMITIVES["sum"], [builder.constant(2.0)])]
    assert (node.op, node.kind) == ("sum", Kind.LEAF)


def test_finish_keeps_what_the_direction_needs() -> None:
    """Dead nodes and slots are dropped, and what feeds a live slot is kept."""
    builder = GraphBuilder()
    g, m, v = builder.input("g"), builder.slot("m", Kind.TENSOR), builder.slot("v", Kind.TENSOR)
    direction = builder.apply(PRIMITIVES["add"], [g, m])
    written = builder.apply(PRIMITIVES["sign"], [g])
    dead = builder.apply(PRIMITIVES["exp"], [v])
    graph = builder.finish(direction, [("v", Kind.TENSOR, dead), ("m", Kind.TENSOR, written)])
    assert sorted(node.op for node in graph.nodes) == ["add", INPUT, "sign", SLOT]
    assert graph.nodes[graph.direction].op == "add"
    (slot,) = graph.slots
    assert (slot.name, graph.nodes[slot.write].op) == ("m", "sign")
    assert graph.nodes[slot.read or 0] == Node(SLOT, label="m", kind=Kind.TENSOR)


def test_rebuilding_puts_other_nodes_in_the_place_of_some() -> None:
    """What they are made of goes with them, and what is made of them is simplified."""
    graph = lower(parse("def f(g, m, v): m = g + m; v = exp(g); return m * v, m, v"))

    def one_for_exp(builder: GraphBuilder, index: int) -> int | None:
        return builder.constant(1.0) if graph.nodes[index].op == "exp" else None

    assert digest(rebuilt(graph, one_for_exp)) == digest(
        lower(parse("def f(g, m): m = g + m; return m, m"))
    )


def test_rebuilding_may_cut_a_value_out_and_leave_a_slot_out() -> None:
    """The direction is then the value at another node."""
    graph = lower(parse("def f(g, m, v): m = g + m; v = v + m; return sign(v), m, v"))
    (sign,) = [index for index, node in enumerate(graph.nodes) if node.op == "sign"]
    (inner,) = graph.nodes[sign].operands
    cut = rebuilt(graph, lambda *_: None, inner)
    assert digest(cut) == digest(
        lower(parse("def f(g, m, v): m = g + m; v = v + m; return v, m, v"))
    )

    def zero_for_m(builder: GraphBuilder, index: int) -> int | None:
        is_m = (graph.nodes[index].op, graph.nodes[index].label) == (SLOT, "m")
        return builder.constant(0.0) if is_m else None

    assert digest(rebuilt(graph, zero_for_m, without="m")) == digest(
        lower(parse("def f(g, v): v = v + g; return sign(v), v"))
    )
