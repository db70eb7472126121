"""Checks what every row of the table must keep to, for rows that others write."""

from __future__ import annotations

import keyword
from collections.abc import Iterator

import numpy as np
import sympy

from primitives.code_checks import jax_faults
from primitives.elementwise_checks import elementwise_faults
from primitives.kinds import Kind
from primitives.primitive import LETTERS, Composite, Guarded, Operation, Primitive
from primitives.reduction_checks import reduction_faults

_LONGEST_NAME = 80


def first_fault(row: Operation) -> str | None:
    """Tells the person who wrote a row the first thing wrong with it; None if nothing is."""
    try:
        with np.errstate(all="ignore"):
            return next(_faults(row), None)
    except Exception as error:  # whatever the row's own functions may raise
        return f"{type(error).__name__}: {error}"


def _faults(row: Operation) -> Iterator[str]:
    yield from _declaration_faults(row)
    if isinstance(row, Composite):
        return
    assert isinstance(row, Primitive)
    if row.guarded is not None and not isinstance(row.guarded, Guarded):
        yield "guarded must be Guarded(...) or None"
    if row.decay_position is not None and row.decay_position not in range(row.arity):
        yield f"decay_position is {row.decay_position}; expected that of an argument"
    if not isinstance(row.cost, int) or row.cost < 0:
        yield f"cost is {row.cost!r}; expected a whole number"
    if row.commutative and row.arity != 2:
        yield "it claims to be commutative, which is said of two arguments"
    if row.finish != "{0}" and row.reduces_to is not Kind.SCALAR:
        yield "finish is for reductions over all parameters"
    yield from jax_faults(row)
    yield from (reduction_faults(row) if row.reduces else elementwise_faults(row))
    formula = row.sympy(*(sympy.Symbol(letter, real=True) for letter in LETTERS[: row.arity]))
    if not isinstance(formula, sympy.Expr | float | int):
        yield f"sympy gave {formula!r:.60}; expected an expression"


def _declaration_faults(row: Operation) -> Iterator[str]:
    if not isinstance(row.aliases, tuple):
        yield "aliases must be a tuple of names"
        return
    for name in (row.name, *row.aliases):
        valid = isinstance(name, str) and name.isidentifier() and name.isascii()
        if not valid or len(name) > _LONGEST_NAME:
            yield f"{name!r:.90} is no name; expected letters, digits and underscores"
        elif keyword.iskeyword(name):
            yield f"'{name}' is a word of Python's; choose another name"
    if len({row.name, *row.aliases}) <= len(row.aliases):
        yield "a name stands twice among its name and aliases"
    if (
        not isinstance(row.definition, str)
        or not row.definition
        or not row.definition.isprintable()
    ):
        yield "expected a definition, a line for people to read"
    kinds = isinstance(row.accepts, tuple) and all(isinstance(kind, Kind) for kind in row.accepts)
    if not kinds or row.arity > len(LETTERS):
        yield f"accepts must be a tuple of at most {len(LETTERS)} kinds"
    if row.reduces_to not in (None, *(kind for kind in Kind if kind is not Kind.TENSOR)):
        yield f"reduces_to is {row.reduces_to}; expected a Kind of fewer numbers, or None"
