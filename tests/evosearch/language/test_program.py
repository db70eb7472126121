"""A program is checked when it is made, whoever makes it."""

import dataclasses

import pytest

from evosearch import Program, ProgramError, parse
from evosearch.language.program import Statement, walk_kinds
from primitives import Kind

SIGN = Statement("u", "sign", ("g",))


def made(
    statements: list[Statement], returns: tuple[str, ...] = ("u",), inputs: tuple[str, ...] = ("g",)
) -> Program:
    return Program("f", inputs, (("a", 0.5),), tuple(statements), returns)


@pytest.mark.parametrize(
    ("statements", "statement", "message"),
    [
        ([SIGN, Statement("u", "sing", ("g",))], 1, "unknown function 'sing'"),
        ([Statement("u", "sign", ())], 0, "sign expected 1 argument, got 0"),
        ([SIGN, SIGN, Statement("u", "sign", ("q",))], 2, "undefined name 'q'"),
        ([Statement("u", "power", ("g", "g"))], 0, "argument 2 of power must be a scalar or one"),
        ([Statement("v", "sign", ("g",))], None, "undefined name 'u'; assign it first"),
    ],
)
def test_fault_is_told_with_its_statement(
    statements: list[Statement], statement: int | None, message: str
) -> None:
    """An invalid program cannot be made; the error knows the statement's index."""
    with pytest.raises(ProgramError, match=message) as caught:
        made(statements)
    assert caught.value.statement == statement


@pytest.mark.parametrize("returns", [(), ("u",), ("u", "u", "u")])
def test_one_value_is_returned_per_slot_and_one_more(returns: tuple[str, ...]) -> None:
    """A program with one slot returns two values, no fewer and no more."""
    with pytest.raises(ProgramError, match=r"expected 2 returned values .* got [013]; return the"):
        made([SIGN], returns, inputs=("g", "m"))


def test_a_change_is_checked_like_a_new_program() -> None:
    """`replace`, which mutation uses, checks again and infers kinds again."""
    program = parse("def f(g, m):\n return g, m + 1")
    assert dict(program.slot_kinds) == {"m": Kind.SCALAR}
    changed = dataclasses.replace(program, returns=(program.returns[0], "g"))
    assert dict(changed.slot_kinds) == {"m": Kind.TENSOR}
    with pytest.raises(ProgramError, match="undefined name 'nothing'"):
        dataclasses.replace(program, returns=("nothing", "m"))


def test_programs_cannot_be_changed_and_can_be_keys() -> None:
    """A program is immutable, and equal programs are one key."""
    program = parse("def f(g, m, *, a=0.5):\n return sign(g) * a, m")
    with pytest.raises(dataclasses.FrozenInstanceError, match="name"):
        program.name = "other"  # type: ignore[misc]
    assert {program, dataclasses.replace(program)} == {program}
    assert len({program, dataclasses.replace(program, name="other")}) == 2


def test_kinds_are_known_before_each_statement() -> None:
    """`walk_kinds` gives what is bound before each statement and after the last."""
    program = parse("def f(g, lr, *, a=0.5):\n x = norm(g)\n y = x * lr\n x = g + y\n return x")
    walk = [dict(kinds) for kinds in walk_kinds(program, {})]
    start = {"g": Kind.TENSOR, "lr": Kind.SCALAR, "a": Kind.SCALAR}
    assert walk == [
        start,
        start | {"x": Kind.LEAF},
        start | {"x": Kind.LEAF, "y": Kind.LEAF},
        start | {"x": Kind.TENSOR, "y": Kind.LEAF},
    ]
