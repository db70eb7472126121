"""Checks a row whose operation makes one number of many, or a few."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from primitives.code_checks import argument_names, differences, holds, run
from primitives.kinds import Kind
from primitives.layout import Layout
from primitives.primitive import Primitive, render
from primitives.ranges import ANY, Range
from primitives.segments import NumpySegments, TorchSegments

_SHAPES = ((3,), (), (2, 2))
_SIZES = (3, 1, 4)


def reduction_faults(row: Primitive) -> Iterator[str]:
    """Yields what is wrong with a row's functions, code and facts, on a model of three tensors."""
    if row.guarded or row.in_place or row.monotone or row.keeps_sign:
        yield "guarded, in_place, monotone and keeps_sign are for operations on single elements"
    if row.scalar_source and row.arity:
        yield "scalar_source is for operations on single elements"
    draw = np.random.Generator(np.random.Philox(key=0))
    arguments = draw.standard_normal((row.arity, sum(_SIZES)))
    for columns in (arguments, np.abs(arguments), np.zeros_like(arguments)):
        expected = _reduced(row, columns)
        assert row.reduces_to is not None
        shape = (NumpySegments(_SHAPES).widths[row.reduces_to],)
        if expected.shape != shape:
            yield f"numpy gave the shape {expected.shape}; expected {shape}"
            return
        if not np.isfinite(expected).all():
            yield "numpy gave a number that is not finite; be total"
            return
        given = [torch.from_numpy(column) for column in columns]
        yield from _torch_faults(row, columns, expected, given)
        yield from _source_faults(row, columns, expected, given)
        known = [ANY if (column < 0).any() else Range(0.0) for column in columns]
        for value in expected:
            if not holds(row.range(*known), float(value)):
                yield f"range leaves out {value:g}, the value of some {known}"
    yield from _wrong_facts(row, arguments)


def _reduced(row: Primitive, columns: Any) -> Any:
    return np.asarray(row.numpy(NumpySegments(_SHAPES), *columns), dtype=np.float64)


def _torch_faults(
    row: Primitive, columns: Any, expected: Any, given: Sequence[torch.Tensor]
) -> Iterator[str]:
    result = row.torch(TorchSegments(_SHAPES, torch.float64), *given)
    yield from differences("torch", result, expected, columns)
    if row.arity:
        pairs = [torch.stack([argument, 2 * argument]) for argument in given]
        both = np.stack([expected, _reduced(row, 2 * columns)])
        result = row.torch(TorchSegments(_SHAPES, torch.float64), *pairs)
        yield from differences("torch of two rows", result, both, columns)


def _source_faults(
    row: Primitive, columns: Any, expected: Any, given: Sequence[torch.Tensor]
) -> Iterator[str]:
    """Yields the faults of the code for one parameter after the other."""
    parts = [torch.zeros(shape, dtype=torch.float64) for shape in _SHAPES]
    names = argument_names(row)
    code = render(row.source, names, [False] * row.arity)
    assert row.reduces_to is not None
    counts = Layout(_SHAPES).owned
    owned = counts[Kind.LEAF if row.reduces_to is Kind.SCALAR else row.reduces_to]
    numbers = []
    for place, part in enumerate(parts):
        split = (torch.split(argument, list(_SIZES))[place] for argument in given)
        scope = dict(zip(names, (x.reshape(part.shape) for x in split), strict=True))
        number = run(code, scope, part)
        if number.numel() != owned[place]:
            yield (
                f"source gave {number.numel()} numbers for a parameter of shape "
                f"{tuple(part.shape)}; expected {owned[place]}"
            )
            return
        numbers.append(number.flatten())
    result = torch.cat(numbers)
    if row.reduces_to is Kind.SCALAR:
        result = run(row.finish.format("x0"), {"x0": result.sum()})[None]
    yield from differences("source", result, expected, columns)
    if row.scalar_source:
        floats = [run(row.scalar_source, {}, part) for part in parts]
        result = torch.tensor(floats, dtype=torch.float64)
        yield from differences("scalar_source", result, expected, columns)


def _wrong_facts(row: Primitive, arguments: Any) -> Iterator[str]:
    sides = {
        "commutative": (row.commutative, arguments[::-1], 1),
        "even": (row.even, -arguments, 1),
        "odd": (row.odd, -arguments, -1),
        "zero_preserving": (row.zero_preserving, np.zeros_like(arguments), 0),
    }
    for name, (claimed, changed, sign) in sides.items():
        if claimed and not np.allclose(_reduced(row, changed), sign * _reduced(row, arguments)):
            yield f"it claims to be {name}, and is not"
