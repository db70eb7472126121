"""The program made of a graph is the one that its text for people spells."""

import pytest
from hypothesis import given, settings

from evosearch import Program, known_rule, lower, parse, rule_names
from evosearch.export.notation.flat_program import flat_program
from evosearch.export.notation.program_text import readable
from primitives import BUILT_IN
from tests.support.random_programs import programs
from tests.support.state_order_programs import TRICKY


def check_is_what_the_text_spells(program: Program) -> None:
    for bind in (True, False):
        graph = lower(program, bind=bind)
        made = flat_program(graph, "rule", BUILT_IN)
        assert made == parse(readable(graph, "rule"))


@settings(max_examples=200)
@given(programs(longest=12))
def test_random_programs_are_what_their_text_spells(program: Program) -> None:
    """Statement by statement and name by name, since children are bred from it by place."""
    check_is_what_the_text_spells(program)


@pytest.mark.parametrize("name", rule_names())
def test_known_rules_are_what_their_text_spells(name: str) -> None:
    """With hyperparameters and without."""
    check_is_what_the_text_spells(known_rule(name))


@pytest.mark.parametrize("name", TRICKY)
def test_states_are_written_when_the_text_writes_them(name: str) -> None:
    """Copied, late and exchanged ones too."""
    check_is_what_the_text_spells(TRICKY[name])


@pytest.mark.parametrize(
    ("text", "spelt"),
    [
        (
            "def f(g, m): return sign(3 * g + m), m - g",
            "def f(g, m): v1 = g * 3.0; v2 = m + v1; update = sign(v2); m = m - g; "
            "return update, m",
        ),
        ("def f(g): return 0 * g", "def f(): v1 = identity(0); return v1"),
        (
            "def f(g, m): return m, g",
            "def f(g, m): update = identity(m); m = identity(g); return update, m",
        ),
        (
            "def f(g, *, v1=0.5): return v1 * exp(tanh(g))",
            "def f(g, *, v1=0.5): v2 = tanh(g); v3 = exp(v2); update = v3 * v1; return update",
        ),
    ],
)
def test_statements_are_one_operation_each(text: str, spelt: str) -> None:
    """Parts of an expression get names that nothing else has; a copy is an identity."""
    assert flat_program(lower(parse(text)), "f", BUILT_IN) == parse(spelt)
