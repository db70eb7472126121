"""Every value has rows of its own, and what runs together lies together."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evosearch import Program, known_rule, lower
from evosearch.screening.contender import plan
from primitives import Kind
from proxies.updates.arenas import Arenas, Ruled
from proxies.updates.grouping import Group, group
from proxies.updates.member import Member
from tests.support import random_programs as programs

PADDED = 16


def placed(some: list[Program], replicas: int = 2) -> tuple[list[Ruled], list[Group], Arenas]:
    rules = [
        Ruled(
            Member(
                plan(lower(p, bind=True)),
                np.full((3, replicas), 0.1),
                np.zeros(replicas),
                np.zeros((0, replicas)),
            )
        )
        for p in some
    ]
    groups = group([rule.lines for rule in rules])
    return rules, groups, Arenas(rules, groups, PADDED)


@given(st.lists(programs.programs(), min_size=1, max_size=4))
def test_no_two_values_share_a_row(some: list[Program]) -> None:
    """Inputs, slots and results of all rules are apart, a row for each replica, in the arena."""
    rules, groups, arenas = placed(some)
    taken = [
        (Kind.TENSOR, place)
        for first in (0, PADDED)
        for place in range(first, first + 2 * len(rules))
    ]
    for number, rule in enumerate(rules):
        for state in rule.plan.states:
            rows = arenas.of_slot(number, state.name)
            assert len(rows) == 2
            taken += [(state.kind, row) for row in rows]
            block = arenas.slots[state.kind]
            assert all(block.start <= row < block.stop for row in rows)
    for together in groups:
        for number, line in together.lines:
            rows = arenas.of(number, line.result)
            assert len(rows) == 2
            taken += [(line.result.kind, row) for row in rows]
    taken += [(Kind.SCALAR, row) for _, rows in arenas.foreknown for row in rows]
    taken += [(kind, row) for (_, kind), row in arenas.layout.items()]
    assert len(set(taken)) == len(taken)
    for kind, row in taken:
        assert 0 <= row < arenas.sizes[kind]


@given(st.lists(programs.programs(), min_size=1, max_size=4))
def test_results_of_a_group_are_neighbours(some: list[Program]) -> None:
    """So a call can write all of them at once."""
    _, groups, arenas = placed(some)
    for together in groups:
        rows = np.concatenate([arenas.of(number, line.result) for number, line in together.lines])
        assert all(after == before + 1 for before, after in pairwise(rows.tolist()))


def test_weights_and_gradients_come_first() -> None:
    """Weights from row 0, gradients from the first row behind the padding, rule after rule."""
    rules, _, arenas = placed([known_rule("lion"), known_rule("adamw")], replicas=3)
    for number, rule in enumerate(rules):
        inputs = {
            register.label: arenas.of(number, value).tolist()
            for line in rule.lines
            for value in line.operands
            if (register := rule.plan.registers[value.register]).op == "input"
            and value.kind is Kind.TENSOR
        }
        assert inputs["g"] == [PADDED + 3 * number + replica for replica in range(3)]
        assert inputs.get("w", [3 * number + r for r in range(3)]) == [
            3 * number + replica for replica in range(3)
        ]


@given(st.lists(programs.programs(), min_size=1, max_size=4))
def test_new_states_are_taken_from_where_they_are_computed(some: list[Program]) -> None:
    """Each row of a slot names its new value's row, its own where the slot does not change."""
    rules, _, arenas = placed(some)
    for number, rule in enumerate(rules):
        for state in rule.plan.states:
            own = arenas.of_slot(number, state.name)
            first = arenas.slots[state.kind].start
            new = arenas.of(number, rule.writes[state.name]) if state.name in rule.writes else own
            assert arenas.written(state.kind)[own - first].tolist() == new.tolist()
