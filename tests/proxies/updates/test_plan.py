"""A plan is plain data that travels to other processes."""

import pickle

import pytest

from evosearch import known_rule, lower, rule_names
from evosearch.screening.contender import plan
from primitives import PRIMITIVES, Kind
from proxies.updates.plan import Register


@pytest.mark.parametrize("name", rule_names())
def test_plans_travel(name: str) -> None:
    """What is unpickled is equal, hashes alike, and holds the rows of the table themselves."""
    rule = plan(lower(known_rule(name), bind=True))
    copy = pickle.loads(pickle.dumps(rule))
    assert copy == rule
    assert hash(copy) == hash(rule)
    for register in copy.registers:
        assert register.row is PRIMITIVES.get(register.op)


@pytest.mark.parametrize("name", rule_names())
def test_operands_point_to_earlier_registers(name: str) -> None:
    """So the registers can be computed in order; direction and states are among them."""
    rule = plan(lower(known_rule(name), bind=True))
    for number, register in enumerate(rule.registers):
        assert all(0 <= operand < number for operand in register.operands)
    ends = [rule.direction, *(state.write for state in rule.states)]
    assert all(0 <= end < len(rule.registers) for end in ends)


def test_only_what_is_computed_has_a_primitive() -> None:
    """A constant, an input or a slot has no row."""
    row = PRIMITIVES["add"]
    assert Register("add", (0, 0), row=row).primitive is row
    with pytest.raises(AssertionError, match="input is no primitive"):
        _ = Register("input", kind=Kind.TENSOR, label="g").primitive
