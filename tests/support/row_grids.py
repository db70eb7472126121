"""Arguments for every row of the table, and what its forms must give by the plain definitions."""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from primitives import (
    PRIMITIVES,
    Kind,
    Primitive,
    Range,
    render,
)
from primitives.ranges import ANY
from tests.support import plain_definitions as plain

Array = NDArray[np.float64]

ELEMENTWISE = [row for row in PRIMITIVES.values() if not row.reduces]
REDUCTIONS = [row for row in PRIMITIVES.values() if row.reduces_to is Kind.LEAF and row.arity > 0]
TOTALS = [row for row in PRIMITIVES.values() if row.reduces_to is Kind.SCALAR]
ELEMENTWISE_NAMES = set(plain.ELEMENTWISE)
GUARDED = [row for row in ELEMENTWISE if row.guarded]

VALUES = (0.0, 1.0, -1.0, 0.5, -0.5, 2.0, 3.0, -3.7, 1e-8, -1e-300, 1e-300, 1e150, -1e150)
POSITIVE = Range(0.0, math.inf, low_open=True)
NEGATIVE = Range(-math.inf, 0.0, high_open=True)
RANGES = (ANY, POSITIVE, NEGATIVE, Range(0.0), Range(high=0.0), Range(0.0, 0.0), Range(1.0))
SIZES = (3, 1, 4)

CANCELLING: dict[str, Callable[..., float]] = {
    "lerp": lambda a, b, x: (1 + abs(x)) * max(abs(a), abs(b)),
}
"""The magnitude that rounding is relative to, where it is not that of the result."""


def named(rows: Sequence[Primitive]) -> Any:
    """Parametrises a test by rows."""
    return pytest.mark.parametrize("row", rows, ids=lambda row: row.name)


def holds(value: float, interval: Range) -> bool:
    """Whether `value` lies in `interval`."""
    above = value > interval.low if interval.low_open else value >= interval.low
    below = value < interval.high if interval.high_open else value <= interval.high
    return above and below


def grid(row: Primitive, values: Sequence[tuple[float, ...]] = ()) -> Array:
    """`[arity, N]`: all combinations of values for which the plain result is finite."""
    return _grid(row.name, tuple(values) or (VALUES,) * row.arity)


@cache
def _grid(name: str, values: tuple[tuple[float, ...], ...]) -> Array:
    points = [
        point for point in itertools.product(*values) if math.isfinite(sum(plainly(name, point)))
    ]
    return np.array(points, dtype=np.float64).reshape(-1, len(values)).T


@cache
def plainly(name: str, point: tuple[float, ...]) -> tuple[float, float]:
    """The plain definition's result, and the magnitude its rounding is relative to."""
    result = plain.ELEMENTWISE[name](*point)
    return result, CANCELLING[name](*point) if name in CANCELLING else abs(result)


def check(row: Primitive, arguments: Array, result: Any) -> None:
    """`result` is the plain definition at each column of `arguments`, to rounding."""
    points = [tuple(column) for column in arguments.T.tolist()]
    expected, scale = np.array([plainly(row.name, point) for point in points]).T
    error = np.abs(np.broadcast_to(np.asarray(result), expected.shape) - expected)
    wrong = ~(error <= 1e-13 * scale)  # so that NaN counts as wrong
    assert not wrong.any(), (points[int(np.argmax(wrong))], float(expected[np.argmax(wrong)]))


def tensors(arguments: Array) -> list[torch.Tensor]:
    return [torch.tensor(argument, dtype=torch.float64) for argument in arguments]


def run(code: str, arguments: Sequence[Any]) -> Any:
    """Evaluates `code`, in which the arguments are called `x0`, `x1` … and the parameter `p`."""
    names = {f"x{position}": argument for position, argument in enumerate(arguments)}
    parameter = torch.zeros(1, dtype=torch.float64)
    return eval(code, {"torch": torch, "math": math, "p": parameter, **names})


def code_of(row: Primitive, source: Any, floats: Sequence[bool]) -> str:
    return render(source, [f"x{position}" for position in range(row.arity)], floats)


def check_source(row: Primitive, source: Any, arguments: Array) -> None:
    """`source` is right for tensors, and with Python floats in any positions but all."""
    for floats in itertools.product((False, True), repeat=row.arity):
        if all(floats):
            continue
        code = code_of(row, source, floats)
        numbers = arguments[np.array(floats)]
        for chosen in {tuple(map(float, column)) for column in numbers.T}:
            matching = arguments[:, (chosen == numbers.T).all(axis=1)]
            filled = iter(chosen)
            given: list[Any] = [
                next(filled) if is_float else torch.tensor(argument, dtype=torch.float64)
                for argument, is_float in zip(matching, floats, strict=True)
            ]
            result = run(code, given)
            assert isinstance(result, torch.Tensor), code
            assert result.dtype == torch.float64, code
            check(row, matching, result.numpy())


def check_scalar_source(row: Primitive, source: str, arguments: Array) -> None:
    code = code_of(row, source, [True] * row.arity)
    results = [run(code, list(map(float, column))) for column in arguments.T]
    assert all(isinstance(result, float) for result in results)
    check(row, arguments, results)


def unguarded_grids(row: Primitive) -> Iterator[Array]:
    """Arguments in each combination of ranges for which the plain forms are said to do."""
    for intervals in itertools.product(RANGES, repeat=row.arity):
        if row.guarded is None or row.guarded.unneeded(*intervals):
            values = tuple(tuple(v for v in VALUES if holds(v, i)) for i in intervals)
            arguments = grid(row, values)
            if arguments.size:
                yield arguments
        if row.guarded is None:
            return


def reduction_arguments(row: Primitive) -> Iterator[Array]:
    """`[arity, D]` arrays: random, some elements zero, one tensor zero, tiny, large, all zero."""
    draw = np.random.default_rng(1)
    random = draw.standard_normal((row.arity, sum(SIZES)))
    yield random
    yield random * (np.arange(sum(SIZES)) % 3 == 0)
    yield random * (np.arange(sum(SIZES)) >= SIZES[0])
    yield random * 1e-100
    yield random * 1e100
    yield np.zeros_like(random)


def check_reduction(row: Primitive, arguments: Array, result: Any) -> None:
    """`result`, one number per tensor, is the plain definition, to rounding of the largest term."""
    parts = np.split(arguments, np.cumsum(SIZES)[:-1], axis=1)
    definition = plain.REDUCTIONS[row.name]
    expected = [definition(*part.tolist()) for part in parts]
    largest = [definition(*np.abs(part).tolist()) for part in parts]
    assert np.shape(result) == (len(SIZES),)
    error = np.abs(np.asarray(result) - expected)
    assert (error <= 1e-13 * np.array(largest)).all(), (result, expected)
