"""What every row of the table must keep to, as a check for rows that others write."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import sympy
import torch

from primitives.kinds import Kind
from primitives.primitive import LETTERS, Composite, Operation, Primitive, render
from primitives.ranges import ANY, Range, constant
from primitives.segments import NumpySegments, TorchSegments

_VALUES = (0.0, 1.0, -1.0, 0.5, -0.25, 2.0, -3.0)
_SIZES = (3, 1, 4)
_LONGEST_NAME = 80


def first_fault(row: Operation) -> str | None:
    """The first thing wrong with a row, said to the person who wrote it; None if nothing is."""
    try:
        return next(_faults(row), None)
    except Exception as error:  # whatever the row's own functions may raise
        return f"{type(error).__name__}: {error}"


def _faults(row: Operation) -> Iterator[str]:
    for name in (row.name, *row.aliases):
        if not (name.isidentifier() and name.isascii() and len(name) <= _LONGEST_NAME):
            yield f"'{name}' is no name; expected letters, digits and underscores"
    if not row.definition:
        yield "expected a definition, for people to read"
    if row.arity > len(LETTERS) or not all(isinstance(kind, Kind) for kind in row.accepts):
        yield f"accepts must be a tuple of at most {len(LETTERS)} kinds"
    if isinstance(row, Composite):
        return
    assert isinstance(row, Primitive)
    yield from (_reduction_faults(row) if row.reduces else _elementwise_faults(row))
    row.sympy(*(sympy.Symbol(letter, real=True) for letter in LETTERS[: row.arity]))


def _elementwise_faults(row: Primitive) -> Iterator[str]:
    points = np.array(list(itertools.product(_VALUES, repeat=row.arity))).T
    with np.errstate(all="ignore"):
        expected = np.asarray(row.numpy(*points), dtype=np.float64)
    if expected.shape != points.shape[1:]:
        yield f"numpy gave the shape {expected.shape} for arguments of {points.shape[1:]}"
        return
    wrong = ~np.isfinite(expected)
    if wrong.any():
        yield f"numpy gave {expected[wrong][0]} of {_shown(points[:, wrong][:, 0])}; be total"
        return
    given = [torch.from_numpy(column) for column in points]
    form = row.guarded.torch if row.guarded else row.torch
    yield from _differences("torch", form(*given), expected, points)
    singles = form(*(argument.float() for argument in given))
    if singles.dtype != torch.float32:
        yield f"torch gave {singles.dtype} of single precision; keep the arguments' type"
    source = row.guarded.source if row.guarded else row.source
    names = [f"x{position}" for position in range(row.arity)]
    code = render(source, names, [False] * row.arity)
    scope = dict(zip(names, given, strict=True))
    yield from _differences("source", _run(code, scope), expected, points)
    if not row.scalar_source:
        yield "expected a scalar_source, the code for Python floats"
        return
    scalar = row.guarded.scalar_source if row.guarded else row.scalar_source
    code = scalar.format(*names)
    results = [_run(code, dict(zip(names, map(float, column), strict=True))) for column in points.T]
    yield from _differences(
        "scalar_source", torch.tensor(results, dtype=torch.float64), expected, points
    )
    for column, value in zip(points.T, expected, strict=True):
        for ranges in ([constant(float(x)) for x in column], [ANY] * row.arity):
            if not _holds(row.range(*ranges), float(value)):
                yield f"range leaves out {value:g}, the value at {_shown(column)}"
    yield from _wrong_facts(row, points, expected)


def _wrong_facts(row: Primitive, points: Any, expected: Any) -> Iterator[str]:
    claims: list[tuple[str, bool, Callable[[], tuple[Any, Any]]]] = [
        ("commutative", row.commutative, lambda: (row.numpy(*points[::-1]), expected)),
        ("even", row.even, lambda: (row.numpy(*-points), expected)),
        ("odd", row.odd, lambda: (row.numpy(*-points), -expected)),
        ("keeps_sign", row.keeps_sign, lambda: (np.sign(expected), np.sign(points[0]))),
        (
            "monotone",
            row.monotone,
            lambda: (np.sort(expected), expected[np.argsort(points[0], kind="stable")]),
        ),
        (
            "zero_preserving",
            row.zero_preserving,
            lambda: (row.numpy(*np.zeros((row.arity, 1))), np.zeros(1)),
        ),
    ]
    with np.errstate(all="ignore"):
        for name, claimed, sides in claims:
            if claimed and not np.allclose(*sides(), rtol=1e-9, atol=0):
                yield f"it claims to be {name}, and is not"


def _reduction_faults(row: Primitive) -> Iterator[str]:
    draw = np.random.Generator(np.random.Philox(key=0))
    arguments = draw.standard_normal((row.arity, sum(_SIZES)))
    for columns in (arguments, np.zeros_like(arguments)):
        with np.errstate(all="ignore"):
            expected = np.asarray(row.numpy(NumpySegments(_SIZES), *columns), dtype=np.float64)
        size = len(_SIZES) if row.reduces_to is Kind.LEAF else 1
        if expected.shape != (size,):
            yield f"numpy gave the shape {expected.shape}; expected {(size,)}"
            return
        if not np.isfinite(expected).all():
            yield "numpy gave a number that is not finite; be total"
            return
        given = [torch.from_numpy(column) for column in columns]
        found = row.torch(TorchSegments(_SIZES, torch.float64), *given)
        yield from _differences("torch", found, expected, columns)
        names = [f"x{position}" for position in range(row.arity)]
        code = render(row.source, names, [False] * row.arity)
        parts = zip(*(torch.split(argument, list(_SIZES)) for argument in given), strict=True)
        found = torch.stack([_run(code, dict(zip(names, part, strict=True))) for part in parts])
        if row.reduces_to is Kind.SCALAR:
            found = _run(row.finish.format("x0"), {"x0": found.sum()})[None]
        yield from _differences("source", found, expected, columns)


def _run(code: str, scope: dict[str, Any]) -> Any:
    parameter = torch.zeros(1, dtype=torch.float64)
    return eval(code, {"torch": torch, "math": math, "p": parameter}, scope)


def _differences(form: str, found: Any, expected: Any, points: Any) -> Iterator[str]:
    values = np.broadcast_to(found.numpy(), expected.shape)
    wrong = ~np.isclose(values, expected, rtol=1e-9, atol=1e-12)
    if wrong.any():
        place = int(np.argmax(wrong))
        where = f" at {_shown(points[:, place])}" if values.shape == points.shape[1:] else ""
        yield f"{form} gave {values[place]:g}{where}, numpy {expected[place]:g}"


def _shown(point: Any) -> str:
    return ", ".join(f"{letter} = {value:g}" for letter, value in zip(LETTERS, point, strict=False))


def _holds(interval: Range, value: float) -> bool:
    above = value > interval.low if interval.low_open else value >= interval.low
    below = value < interval.high if interval.high_open else value <= interval.high
    return above and below
