"""The edits by which a program may be made smaller, compared with programs written by hand."""

import pytest

from evosearch import known_rule, lower, parse, rule_names
from evosearch.graph.digest import digest
from evosearch.simplification.edits import edited, edits, size
from evosearch.simplification.proposal import program_of
from primitives import fits

RULE = "def f(g, m): m = lerp(g, m, 0.9); return tanh(m) + g, m"


def body(text: str) -> str:
    return digest(lower(parse(text)))


def test_every_operand_may_come_in_the_place_of_its_user() -> None:
    """As may 0 and 1; an old state may be taken for zero."""
    graph = lower(parse(RULE))
    rule = parse(RULE)
    made = {
        edit.told(graph): digest(lower(program_of(edited(graph, [edit]), rule)))
        for edit in edits(graph)
    }
    assert made == {
        "m -> 0": body("def f(g): return tanh(lerp(g, 0, 0.9)) + g"),
        "lerp(g, m, 0.9) -> g": body("def f(g): return tanh(g) + g"),
        "lerp(g, m, 0.9) -> m": body("def f(g): return tanh(0) + g"),
        "lerp(g, m, 0.9) -> 0.9": body("def f(g): return tanh(0.9) + g"),
        "lerp(g, m, 0.9) -> 0": body("def f(g): return tanh(0) + g"),
        "lerp(g, m, 0.9) -> 1": body("def f(g): return tanh(1) + g"),
        "tanh(lerp(g, m, 0.9)) -> lerp(g, m, 0.9)": body(
            "def f(g, m): m = lerp(g, m, 0.9); return m + g, m"
        ),
        "tanh(lerp(g, m, 0.9)) -> 0": body("def f(g): return g"),
        "tanh(lerp(g, m, 0.9)) -> 1": body("def f(g): return 1 + g"),
        "g + tanh(lerp(g, m, 0.9)) -> g": body("def f(g): return g"),
        "g + tanh(lerp(g, m, 0.9)) -> tanh(lerp(g, m, 0.9))": body(
            "def f(g, m): m = lerp(g, m, 0.9); return tanh(m), m"
        ),
        "g + tanh(lerp(g, m, 0.9)) -> 0": body("def f(g): return 0"),
        "g + tanh(lerp(g, m, 0.9)) -> 1": body("def f(g): return 1"),
    }


def test_a_state_may_be_taken_for_the_constant_that_it_becomes() -> None:
    """Wherever that stands; not for a value that changes."""
    graph = lower(parse("def f(g, m, v, *, c=2): return g * m + v, c, g"))
    made = {edit.told(graph): edit for edit in edits(graph) if graph.nodes[edit.node].op == "slot"}
    assert set(made) == {"m -> 0", "m -> c", "v -> 0"}
    wanted = "def f(g, v, *, c=2): return g * c + v, g"
    assert digest(edited(graph, [made["m -> c"]])) == digest(lower(parse(wanted)))


def test_several_edits_are_made_at_once() -> None:
    """One that refers to a node which another replaces follows it."""
    graph = lower(parse("def f(g): return exp(tanh(abs(g)))"))
    inner = [edit for edit in edits(graph) if edit.by is not None]
    assert digest(edited(graph, inner)) == digest(lower(parse("def f(g): return g")))


@pytest.mark.parametrize("name", rule_names())
def test_kinds_still_fit(name: str) -> None:
    """No node gives way to one of a larger kind, so every edit makes a graph that runs."""
    graph = lower(known_rule(name))
    for edit in edits(graph):
        if edit.by is not None:
            assert fits(graph.nodes[edit.by].kind, graph.nodes[edit.node].kind)
        assert edited(graph, [edit]).size <= graph.size


def test_size_counts_statements_then_slots_then_names() -> None:
    """Adam has twelve, two and three."""
    assert size(lower(known_rule("adam"))) == (12, 2, 3)
