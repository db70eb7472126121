"""Checks a row's code: whether it computes what the row's numpy function computes."""

from __future__ import annotations

import ast
import builtins
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from primitives.primitive import LETTERS, Foreach, Primitive, render
from primitives.ranges import Range

_PARAMETER = torch.zeros(1, dtype=torch.float64)


def argument_names(row: Primitive) -> list[str]:
    """Gives the names that the arguments have in the code that is checked: x0, x1, …"""
    return [f"x{position}" for position in range(row.arity)]


def run(code: str, scope: Mapping[str, Any], parameter: torch.Tensor = _PARAMETER) -> Any:
    """Evaluates an expression in which the parameter is `p`, with the names in `scope`."""
    return eval(code, {"torch": torch, "math": math, "p": parameter}, {**scope})


def differences(form: str, result: Any, expected: Any, points: Any) -> Iterator[str]:
    """Reports, as a sentence, the first number of `result` that is not the one expected.

    `points` is `[arity, N]`, the arguments; `form` names what gave the result.
    """
    values = np.broadcast_to(result.numpy(), expected.shape)
    wrong = ~np.isclose(values, expected, rtol=1e-9, atol=1e-12)
    if wrong.any():
        place = int(np.argmax(wrong))
        where = f" at {shown(points[:, place])}" if values.shape == points.shape[1:] else ""
        yield f"{form} gave {values.flat[place]:g}{where}, numpy {expected.flat[place]:g}"


def shown(point: Any) -> str:
    """Writes arguments as a person does.

    >>> shown([1.0, 0.5])
    'a = 1, b = 0.5'
    """
    return ", ".join(f"{letter} = {value:g}" for letter, value in zip(LETTERS, point, strict=False))


def holds(interval: Range, value: float) -> bool:
    """Tells whether a number lies in a range."""
    above = value > interval.low if interval.low_open else value >= interval.low
    below = value < interval.high if interval.high_open else value <= interval.high
    return above and below


def source_faults(row: Primitive, points: Any, expected: Any) -> Iterator[str]:
    """Yields the faults of the code on tensors, and on tensors mixed with Python floats."""
    names = argument_names(row)
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
        result = run(render(source, names, list(floats)), given)
        yield from differences("source", result, expected[matching], chosen)


def in_place_faults(row: Primitive, points: Any, expected: Any) -> Iterator[str]:
    """Yields the faults of the code that overwrites an argument; the points must need no guard."""
    names = argument_names(row)
    for position, template in row.in_place.items():
        targets = [torch.from_numpy(column.copy()) for column in points]
        run(template.format(*names), dict(zip(names, targets, strict=True)))
        yield from differences("in_place", targets[position], expected, points)


def list_faults(row: Primitive, foreach: Foreach, points: Any, expected: Any) -> Iterator[str]:
    """Yields the faults of the code on lists, here of one tensor; the points must need no guard."""
    if not foreach.listed_numbers:
        return  # it wants a number, of which there is none that all points share
    names = argument_names(row)
    for position, template in foreach.forms.items():
        for mark in ("", "_") if foreach.in_place else ("",):
            lists = [[torch.from_numpy(column.copy())] for column in points]
            code = template.replace("{_}", mark).format(*names)
            made = run(code, dict(zip(names, lists, strict=True)))
            result = lists[position] if mark else made
            yield from differences("foreach", result[0], expected, points)


def misplaced(what: str, positions: Sequence[int], arity: int) -> Iterator[str]:
    """Yields a fault for each piece of code written for an argument that does not exist."""
    for position in positions:
        if position not in range(arity):
            yield f"{what} has code for argument {position}; there are {arity}"


def scalar_source_faults(row: Primitive, points: Any, expected: Any) -> Iterator[str]:
    """Yields the faults of the code on Python floats."""
    if not row.scalar_source:
        yield "expected a scalar_source, the code for Python floats"
        return
    names = argument_names(row)
    code = (row.guarded or row).scalar_source.format(*names)
    results = [run(code, dict(zip(names, map(float, column), strict=True))) for column in points.T]
    values = torch.tensor(results, dtype=torch.float64)
    yield from differences("scalar_source", values, expected, points)


def jax_faults(row: Primitive) -> Iterator[str]:
    """Yields what shows of faults in the code for jax without running it."""
    names = argument_names(row)
    codes = {"jax": (row.jax, names), "jax_finish": (row.jax_finish, ["x0"])}
    if row.guarded:
        codes["guarded.jax"] = (row.guarded.jax, names)
    for what, (code, arguments) in codes.items():
        try:
            tree = ast.parse(code.format(*arguments) or "0", mode="eval")
        except (AttributeError, IndexError, KeyError, SyntaxError, ValueError):
            yield f"{what} is no expression of {len(arguments)} arguments, {{0}} the first"
            continue
        nodes = list(ast.walk(tree))
        names_in_code = [node for node in nodes if isinstance(node, ast.Name)]
        known = {"jax", "jnp", "g", "w", *arguments, *dir(builtins)}
        known.update(node.arg for node in nodes if isinstance(node, ast.arg))
        known.update(node.id for node in names_in_code if isinstance(node.ctx, ast.Store))
        for node in names_in_code:
            if node.id not in known:
                yield (
                    f"{what} reads '{node.id}'; expected jax, jnp, the gradient g, the parameter w"
                )
