"""A graph tells its size and names, cannot be changed, and has a form for networkx."""

import dataclasses
from collections.abc import Sequence

import networkx
import pytest

from evosearch import Graph, lower, parse
from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, INPUT, SLOT, Node


def test_size_counts_primitives() -> None:
    """The size is the number of operations, sources not among them, shared ones once."""
    graph = lower(parse("def f(g, m, *, a=0.9):\n m = lerp(g, m, a)\n return m + square(m), m"))
    assert graph.size == 3
    assert graph.labels(INPUT) == ("g",)
    assert graph.labels(HYPERPARAMETER) == ("a",)
    assert graph.labels(SLOT) == ("m",)


def test_graphs_and_nodes_cannot_be_changed() -> None:
    """A graph may be shared: it and its nodes are frozen."""
    graph = lower(parse("def f(g):\n return -g"))
    with pytest.raises(dataclasses.FrozenInstanceError, match="direction"):
        graph.direction = 1  # type: ignore[misc]
    with pytest.raises(AttributeError, match="can't set"):
        graph.nodes[0].op = "add"  # type: ignore[misc]


def test_renaming_changes_labels_only() -> None:
    """`with_labels` renames slots and hyperparameters, and inputs of those names not."""
    text = "def f(g, {m}, *, {a}=0.9):\n return g - {m}, lerp(g, {m}, {a})"
    graph = lower(parse(text.format(m="m", a="a")))
    renamed = graph.with_labels({"m": "velocity", "a": "beta", "g": "x"})
    assert renamed == lower(parse(text.format(m="velocity", a="beta")))


def edges(graph: networkx.MultiDiGraph) -> Sequence[tuple[str, str, int]]:
    ops = networkx.get_node_attributes(graph, "op")
    return sorted((ops[a], ops[b], data["position"]) for a, b, data in graph.edges(data=True))


def test_networkx_form_has_a_node_per_value_and_an_edge_per_operand() -> None:
    """Operations and operand positions are in the form, and a slot's new value leads to its old."""
    program = parse("def f(g, m, *, a=0.9):\n m = (g - m) * a\n return m + m, m")
    bound = lower(program, bind=True).to_networkx()
    expected = [
        ("constant", "multiply", 0),
        ("inputg", "subtract", 0),
        ("multiply", "add", 0),
        ("multiply", "add", 0),
        ("multiply", "slot", -1),
        ("slot", "subtract", 1),
        ("subtract", "multiply", 0),
    ]
    assert edges(bound) == expected
    nodes = dict(bound.nodes(data=True)).values()
    assert [n["op"] for n in nodes if n["output"]] == ["add"]
    assert [n["value"] for n in nodes if n["op"] == "constant"] == [0.9]
    named = lower(program).to_networkx()
    assert len(named) == len(bound)
    assert "hyperparameter" in networkx.get_node_attributes(named, "op").values()


def test_empty_graph_of_a_constant() -> None:
    """A program of a number is a graph of one constant."""
    graph = lower(parse("def f(g):\n return 1 + 1"))
    assert graph == Graph((Node(CONSTANT, value=2.0),), 0, ())
    assert graph.size == 0
