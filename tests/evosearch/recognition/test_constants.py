"""The numbers that a program is made of, and programs whose constants are special."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from evosearch import Program, known_rule, lower, parse
from evosearch.graph.digest import digest
from evosearch.graph.structure import structure
from evosearch.recognition.constants import folded, numbers_in, program_of
from evosearch.screening.short_probe import probe
from evosearch.screening.trajectory import follow
from tests.support.random_programs import programs
from tests.support.user_files import bending


def test_numbers_are_those_written_and_those_folded() -> None:
    """And one minus each, as a decay may be written either way."""
    program = parse("def f(g, m, *, b=0.9): m = lerp(m, g, 0.5 * 0.06); return m + b * g, m")
    assert {0.9, 0.1, 0.03, 0.97} <= set(numbers_in(program))
    assert 0.06 not in numbers_in(program)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            "def f(g, m, *, a=0.9, b=0.9): u = sign(lerp(g, m, a)); return u, lerp(g, m, b)",
            "signum",
        ),
        ("def f(g, m): u = sign(lerp(g, m, 0.8)); return u, lerp(g, m, 0.8)", "signum"),
        ("def f(g, m, *, mu=0): m = mu * m + g; return m, m", "sgd"),
        ("def f(g, m, *, mu=0.9): m = mu * m + g; return m, m", "momentum"),
    ],
)
def test_special_constants_make_a_simpler_structure(text: str, name: str) -> None:
    """Lion with equal betas is Signum; momentum of nothing is none."""
    assert structure(folded(parse(text))).digest == structure(known_rule(name)).digest


def test_a_name_that_is_assigned_anew_is_no_constant_any_more() -> None:
    """From there on it means what was assigned, whatever it was before."""
    program = parse("def f(g, *, a=0.3): x = a * g; a = a * g + 0.3; return x * a")
    assert digest(lower(folded(program), bind=True)) == digest(lower(program, bind=True))


@given(programs(longest=8))
def test_folding_keeps_the_function(program: Program) -> None:
    """Bound, the graph does the same on the probe, by the reference of the gates."""
    with np.errstate(all="ignore"):
        before, _ = follow(lower(program, bind=True), probe())
        after, _ = follow(lower(folded(program), bind=True), probe())
    np.testing.assert_array_equal(before, after)


def test_a_graph_is_written_as_a_program_again() -> None:
    """With the operations of a user, which the built-in table does not hold."""
    table = bending("a * tanh(a)").table
    graph = lower(parse("def f(g, *, a=0.3): return bend(g) * a", table=table))
    assert lower(program_of(graph)) == graph
