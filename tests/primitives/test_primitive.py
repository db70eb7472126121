"""What is derived from a row's fields: kinds, text, and what its functions take."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from primitives import PRIMITIVES, Kind, Primitive, render

S, L, T = Kind.SCALAR, Kind.LEAF, Kind.TENSOR
ADD, RMS, NUMEL, GLOBAL_NORM = (PRIMITIVES[n] for n in ("add", "rms", "numel", "global_norm"))


@pytest.mark.parametrize(
    ("row", "kinds", "result", "meeting"),
    [
        (ADD, (S, S), S, S),
        (ADD, (S, L), L, L),
        (ADD, (L, T), T, T),
        (RMS, (S,), L, T),
        (RMS, (T,), L, T),
        (NUMEL, (), L, T),
        (GLOBAL_NORM, (L,), S, T),
    ],
    ids=lambda value: value.name if isinstance(value, Primitive) else str(value),
)
def test_kinds_of_result_and_arguments(
    row: Primitive, kinds: Sequence[Kind], result: Kind, meeting: Kind
) -> None:
    """Elements meet where all fit; a reduction counts elements and gives its own kind."""
    assert row.result_kind(kinds) is result
    assert row.meeting_kind(kinds) is meeting


def test_a_result_is_at_least_of_the_kind_said() -> None:
    """What takes a mean off is a leaf even if its argument is a scalar."""
    row = replace(ADD, at_least=L)
    assert [row.result_kind([S, kind]) for kind in (S, L, T)] == [L, L, T]


def test_only_what_is_no_scalar_is_spread_for_elementwise_operations() -> None:
    """A leaf beside a tensor is spread; scalars, and equals, are not."""
    assert ADD.spreads([S, T]) == ()
    assert ADD.spreads([L, L]) == ()
    assert ADD.spreads([S, L]) == ()
    assert ADD.spreads([T, L]) == ((1, L, T),)
    assert PRIMITIVES["where"].spreads([S, L, T]) == ((1, L, T),)


def test_all_arguments_of_a_reduction_are_spread() -> None:
    """Elements are counted, those of a scalar too."""
    dot = PRIMITIVES["dot"]
    for kinds in itertools.product(Kind, repeat=2):
        spread = [(place, kind, T) for place, kind in enumerate(kinds) if kind is not T]
        assert dot.spreads(kinds) == tuple(spread)


def test_source_is_a_template_or_a_function_of_texts() -> None:
    """Templates are filled in; functions are told which arguments are Python floats."""
    assert render("{0} - {1} * {0}", ["a", "(b + 1)"], [False, False]) == "a - (b + 1) * a"

    def source(arguments: Sequence[str], floats: Sequence[bool]) -> str:
        return " ".join(a for a, is_float in zip(arguments, floats, strict=True) if is_float)

    assert render(source, ["x", "2.0"], [False, True]) == "2.0"


def written(a: Any, *, out: Any = None) -> Any:
    return torch.neg(a, out=out)


@pytest.mark.parametrize(
    ("function", "takes"), [(torch.add, True), (written, True), (lambda a: -a, False)]
)
def test_functions_say_whether_they_take_a_buffer(function: Any, takes: bool) -> None:
    """torch's own do, others if `out` is among their parameters; guards are asked as rows are."""
    row = PRIMITIVES["reciprocal"]
    assert row.guarded is not None
    assert replace(row, torch=function).takes_out is takes
    assert replace(row.guarded, torch=function).takes_out is takes


def test_rows_that_say_nothing_of_their_range_can_be_anything() -> None:
    """The default range holds every number."""
    row = Primitive(
        name="f",
        definition="f",
        accepts=(T,),
        numpy=np.negative,
        torch=torch.neg,
        sympy=lambda a: -a,
        source="-{0}",
    )
    interval = row.range(None)
    assert not interval.nonzero
    assert interval.within(-np.inf, np.inf)
    assert not interval.within(-1e308, np.inf)
