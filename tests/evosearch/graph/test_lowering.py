"""The graph of a program does what the program's statements say, one after the other."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from evosearch import Graph, Program, lower, parse
from evosearch.graph.digest import digest
from evosearch.graph.graph import HYPERPARAMETER, INPUT, SLOT
from evosearch.graph.interpreter import Interpreter
from evosearch.language.printer import to_text
from primitives import PRIMITIVES, Kind, NumpySegments, fits
from tests.support.random_programs import (
    SHAPES,
    Inputs,
    close,
    programs,
    steps_of,
    well_conditioned,
)


def interpret(graph: Graph, steps: list[Inputs]) -> list[list[float]]:
    """The direction of each step by the reference interpreter."""
    interpreter = Interpreter(graph, NumpySegments(SHAPES))
    return [
        interpreter.step(w=np.array(s.w), g=np.array(s.g), lr=s.lr, t=s.t).tolist() for s in steps
    ]


@settings(max_examples=250)
@given(programs(), st.integers(0, 9))
def test_graph_does_what_the_statements_say(program: Program, seed: int) -> None:
    """Over several steps the graph gives the directions of the program read line by line."""
    steps = steps_of(seed)
    expected = well_conditioned(program, steps)
    assume(expected is not None)
    assert expected is not None
    for bind in (True, False):
        found = interpret(lower(program, bind=bind), steps)
        for step, (a, b) in enumerate(zip(found, expected, strict=True), start=1):
            assert close(a, b, 1e-6), (step, a, b, to_text(program))


@given(programs())
def test_graph_is_well_formed(program: Program) -> None:
    """Operands point backwards, kinds fit, every node is used, and states are named once."""
    for bind in (True, False):
        graph = lower(program, bind=bind)
        used = {graph.direction, *(slot.write for slot in graph.slots)}
        for index, node in enumerate(graph.nodes):
            assert all(operand < index for operand in node.operands)
            used.update(node.operands)
            if node.op in PRIMITIVES:
                row = PRIMITIVES[node.op]
                kinds = [graph.nodes[operand].kind for operand in node.operands]
                assert all(fits(kind, most) for kind, most in zip(kinds, row.accepts, strict=True))
                assert node.kind == row.result_kind(kinds)
        assert {i for i, node in enumerate(graph.nodes) if node.op != SLOT} <= used
        assert sorted(graph.labels(SLOT)) == sorted(slot.name for slot in graph.slots)
        for slot in graph.slots:
            assert fits(graph.nodes[slot.write].kind, slot.kind)
            assert slot.read is not None
            assert graph.nodes[slot.read].label == slot.name
        assert set(graph.labels(INPUT)) <= set(program.inputs)
        assert not (bind and graph.labels(HYPERPARAMETER))


def slots_of(text: str, *, bind: bool = True) -> list[str]:
    return [slot.name for slot in lower(parse(text), bind=bind).slots]


@pytest.mark.parametrize(
    "body",
    [
        "return g + m, m",
        "return g + m, 0",
        "return g + m, m * 0.9",
        "return g + m, tanh(m) * g",
        "return g + m, lerp(m, sign(m), 0.3)",
        "return g + m, square(m) + cube(m) + reciprocal(m) * rms(m) - m / t + sum(m) / m",
        "m = m - m\n    return g + m, g * m",
    ],
)
def test_slot_that_stays_zero_is_gone(body: str) -> None:
    """A slot that is zero at every step is read as the number zero."""
    graph = lower(parse(f"def f(g, m, t):\n    {body}"), bind=True)
    assert graph == lower(parse("def f(g):\n    return g"), bind=True)


def test_slots_that_keep_each_other_zero_are_gone() -> None:
    """Two slots that would be nonzero only if the other were are zero."""
    text = "def f(g, a, b):\n    return g + a, b * 0.9, tanh(a)"
    assert lower(parse(text), bind=True) == lower(parse("def f(g):\n    return g"), bind=True)


def test_slot_is_not_zero_because_of_a_hyperparameters_default() -> None:
    """A named hyperparameter may be set to another value, so its default proves nothing."""
    text = "def f(g, m, *, h=0.0):\n    m = m + h * g\n    return g + m, m"
    assert slots_of(text, bind=True) == []
    assert slots_of(text, bind=False) == ["m"]


def test_equal_slots_are_one() -> None:
    """Slots that always hold the same value are one slot."""
    text = "def f(g, a, b):\n    return a + b, {}, {}"
    twice = lower(parse(text.format("lerp(g, a, 0.9)", "lerp(g, b, 0.9)")), bind=True)
    crossed = lower(parse(text.format("lerp(g, b, 0.9)", "lerp(g, a, 0.9)")), bind=True)
    once = lower(parse("def f(g, a):\n    return a + a, lerp(g, a, 0.9)"), bind=True)
    assert twice == crossed == once


@pytest.mark.parametrize(
    "text",
    [
        "def f(g, a, b):\n    return g + b, b, a",
        "def f(g, p, q, a, b):\n    return g + a + b, p + g, q + g, (p - q) * g, (q - p) * g",
    ],
)
def test_equal_slots_that_stay_zero_are_gone(text: str) -> None:
    """Slots that are zero because they, or those they are made of, are equal are found."""
    assert lower(parse(text), bind=True) == lower(parse("def f(g):\n    return g"), bind=True)


def test_different_slots_are_kept() -> None:
    """Slots that differ in anything, be it the first step only, stay apart."""
    assert slots_of("def f(g, a, b):\n    return a + b, lerp(g, a, 0.9), lerp(g, b, 0.8)") == [
        "a",
        "b",
    ]
    assert slots_of("def f(g, a, b):\n    return a + b, g, a") == ["a", "b"]


def test_equal_slots_take_the_smaller_kind() -> None:
    """Of equal slots of different inferred kinds, the one that holds less is kept."""
    text = "def f(g, a, b):\n    return g ** b + a, a + t0, b + 1".replace("t0", "1 + (g - g)")
    (slot,) = lower(parse(text), bind=True).slots
    assert slot.kind is Kind.SCALAR


def test_slots_that_the_direction_never_reads_are_gone() -> None:
    """A slot is live only where the direction depends on it, through any number of steps."""
    assert slots_of("def f(g, a, b):\n    return g, a + g, b + a") == []
    assert slots_of("def f(g, a, b, c):\n    return g + c, a + g, b + g, tanh(a) + c") == ["a", "c"]


def test_binding_makes_hyperparameters_constants() -> None:
    """With `bind` a default is folded in; without, the name stays, once per hyperparameter."""
    program = parse("def f(g, *, a=0.5, b=0.5):\n    return (a + 1) * g + b")
    bound, named = lower(program, bind=True), lower(program)
    assert digest(bound) == digest(lower(parse("def f(g):\n    return 1.5 * g + 0.5")))
    assert sorted(named.labels(HYPERPARAMETER)) == ["a", "b"]


def test_reassigned_names_read_their_latest_value() -> None:
    """A name means what was last assigned to it; a returned slot is its final value."""
    program = parse("def f(g, m):\n    m = m + g\n    u = m\n    m = m * 2\n    return u, m")
    steps = [Inputs([0.0] * 6, [1.0] * 6, 0.1, t) for t in (1, 2, 3)]
    # u = m + g, then m doubles what it was: 1, 3, 7.
    assert [u[0] for u in interpret(lower(program), steps)] == [1.0, 3.0, 7.0]


def test_a_literal_that_is_given_a_name_is_a_hyperparameter() -> None:
    """Only at its place: the same number elsewhere stays a number, and so do exponents."""
    program = parse("def f(g): x = g * 3; y = tanh(g) * 3; return x + y ** 3")
    named = lower(program, named={(0, 1): "c"})
    spelled = lower(parse("def f(g, *, c=3): return g * c + (tanh(g) * 3) ** 3"))
    assert set(named.labels(HYPERPARAMETER)) == {"c"}
    assert digest(named) == digest(spelled) != digest(lower(program))
