"""Every value is computed once, and no state is read after it was overwritten."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings

from evosearch import Graph, Program, known_rule, lower, parse, rule_names
from evosearch.export.notation.statements import Assignment, Assignments, arrange, expression
from evosearch.graph.graph import CONSTANT, SOURCES
from tests.support.random_programs import programs
from tests.support.state_order_programs import TRICKY


def computes(graph: Graph, assignment: Assignment, assignments: Assignments) -> bool:
    """Whether a line computes its node, rather than copying a value that has a name already."""
    return (
        graph.nodes[assignment.node].op not in SOURCES
        and assignments.names.get(assignment.node) == assignment.name
    )


def run_through(graph: Graph, assignments: Assignments) -> dict[str, int]:
    """Which node each name holds in the end, after checking that it holds what is read of it."""
    holds = {node.label: index for index, node in enumerate(graph.nodes) if node.label}
    for assignment in assignments.ordered:
        root = computes(graph, assignment, assignments)
        pending = list(graph.nodes[assignment.node].operands) if root else [assignment.node]
        while pending:
            index = pending.pop()
            if index in assignments.names:
                assert holds.get(assignments.names[index]) == index, (assignment, assignments)
            elif graph.nodes[index].op != CONSTANT:
                pending += graph.nodes[index].operands
        holds[assignment.name] = assignment.node
    return holds


def check(graph: Graph) -> None:
    assignments = arrange(graph)
    holds = run_through(graph, assignments)
    labels = {node.label for node in graph.nodes}
    names = [assignment.name for assignment in assignments.ordered]
    assert len(set(names)) == len(names)
    assert {
        assignment.name for assignment in assignments.ordered if not assignment.overwrites
    }.isdisjoint(labels)
    written = {
        assignment.slot.name: assignment for assignment in assignments.ordered if assignment.slot
    }
    assert sorted(written) == sorted(slot.name for slot in graph.slots)
    for slot in graph.slots:
        assert holds[written[slot.name].name] == slot.write
    if assignments.direction is None:
        assert graph.nodes[graph.direction].op == CONSTANT
    else:
        assert holds[assignments.direction] == graph.direction


@settings(max_examples=200)
@given(programs())
def test_every_name_holds_what_is_read_of_it(program: Program) -> None:
    """A name that is read holds the value meant; in the end all results are there."""
    check(lower(program))
    check(lower(program, bind=True))


@pytest.mark.parametrize("name", TRICKY)
def test_states_are_read_before_they_are_overwritten(name: str) -> None:
    """The same for states that swap, that are copied, or that are returned as they were."""
    check(lower(TRICKY[name]))


@pytest.mark.parametrize("name", rule_names())
def test_a_state_is_late_only_where_another_takes_its_old_value(name: str) -> None:
    """Any other state of a known rule is overwritten as soon as it has its new value."""
    graph = lower(known_rule(name))
    check(graph)
    handed_on = {slot.write for slot in graph.slots} & {slot.read for slot in graph.slots}
    assert any(assignment.late for assignment in arrange(graph).ordered) == bool(handed_on)


def lengths(graph: Graph) -> list[int]:
    """How many primitives each line applies."""
    assignments = arrange(graph)
    applied: list[int] = []

    def apply(index: int, _: Sequence[str]) -> str:
        applied.append(index)
        return "value"

    found = []
    for assignment in assignments.ordered:
        before = len(applied)
        expression(graph, assignment, assignments.names, apply)
        found.append(len(applied) - before)
    assert sorted(applied) == [i for i, node in enumerate(graph.nodes) if node.op not in SOURCES]
    return found


@settings(max_examples=100)
@given(programs(longest=20))
def test_every_value_is_computed_once_and_lines_are_short(program: Program) -> None:
    """Each primitive of the graph stands in one assignment only, and at most six stand in one."""
    assert max(lengths(lower(program)), default=0) <= 6


def test_long_expressions_are_split() -> None:
    """An expression of many operations is spread over lines that are each short."""
    found = lengths(lower(TRICKY["long expression"]))
    assert len(found) > 3
    assert max(found) <= 6


def test_values_used_once_are_nested() -> None:
    """Only results, and what is used twice, get a name."""
    text = "def f(g, m):\n    a = tanh(g) * m\n    return a / (1 + a), sign(tanh(m) + g)"
    graph = lower(parse(text))
    assert [assignment.name for assignment in arrange(graph).ordered] == ["x1", "update", "m"]


def test_asked_for_values_are_named() -> None:
    """A value is named where the caller asks for it, though it is used once."""
    graph = lower(parse("def f(g):\n    return tanh(sin(g))"))
    (sine,) = (index for index, node in enumerate(graph.nodes) if node.op == "sin")
    assert [assignment.name for assignment in arrange(graph).ordered] == ["update"]
    assignments = arrange(graph, named=[sine])
    assert [(assignment.name, assignment.node) for assignment in assignments.ordered] == [
        ("x1", sine),
        ("update", graph.direction),
    ]


def test_two_states_may_hold_the_same_value() -> None:
    """Where a graph stores one value twice, it is computed once, and copied."""
    graph = lower(parse("def f(g, a, b):\n    return a - b, tanh(a) + g, b - g"))
    a, b = graph.slots
    check(replace(graph, slots=(a, replace(b, write=a.write))))


def test_only_one_of_two_states_that_swap_is_late() -> None:
    """Where two states need each other's old value, one waits and the other does not."""
    assignments = arrange(lower(TRICKY["two states swap"]))
    written = [assignment for assignment in assignments.ordered if assignment.slot]
    assert [assignment.late for assignment in written] == [True, False]
    assert [assignment.name for assignment in written] == ["new_b", "a"]


def test_names_do_not_clash_with_the_programs_own() -> None:
    """States may be called as `arrange` would call a value."""
    assignments = arrange(lower(TRICKY["names that the listing wants"]))
    assert assignments.direction == "direction_"
    names = [assignment.name for assignment in assignments.ordered]
    assert {"x3", "direction_"} <= set(names)
    assert len(set(names)) == len(names)
