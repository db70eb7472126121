"""The plan of a rule serves all values of its constants; a contender brings one rule's own."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evosearch import Program, known_rule, lower, parse, rule_names
from evosearch.graph.graph import HYPERPARAMETER, Graph
from evosearch.graph.structure import structure
from evosearch.graph.value_ranges import hyperparameter_domains, needs_guard, ranges
from evosearch.screening.contender import contender, plan, with_values
from evosearch.screening.short_probe import run
from tests.support import random_programs as programs
from tests.support.hand_written_programs import HAND_WRITTEN
from tests.support.other_constants import admits, constants_of

PROGRAMS = {name: known_rule(name) for name in rule_names()} | HAND_WRITTEN
VALUES = (0.0, -0.0, 1e-300, 1e-12, 0.25, 0.5, 0.999999, 1.0, 2.0, 1e300, -1e-12, -0.7, -3.0)


def values_of(graph: Graph) -> list[float]:
    return [node.value for node in graph.nodes if node.op == HYPERPARAMETER]


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_one_plan_serves_all_constants(program: Program) -> None:
    """Rules that differ in constants alone have equal plans, and equal hashes."""
    for graph in (lower(program), structure(program).graph):
        first, *others = [plan(with_values(graph, values)) for values in constants_of(graph)]
        assert first == plan(graph)
        assert all(other == first and hash(other) == hash(first) for other in others)


@given(programs.programs(), st.data())
def test_a_plan_is_guarded_for_all_values_in_the_domains(
    program: Program, data: st.DataObject
) -> None:
    """What needs a guard at any admitted values has one; where domains are alike it is equal.

    Admitted are values that single precision does not move out of the domain.
    """
    graph = lower(program)
    domains = hyperparameter_domains(graph)
    values = [
        data.draw(st.sampled_from([value for value in VALUES if admits(domains[name], value)]))
        for name in graph.labels(HYPERPARAMETER)
    ]
    other = with_values(graph, values)
    known = ranges(other)  # at these very values
    singles = np.array(values, dtype=np.float32).tolist()
    kept = all(admits(d, v) for d, v in zip(domains.values(), singles, strict=True))
    for made in (plan(other), plan(graph)) if kept else (plan(other),):
        for node, register in zip(other.nodes, made.registers, strict=True):
            assert register.guarded or not needs_guard(node, known)
    if kept and hyperparameter_domains(other) == domains:
        assert plan(other) == plan(graph)
        assert hash(plan(other)) == hash(plan(graph))


def test_a_positive_constant_needs_no_guard_and_one_that_may_be_zero_does() -> None:
    """AdamW divides by sqrt(v) + eps as it is; with an eps of 0 or less its plan is another.

    In single precision 1e-50 is 0.
    """
    graph = lower(known_rule("adamw"))
    assert not any(register.guarded for register in plan(graph).registers)
    at = graph.labels(HYPERPARAMETER).index("eps")
    for eps in (0.0, -1e-8, 1e-50):
        values = values_of(graph)
        values[at] = eps
        other = plan(with_values(graph, values))
        assert {register.op for register in other.registers if register.guarded} == {"divide"}
    for eps in (1e-30, 1e30):
        values[at] = eps
        assert plan(with_values(graph, values)) == plan(graph)


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_a_contender_has_the_constants_in_the_order_of_its_plan(program: Program) -> None:
    """By name they are the program's own; its update size is that of the bound program."""
    graph = lower(program)
    made = contender(graph)
    assert made.plan == plan(graph)
    assert dict(zip(made.plan.constants, made.constants, strict=True)).items() <= (
        dict(program.hyperparameters).items()
    )
    size = run(lower(program, bind=True)).update_size
    assert made.update_size == pytest.approx(size, rel=1e-9)


def test_a_rule_that_cannot_train_has_no_update_size() -> None:
    """It is 0, infinite or NaN, and nothing is raised."""
    for text, size in (("g * h", 0.0), ("g / h", 0.0), ("exp(exp(g * 1e9)) * (1 - h)", np.inf)):
        program = parse(f"def f(g, *, h=0):\n return {text}")
        assert contender(lower(program)).update_size == size


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_other_values_are_those_of_the_program_with_other_defaults(program: Program) -> None:
    """The graph is that of the text with these numbers; the one it came from is unchanged."""
    graph = lower(program)
    names, before = graph.labels(HYPERPARAMETER), values_of(graph)
    for values in constants_of(graph):
        own = dict(program.hyperparameters) | dict(zip(names, values, strict=True))
        expected = lower(replace(program, hyperparameters=tuple(own.items())))
        assert with_values(graph, values) == expected
        assert values_of(graph) == before
