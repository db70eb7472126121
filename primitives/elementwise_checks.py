"""Checks a row whose operation works on single elements."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import sympy
import torch

from primitives.code_checks import (
    differences,
    holds,
    in_place_faults,
    list_faults,
    misplaced,
    scalar_source_faults,
    shown,
    source_faults,
)
from primitives.primitive import LETTERS, Primitive
from primitives.ranges import ANY, constant

_VALUES = (0.0, 1.0, -1.0, 0.5, -0.25, 2.0, -3.0)
_FORMULA_POINTS = 49


def elementwise_faults(row: Primitive) -> Iterator[str]:
    """Yields what is wrong with a row's functions, code and facts, found on a grid of points."""
    points = np.array(list(itertools.product(_VALUES, repeat=row.arity))).T
    expected = np.asarray(row.numpy(*points), dtype=np.float64)
    if expected.shape != points.shape[1:]:
        yield f"numpy gave the shape {expected.shape} for arguments of {points.shape[1:]}"
        return
    wrong = ~np.isfinite(expected)
    if wrong.any():
        yield f"numpy gave {expected[wrong][0]} of {shown(points[:, wrong][:, 0])}; be total"
        return
    yield from _torch_faults(row, points, expected)
    plain = _needing_no_guard(row, points)
    easy, easily = points[:, plain], expected[plain]
    if row.guarded:
        given = [torch.from_numpy(column.copy()) for column in points]
        result = row.torch(*given)[torch.from_numpy(plain)]
        yield from differences("torch without its guard", result, easily, easy)
    yield from source_faults(row, points, expected)
    yield from misplaced("in_place", list(row.in_place), row.arity)
    yield from in_place_faults(row, easy, easily)
    if row.foreach:
        yield from misplaced("foreach", list(row.foreach.forms), row.arity)
        yield from list_faults(row, row.foreach, easy, easily)
    yield from scalar_source_faults(row, points, expected)
    yield from _range_faults(row, points, expected)
    yield from _wrong_facts(row, points, expected)
    yield from _formula_faults(row, easy, easily)


def _needing_no_guard(row: Primitive, points: Any) -> Any:
    """Marks, as `[N]`, the points at which the plain forms are said to be right."""
    if row.guarded is None or row.guarded.unneeded(*[ANY] * row.arity):
        return np.ones(points.shape[1], dtype=bool)
    unneeded = row.guarded.unneeded
    return np.array([unneeded(*map(constant, point)) for point in points.T.tolist()])


def _torch_faults(row: Primitive, points: Any, expected: Any) -> Iterator[str]:
    """Yields the faults of torch's form, guarded if there is a guard."""
    given = [torch.from_numpy(column.copy()) for column in points]
    form = row.guarded.torch if row.guarded else row.torch
    yield from differences("torch", form(*given), expected, points)
    if row.arity:
        # Of other values in other places, which a form that knows the points by heart gets wrong.
        some = points[:, 1::2]
        part = [torch.from_numpy(column.copy()) for column in some]
        yield from differences("torch", form(*part), expected[1::2], some)
    for place in range(row.arity if (row.guarded or row).takes_out else 0):
        overwritten = [argument.clone() for argument in given]
        form(*overwritten, out=overwritten[place])
        what = f"torch, written over argument {place + 1},"
        yield from differences(what, overwritten[place], expected, points)
    singles = form(*(argument.float() for argument in given))
    if singles.dtype != torch.float32:
        yield f"torch gave {singles.dtype} of single precision; keep the arguments' type"


def _range_faults(row: Primitive, points: Any, expected: Any) -> Iterator[str]:
    for column, value in zip(points.T, expected, strict=True):
        for ranges in ([constant(float(x)) for x in column], [ANY] * row.arity):
            if not holds(row.range(*ranges), float(value)):
                yield f"range leaves out {value:g}, the value at {shown(column)}"


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
    if row.degrees is not None:
        if len(row.degrees) != row.arity:
            yield f"degrees has {len(row.degrees)} numbers; expected one for each argument"
            return
        factor = 2.0 ** sum(row.degrees)
        claims.append(
            ("of these degrees", True, lambda: (row.numpy(*2 * points), factor * expected))
        )
    for name, claimed, sides in claims:
        if claimed and not np.allclose(*sides(), rtol=1e-9, atol=0):
            yield f"it claims to be {name}, and is not"


def _formula_faults(row: Primitive, points: Any, expected: Any) -> Iterator[str]:
    symbols = [sympy.Symbol(letter, real=True) for letter in LETTERS[: row.arity]]
    formula = sympy.sympify(row.sympy(*symbols))
    if formula.has(sympy.core.function.AppliedUndef):
        return
    for point, value in list(zip(points.T.tolist(), expected, strict=True))[:_FORMULA_POINTS]:
        result = complex(formula.subs(dict(zip(symbols, point, strict=True))).evalf())
        if not np.isclose(result, value, rtol=1e-9, atol=1e-12):
            yield f"sympy gave {result:g} at {shown(point)}, numpy {value:g}"
