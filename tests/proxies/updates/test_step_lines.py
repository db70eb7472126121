"""What is known before training starts, and the lines that are left."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evosearch import Program, known_rule, lower, parse
from evosearch.screening.contender import plan
from primitives import PRIMITIVES, Kind
from proxies import Plan
from proxies.updates.step_lines import Move, Value, foreknown, lines
from tests.support import random_programs as programs

RATES = np.array([[0.5, 0.1], [0.25, 0.05], [0.125, 0.025]])
NO_CONSTANTS = np.zeros((0, 2))


def foreknown_by_hand(rule: Plan) -> set[int]:
    """The registers that depend on constants, the rate and the step alone."""
    known: set[int] = set()
    for number, register in enumerate(rule.registers):
        given_at_start = register.op in ("constant", "hyperparameter") or (
            register.op == "input" and register.label in ("lr", "t")
        )
        row = PRIMITIVES.get(register.op)
        computed = row is not None and register.operands and known.issuperset(register.operands)
        if given_at_start or (row is not None and computed and not row.reduces):
            known.add(number)
    return known


def of_text(text: str) -> Plan:
    return plan(lower(parse(text), bind=True))


def of_text_with_constants(text: str) -> Plan:
    return plan(lower(parse(text)))


@given(programs.programs())
def test_registers_that_no_gradient_reaches_are_foreknown(program: Program) -> None:
    """Those and no others, whatever the program, with its constants bound or not."""
    rule = plan(lower(program, bind=True))
    assert set(foreknown(rule, RATES, NO_CONSTANTS)) == foreknown_by_hand(rule)
    rule = plan(lower(program))
    constants = np.zeros((len(rule.constants), 2))
    assert set(foreknown(rule, RATES, constants)) == foreknown_by_hand(rule)


def test_bias_corrections_are_computed_for_all_steps_at_once() -> None:
    """Adam's 1 - beta ** t at each step, the same for all replicas."""
    rule = plan(lower(known_rule("adam"), bind=True))
    known = foreknown(rule, RATES, NO_CONSTANTS).values()
    for beta in (0.9, 0.999):
        expected = [[1 - math.pow(beta, t)] for t in (1, 2, 3)]
        assert any(
            one.values.shape == (3, 1)
            and one.shared
            and np.allclose(one.values, expected, rtol=1e-12, atol=0)
            for one in known
        )


def test_what_the_rate_reaches_is_each_replicas_own() -> None:
    """lr * t has a number for each step and replica, t one for each step."""
    rule = of_text("def f(g, lr, t):\n return g * (lr * t) * sqrt(t)")
    own = {False: RATES * [[1], [2], [3]], True: np.sqrt([[1], [2], [3]])}
    known = foreknown(rule, RATES, NO_CONSTANTS)
    for register, one in ((rule.registers[number], one) for number, one in known.items()):
        if register.op in ("multiply", "sqrt"):
            np.testing.assert_allclose(one.values, own[one.shared], rtol=1e-14)


def test_what_a_constant_reaches_is_each_replicas_own() -> None:
    """1 - beta ** t has a number for each step and replica, log(beta) one for each replica."""
    rule = of_text_with_constants(
        "def f(g, t, *, b=0.9):\n return g * (1 - b**t) * log(b) * sqrt(t)"
    )
    betas = np.array([[0.5, 0.99]])
    steps = np.array([[1.0], [2.0], [3.0]])
    known = {rule.registers[n].op: one for n, one in foreknown(rule, RATES, betas).items()}
    expected = {
        "hyperparameter": betas,
        "power": betas**steps,
        "subtract": 1 - betas**steps,
        "log": np.log(betas),
    }
    for op, values in expected.items():
        assert not known[op].shared
        np.testing.assert_allclose(known[op].values, values, rtol=1e-14)
    assert known["sqrt"].shared


def test_equal_constants_and_one_replica_are_no_reason_to_share() -> None:
    """What is shared follows from the plan, so that rounding does not depend on the company."""
    rule = plan(lower(known_rule("adam")))
    shared = {
        tuple(one.shared for one in foreknown(rule, RATES[:, :k], constants).values())
        for k in (1, 2)
        for constants in (np.full((3, k), 0.9), np.arange(3.0 * k).reshape(3, k) / 10)
    }
    assert len(shared) == 1


@given(
    programs.programs(),
    st.lists(st.sampled_from([0.5, 2.0, -1.0, 0.7, 0.9, 1e-8, 3.3]), min_size=18, max_size=18),
)
def test_what_is_foreknown_does_not_depend_on_the_company(
    program: Program, numbers: list[float]
) -> None:
    """Each replica's numbers are those that it has alone, to the last bit."""
    rule = plan(lower(program))
    rates = np.tile(RATES, (1, 3))
    own = np.array(numbers).reshape(3, 6)[: len(rule.constants)]
    together = foreknown(rule, rates, own)
    for k in range(6):
        for number, one in foreknown(rule, rates[:, [k]], own[:, [k]]).items():
            values = together[number].values
            column = values if together[number].shared else values[:, [k]]
            np.testing.assert_array_equal(column, one.values)


def test_powers_do_not_depend_on_the_company() -> None:
    """x ** 0.5 is a root, which numpy rounds otherwise than powers of other exponents beside it."""
    draw = np.random.default_rng(0)
    rule = of_text_with_constants("def f(g, lr, t, *, h=0.5):\n return g * lr**h * h**t")
    rates = draw.uniform(0, 9, (40, 64))
    exponents = draw.choice([0.5, 2.0, -1.0, 0.7], (1, 64))
    together = foreknown(rule, rates, exponents)
    for k in range(64):
        alone = foreknown(rule, rates[:, [k]], exponents[:, [k]])
        for number, register in enumerate(rule.registers):
            if register.op == "power":
                column = together[number].values[:, [k]]
                np.testing.assert_array_equal(column, alone[number].values)


@given(programs.programs())
def test_each_value_is_computed_once_before_it_is_read(program: Program) -> None:
    """No line computes what is foreknown, and each reads what is given or was computed before."""
    rule = plan(lower(program, bind=True))
    known = foreknown_by_hand(rule)
    step = lines(rule, known)
    computed: set[Value] = set()
    for line in step.lines:
        assert line.result not in computed
        assert line.result.register not in known or line.op is Move.SPREAD
        for operand in line.operands:
            register = rule.registers[operand.register]
            is_given = not register.operands or operand.register in known
            assert operand in computed or is_given
        computed.add(line.result)


def test_a_leaf_that_meets_a_tensor_is_spread_once() -> None:
    """Two readers share one line that spreads; a scalar needs none, nor does a leaf beside one."""
    rule = of_text("def f(g, t):\n n = norm(g) * t\n return g * n + abs(g) * n")
    step = lines(rule, foreknown_by_hand(rule))
    spread = [line for line in step.lines if line.op is Move.SPREAD]
    assert [(line.operands[0].kind, line.result.kind) for line in spread] == (
        [(Kind.LEAF, Kind.TENSOR)]
    )
    names = sorted("spread" if isinstance(l.op, Move) else l.op.name for l in step.lines)  # noqa: E741
    assert names == sorted(["norm", "multiply", "spread", "multiply", "abs", "multiply", "add"])


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("def f(g, m):\n return g * m, m", set()),
        ("def f(g, m):\n m = m + g\n return m, m", {"m"}),
        ("def f(g, a, b):\n a = a + g\n return a + 0.5 * b, b, a", {"a", "b"}),
    ],
    ids=["kept", "new", "exchanged"],
)
def test_only_slots_that_change_are_written(text: str, written: set[str]) -> None:
    """A slot that is written back as it was has no new value."""
    rule = of_text(text)
    assert set(lines(rule, foreknown_by_hand(rule)).writes) == written
