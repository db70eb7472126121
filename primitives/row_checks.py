"""What every row of the table must keep to, as a check for rows that others write."""

from __future__ import annotations

import itertools
import keyword
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import sympy
import torch

from primitives.kinds import Kind
from primitives.primitive import (
    LETTERS,
    Composite,
    Foreach,
    Guarded,
    Operation,
    Primitive,
    render,
)
from primitives.ranges import ANY, Range, constant
from primitives.segments import NumpySegments, TorchSegments

_VALUES = (0.0, 1.0, -1.0, 0.5, -0.25, 2.0, -3.0)
_SIZES = (3, 1, 4)
_SHAPES = ((3,), (), (2, 2))
_PARAMETER = torch.zeros(1, dtype=torch.float64)
_FORMULA_POINTS = 49
_LONGEST_NAME = 80


def first_fault(row: Operation) -> str | None:
    """The first thing wrong with a row, said to the person who wrote it; None if nothing is."""
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
    yield from (_reduction_faults(row) if row.reduces else _elementwise_faults(row))
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
    if row.reduces_to not in (None, Kind.LEAF, Kind.SCALAR):
        yield f"reduces_to is {row.reduces_to}; expected Kind.LEAF, Kind.SCALAR or None"


def _elementwise_faults(row: Primitive) -> Iterator[str]:
    points = np.array(list(itertools.product(_VALUES, repeat=row.arity))).T
    expected = np.asarray(row.numpy(*points), dtype=np.float64)
    if expected.shape != points.shape[1:]:
        yield f"numpy gave the shape {expected.shape} for arguments of {points.shape[1:]}"
        return
    wrong = ~np.isfinite(expected)
    if wrong.any():
        yield f"numpy gave {expected[wrong][0]} of {_shown(points[:, wrong][:, 0])}; be total"
        return
    given = [torch.from_numpy(column.copy()) for column in points]
    some = points[:, 1::2]
    part = [torch.from_numpy(column.copy()) for column in some]
    form = row.guarded.torch if row.guarded else row.torch
    yield from _differences("torch", form(*given), expected, points)
    if row.arity:
        yield from _differences("torch", form(*part), expected[1::2], some)
    for place in range(row.arity if (row.guarded or row).takes_out else 0):
        overwritten = [argument.clone() for argument in given]
        form(*overwritten, out=overwritten[place])
        what = f"torch, written over argument {place + 1},"
        yield from _differences(what, overwritten[place], expected, points)
    singles = form(*(argument.float() for argument in given))
    if singles.dtype != torch.float32:
        yield f"torch gave {singles.dtype} of single precision; keep the arguments' type"
    plain = np.ones(expected.shape, dtype=bool)
    if row.guarded:
        unneeded = row.guarded.unneeded
        plain = np.array([unneeded(*map(constant, point)) for point in points.T.tolist()])
        if unneeded(*[ANY] * row.arity):
            plain[:] = True
        found = row.torch(*given)[torch.from_numpy(plain)]
        unguarded = "torch without its guard"
        yield from _differences(unguarded, found, expected[plain], points[:, plain])
    names = [f"x{position}" for position in range(row.arity)]
    yield from _source_faults(row, names, points, expected)
    for position, template in row.in_place.items():
        if position not in range(row.arity):
            yield f"in_place has code for argument {position}; there are {row.arity}"
            return
        targets = [torch.from_numpy(column[plain].copy()) for column in points]
        _run(template.format(*names), dict(zip(names, targets, strict=True)))
        yield from _differences("in_place", targets[position], expected[plain], points[:, plain])
    if row.foreach:
        yield from _list_faults(row, row.foreach, names, points[:, plain], expected[plain])
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
    yield from _formula_faults(row, points[:, plain], expected[plain])


def _list_faults(
    row: Primitive, foreach: Foreach, names: list[str], points: Any, expected: Any
) -> Iterator[str]:
    """Of the code on lists, here of one tensor."""
    if not foreach.listed_numbers:
        return  # it wants a number, of which there is none that all points share
    for position, template in foreach.forms.items():
        if position not in range(row.arity):
            yield f"foreach has code for argument {position}; there are {row.arity}"
            return
        for mark in ("", "_") if foreach.in_place else ("",):
            lists = [[torch.from_numpy(column.copy())] for column in points]
            code = template.replace("{_}", mark).format(*names)
            made = _run(code, dict(zip(names, lists, strict=True)))
            found = lists[position] if mark else made
            yield from _differences("foreach", found[0], expected, points)


def _source_faults(row: Primitive, names: list[str], points: Any, expected: Any) -> Iterator[str]:
    """Of the code on tensors, and on tensors with Python floats among them."""
    source = row.guarded.source if row.guarded else row.source
    for floats in itertools.product((False, True), repeat=row.arity):
        if row.arity and all(floats):
            continue
        numbers = points[np.array(floats, dtype=bool)]
        matching = (numbers == numbers[:, :1]).all(axis=0) if any(floats) else slice(None)
        chosen = points[:, matching]
        given = {
            name: float(column[0]) if as_float else torch.from_numpy(column.copy())
            for name, column, as_float in zip(names, chosen, floats, strict=True)
        }
        found = _run(render(source, names, list(floats)), given)
        yield from _differences("source", found, expected[matching], chosen)


def _formula_faults(row: Primitive, points: Any, expected: Any) -> Iterator[str]:
    symbols = [sympy.Symbol(letter, real=True) for letter in LETTERS[: row.arity]]
    formula = sympy.sympify(row.sympy(*symbols))
    if formula.has(sympy.core.function.AppliedUndef):
        return
    for point, value in list(zip(points.T.tolist(), expected, strict=True))[:_FORMULA_POINTS]:
        found = complex(formula.subs(dict(zip(symbols, point, strict=True))).evalf())
        if not np.isclose(found, value, rtol=1e-9, atol=1e-12):
            yield f"sympy gave {found:g} at {_shown(point)}, numpy {value:g}"


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


def _reduction_faults(row: Primitive) -> Iterator[str]:
    if row.guarded or row.in_place or row.monotone or row.keeps_sign:
        yield "guarded, in_place, monotone and keeps_sign are for operations on single elements"
    if row.scalar_source and row.arity:
        yield "scalar_source is for operations on single elements"
    draw = np.random.Generator(np.random.Philox(key=0))
    arguments = draw.standard_normal((row.arity, sum(_SIZES)))
    parts = [torch.zeros(shape, dtype=torch.float64) for shape in _SHAPES]
    for columns in (arguments, np.abs(arguments), np.zeros_like(arguments)):
        expected = _reduced(row, columns)
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
        if row.arity:
            pairs = [torch.stack([argument, 2 * argument]) for argument in given]
            both = np.stack([expected, _reduced(row, 2 * columns)])
            found = row.torch(TorchSegments(_SIZES, torch.float64), *pairs)
            yield from _differences("torch of two rows", found, both, columns)
        names = [f"x{position}" for position in range(row.arity)]
        code = render(row.source, names, [False] * row.arity)
        results = []
        for place, part in enumerate(parts):
            split = (torch.split(argument, list(_SIZES))[place] for argument in given)
            scope = dict(zip(names, (x.reshape(part.shape) for x in split), strict=True))
            results.append(_run(code, scope, part))
        found = torch.stack(results)
        if row.reduces_to is Kind.SCALAR:
            found = _run(row.finish.format("x0"), {"x0": found.sum()})[None]
        yield from _differences("source", found, expected, columns)
        if row.scalar_source:
            numbers = [_run(row.scalar_source, {}, part) for part in parts]
            found = torch.tensor(numbers, dtype=torch.float64)
            yield from _differences("scalar_source", found, expected, columns)
        known = [ANY if (column < 0).any() else Range(0.0) for column in columns]
        for value in expected:
            if not _holds(row.range(*known), float(value)):
                yield f"range leaves out {value:g}, the value of some {known}"
    sides = {
        "commutative": (row.commutative, arguments[::-1], 1),
        "even": (row.even, -arguments, 1),
        "odd": (row.odd, -arguments, -1),
        "zero_preserving": (row.zero_preserving, np.zeros_like(arguments), 0),
    }
    for name, (claimed, changed, sign) in sides.items():
        if claimed and not np.allclose(_reduced(row, changed), sign * _reduced(row, arguments)):
            yield f"it claims to be {name}, and is not"


def _reduced(row: Primitive, columns: Any) -> Any:
    return np.asarray(row.numpy(NumpySegments(_SIZES), *columns), dtype=np.float64)


def _run(code: str, scope: Mapping[str, Any], parameter: torch.Tensor = _PARAMETER) -> Any:
    return eval(code, {"torch": torch, "math": math, "p": parameter}, {**scope})


def _differences(form: str, found: Any, expected: Any, points: Any) -> Iterator[str]:
    values = np.broadcast_to(found.numpy(), expected.shape)
    wrong = ~np.isclose(values, expected, rtol=1e-9, atol=1e-12)
    if wrong.any():
        place = int(np.argmax(wrong))
        where = f" at {_shown(points[:, place])}" if values.shape == points.shape[1:] else ""
        yield f"{form} gave {values.flat[place]:g}{where}, numpy {expected.flat[place]:g}"


def _shown(point: Any) -> str:
    return ", ".join(f"{letter} = {value:g}" for letter, value in zip(LETTERS, point, strict=False))


def _holds(interval: Range, value: float) -> bool:
    above = value > interval.low if interval.low_open else value >= interval.low
    below = value < interval.high if interval.high_open else value <= interval.high
    return above and below
