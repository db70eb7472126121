"""Uses and reachability, against networkx on the same graphs."""

import networkx
from hypothesis import given
from hypothesis import strategies as st

from evosearch import Program, lower
from evosearch.graph.traversal import count_uses, first_reached, reachable
from tests.support.random_programs import programs


def as_networkx(program: Program) -> tuple[networkx.MultiDiGraph, int]:
    """A graph's nodes with an edge from each user to each operand, and their number."""
    graph = lower(program, bind=True)
    edges = networkx.MultiDiGraph()
    edges.add_nodes_from(range(len(graph.nodes)))
    for index, node in enumerate(graph.nodes):
        edges.add_edges_from((index, operand) for operand in node.operands)
    return edges, len(graph.nodes)


@given(programs())
def test_uses_are_the_edges_that_end_in_a_node(program: Program) -> None:
    """An operand that stands twice counts twice, and so does a result beside its uses."""
    graph = lower(program, bind=True)
    edges, size = as_networkx(program)
    expected = [edges.in_degree(index) for index in range(size)]
    assert count_uses(graph.nodes) == expected
    expected[graph.direction] += 2
    assert count_uses(graph.nodes, [graph.direction] * 2) == expected


@given(programs(), st.randoms(use_true_random=False))
def test_reachable_nodes_are_descendants(program: Program, draw: st.DrawFn) -> None:
    """From some roots, these and all below them; what is known is not entered."""
    graph = lower(program, bind=True)
    edges, size = as_networkx(program)
    roots = draw.sample(range(size), draw.randint(1, size))
    below = set(roots).union(*(networkx.descendants(edges, root) for root in roots))
    assert reachable(graph.nodes, roots) == below
    known = set(draw.sample(range(size), draw.randint(0, size)))
    unknown = edges.subgraph(set(range(size)) - known)
    entered = [root for root in roots if root not in known]
    expected = set(entered).union(*(networkx.descendants(unknown, root) for root in entered))
    assert reachable(graph.nodes, roots, known) == expected


@given(programs(), st.randoms(use_true_random=False))
def test_first_reached_nodes_end_paths_of_unknown_ones(program: Program, draw: st.DrawFn) -> None:
    """A walk from the roots meets them if it leaves no known node."""
    graph = lower(program, bind=True)
    edges, size = as_networkx(program)
    roots = draw.sample(range(size), draw.randint(1, size))
    known = set(draw.sample(range(size), draw.randint(0, size)))
    edges.remove_edges_from(list(edges.out_edges(known)))
    met = set(roots).union(*(networkx.descendants(edges, root) for root in roots))
    assert first_reached(graph.nodes, roots, known) == met & known
