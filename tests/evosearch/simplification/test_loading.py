"""A graph goes into an e-graph and comes out as it was."""

import pytest

from evosearch import known_rule, lower, parse, rule_names
from evosearch.graph.digest import digest
from evosearch.simplification.extraction import Extraction
from evosearch.simplification.loading import load, write
from primitives import INFIX


@pytest.mark.parametrize("name", rule_names())
def test_a_rule_comes_out_as_it_went_in(name: str) -> None:
    """With no rule applied there is one node to choose in each class."""
    graph = lower(known_rule(name), bind=True)
    loaded = load(graph)
    states = loaded.states()
    chosen = Extraction(loaded.egraph, states).cheapest(loaded.direction)
    assert chosen is not None
    cost, choice = chosen
    assert cost == 1000 * graph.size
    assert digest(write(loaded.egraph, loaded.direction, states, choice)) == digest(graph)


def test_values_are_known_through_all_steps() -> None:
    """What a state can hold is found over the whole training, as `value_ranges` does."""
    loaded = load(lower(known_rule("rmsprop")))
    (slot,) = loaded.graph.slots
    assert loaded.egraph[loaded.write(slot.name)].range.nonnegative
    read = loaded.read(slot.name)
    assert read is not None
    assert loaded.egraph[read].range.nonnegative


def test_a_state_may_hold_something_else() -> None:
    """Then its old value must be made of what it holds."""
    loaded = load(lower(parse("def f(g, m): old = 2 * m; return old, lerp(g, old, 0.5) / 2")))
    egraph = loaded.egraph
    read, two = loaded.read("m"), egraph.constant(2.0)
    assert read is not None
    held = egraph.apply(INFIX["*", 2], [read, two])
    kept = egraph.made(loaded.write("m"))[1][0]
    states = loaded.states({"m": (held, kept)})
    chosen = Extraction(egraph, states).cheapest(loaded.direction)
    assert chosen is not None
    graph = write(egraph, loaded.direction, states, chosen[1])
    wanted = lower(parse("def f(g, m): return m, lerp(g, m, 0.5)"))
    assert digest(graph) == digest(wanted)
