"""The table: spellings, what the Lion paper has, and rows that are added."""

import copy
import pickle
from dataclasses import fields, replace

import numpy as np
import pytest

from primitives import (
    BUILT_IN,
    COMPOSITES,
    INFIX,
    OPERATIONS,
    PRIMITIVES,
    SPELLINGS,
    Composite,
    Kind,
    Operation,
)


def test_spellings_are_unambiguous() -> None:
    """A name and a number of arguments stand for one row, as an operator and its arity do."""
    spelt = [(name, row.arity) for row in OPERATIONS.values() for name in (row.name, *row.aliases)]
    assert len(set(spelt)) == len(spelt)
    listed = [(name, row.arity) for name, rows in SPELLINGS.items() for row in rows]
    assert sorted(listed) == sorted(spelt)
    operators = [(row.infix, row.arity) for row in PRIMITIVES.values() if row.infix]
    assert sorted(operators) == sorted(INFIX)
    assert INFIX["-", 1].name == "negative"
    assert INFIX["-", 2].name == "subtract"


PAPER = """
    get_pi get_e get_eps abs cos sin tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh
    exp exp2 exp10 expm1 log log10 log2 log1p square sqrt cube cbrt sign reciprocal norm invert
    negative global_norm interpolate dot cosine_sim clip_by_global_norm power add subtract multiply
    divide maximum minimum
"""
"""The functions of the Lion paper's search space, as its released function library spells them."""


def test_the_papers_functions_are_there() -> None:
    """All 45, but for `invert`, which fails on floating-point numbers in the released code."""
    names = PAPER.split()
    assert len(names) == 45
    spelt = {SPELLINGS[name][0].name for name in names if name != "invert"}
    assert spelt == {row.name for row in OPERATIONS.values() if row.paper}
    with pytest.raises(TypeError, match="not supported"):
        np.invert(np.array([0.5]))


def test_every_operation_is_a_primitive_or_short_for_some() -> None:
    """The two halves of the table make up the whole."""
    assert {*PRIMITIVES, *COMPOSITES} == set(OPERATIONS)
    assert not set(PRIMITIVES) & set(COMPOSITES)


@pytest.mark.parametrize(
    ("name", "aliases", "match"),
    [
        ("sqrt", (), "there is an operation named 'sqrt' already"),
        ("mine", ("negative",), "'negative' with 1 arguments is negative already"),
        ("mine", ("numel",), "'numel' with 1 arguments is numel_of already"),
    ],
)
def test_taken_names_are_refused(name: str, aliases: tuple[str, ...], match: str) -> None:
    """A row that would stand for what another stands for is refused; the table stays as it was."""
    fine = Composite(name="fine", definition="a", accepts=(Kind.TENSOR,), expansion="a")
    row = Composite(
        name=name, aliases=aliases, definition="a", accepts=(Kind.TENSOR,), expansion="a"
    )
    with pytest.raises(ValueError, match=match):
        BUILT_IN.with_rows([fine, row])
    assert "fine" not in BUILT_IN.operations
    assert "fine" in BUILT_IN.with_rows([fine]).operations


@pytest.mark.parametrize("row", OPERATIONS.values(), ids=lambda row: row.name)
def test_rows_of_the_table_travel_by_name(row: Operation) -> None:
    """A row that is copied, or comes from another process, is the row of the table."""
    assert pickle.loads(pickle.dumps(row)) is row
    assert copy.deepcopy(row) is row


def test_rows_that_a_user_adds_travel_by_value() -> None:
    """A row of another table is rebuilt with all its fields, even under a name of this one."""
    row = replace(COMPOSITES["clip_by_global_norm"], definition="another")
    copied = pickle.loads(pickle.dumps(row))
    assert copied is not row
    assert {f.name: getattr(copied, f.name) for f in fields(row)} == (
        {f.name: getattr(row, f.name) for f in fields(row)}
    )
