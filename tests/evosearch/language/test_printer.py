"""Printing a program and parsing the text gives the program back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evosearch import Program, parse, to_text
from evosearch.language.printer import statement_text
from evosearch.language.program import Statement
from primitives import OPERATIONS, Kind
from tests.support.random_programs import LITERALS, programs


@settings(max_examples=200)
@given(programs(literals=(*LITERALS, -0.0, 1e300, -1e-300, 1 / 3, 1e16, 123456789.0)))
def test_printed_text_parses_to_the_same_program(program: Program) -> None:
    """Printing then parsing changes nothing, and printing again gives the same text."""
    text = to_text(program)
    assert parse(text) == program
    assert to_text(parse(text)) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_keep_every_digit(value: float) -> None:
    """A literal and a default are read back as exactly the number they were."""
    statement = Statement("u", "multiply", ("g", value))
    program = Program("f", ("g",), (("a", value),), (statement,), ("u",))
    assert parse(to_text(program)) == program


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("literals", [0, 1, 2], ids=["names", "negative-first", "all-negative"])
def test_every_primitive_is_printed_so_that_it_reads_back(name: str, literals: int) -> None:
    """Each primitive reads back, also of negative literals, beside which operators bind."""
    row = OPERATIONS[name]
    names = ["g" if largest is Kind.TENSOR else "a" for largest in row.accepts]
    replaced = min({0: 0, 1: 1, 2: row.arity}[literals], row.arity)
    arguments = (*[-2.0] * replaced, *names[replaced:])
    program = Program("f", ("g",), (("a", 0.5),), (Statement("u", name, arguments),), ("u",))
    assert parse(to_text(program)) == program


def test_text_is_what_a_person_would_write() -> None:
    """Operators are infix, one primitive stands on each line, hyperparameters follow a star."""
    text = """\
def rule(w, g, m, *, beta=0.9):
    d = lerp(g, m, beta)
    n = -d
    p = n ** (-0.5)
    c = p > w
    return c, d
"""
    assert to_text(parse(text)) == text


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        (Statement("a", "add", ("b", -1.0)), "a = b + (-1.0)"),
        (Statement("a", "negative", (2.0,)), "a = negative(2.0)"),
        (Statement("a", "identity", ("b",)), "a = identity(b)"),
        (Statement("a", "where", ("b", "c", 1e-8)), "a = where(b, c, 1e-08)"),
    ],
)
def test_statement_text(statement: Statement, text: str) -> None:
    """A statement is one assignment; a negative number beside an operator is in parentheses."""
    assert statement_text(statement) == text


def test_program_without_names_prints() -> None:
    """A program needs neither inputs nor hyperparameters nor statements to be printed."""
    program = Program("f", (), (), (Statement("u", "identity", (1.0,)),), ("u",))
    assert to_text(program) == "def f():\n    u = identity(1.0)\n    return u\n"
    assert parse(to_text(program)) == program
    bare = Program("f", ("g",), (), (), ("g",))
    assert parse(to_text(bare)) == bare
