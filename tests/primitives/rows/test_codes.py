"""The forms for lists and in place, and the facts of scale, are what the rows say."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from primitives import PRIMITIVES, NumpySegments, Primitive
from primitives.code_checks import jax_faults
from primitives.primitive import LETTERS, render
from primitives.ranges import constant
from tests.support import plain_definitions as plain
from tests.support.code_runs import assert_all, run, two

Array = NDArray[np.float64]

VALUES = (0.0, 1.0, -1.0, 0.5, -0.25, 2.0, -3.0)
ROWS = list(PRIMITIVES.values())
LISTED = [row for row in ROWS if row.foreach]
SCALED = [row for row in ROWS if row.degrees or row.scaled_together]


def named(rows: Sequence[Primitive]) -> Any:
    return pytest.mark.parametrize("row", rows, ids=lambda row: row.name)


def unguarded(row: Primitive) -> Iterator[tuple[float, ...]]:
    """Points at which the row's plain forms are right."""
    for point in itertools.product(VALUES, repeat=row.arity):
        if row.guarded is None or row.guarded.unneeded(*map(constant, point)):
            yield point


@named([row for row in LISTED if not row.reduces])
def test_list_forms_are_the_definition(row: Primitive) -> None:
    """Out of place and in place, beside lists of tensors, lists of numbers and one number."""
    assert row.foreach is not None
    names = list(LETTERS[: row.arity])
    compared = 0
    for point in unguarded(row):
        expected = plain.ELEMENTWISE[row.name](*point)
        for position, template in row.foreach.forms.items():
            forms: list[Any] = [lambda value: value]
            if row.foreach.listed_numbers:
                forms.append(lambda value: [value, value])
            if row.foreach.shared_tensor:
                forms.append(lambda value: torch.tensor(value, dtype=torch.float64))
            for form, mark in itertools.product((two, *forms), ("", "_")):
                given = {
                    name: two(value) if place == position or place in row.tensors else form(value)
                    for place, (name, value) in enumerate(zip(names, point, strict=True))
                }
                if form is two and not row.foreach.listed_numbers:
                    continue
                code = template.replace("{_}", mark).format(*names)
                result = run(code, given)
                assert_all(given[names[position]] if mark else result, expected)
                compared += 1
    assert compared > 10


@named([row for row in LISTED if row.reduces])
def test_list_forms_of_reductions_are_the_definition(row: Primitive) -> None:
    """Each tensor's own number, also where a tensor is empty or holds one number."""
    assert row.foreach is not None
    assert not row.foreach.in_place
    draw = np.random.default_rng(0)
    parts = [draw.standard_normal(shape) for shape in ((3,), (), (2, 2), (0,))]
    given = {"a": [torch.tensor(part) for part in parts]}
    result = run(row.foreach.forms[0].replace("{_}", "").format("a"), given)
    for number, part in zip(result, parts, strict=True):
        assert number.item() == pytest.approx(plain.REDUCTIONS[row.name](np.ravel(part).tolist()))


@named([row for row in ROWS if row.any_source])
def test_code_for_any_number_serves_floats_and_tensors(row: Primitive) -> None:
    """One text, which gives a float of floats and a tensor of tensors."""
    code = row.any_source.format(*LETTERS[: row.arity])
    for point in unguarded(row):
        expected = plain.ELEMENTWISE[row.name](*point)
        floats = dict(zip(LETTERS, point, strict=False))
        assert run(code, floats) == pytest.approx(expected)
        tensors = {name: torch.tensor(value) for name, value in floats.items()}
        result = run(code, tensors)
        assert isinstance(result, Tensor)
        assert result.item() == pytest.approx(expected)


@pytest.mark.parametrize("weight", [1e-8, 1e-3, 0.1, 0.3, 0.5, 0.9, 0.95, 0.999, 1 - 1e-7])
@pytest.mark.parametrize("ends", [(1.0, 0.0), (0.0, 1.0), (3.0, -2.0), (1e-3, 5.0)], ids=str)
def test_interpolation_keeps_small_weights(ends: tuple[float, float], weight: float) -> None:
    """The precise form does so, where torch's own `lerp` would take 0.999 from 1 in float32."""
    row = PRIMITIVES["lerp"]
    assert row.precise is not None
    row = row.precise(row, [None, None, weight])
    first, second = (float(np.float32(end)) for end in ends)
    expected = (1 - weight) * first + weight * second
    given = {name: [torch.full((9,), end)] for name, end in zip("ab", ends, strict=True)}
    assert row.foreach is not None
    codes = [(render(row.source, ["a[0]", "b[0]", "c"], [False, False, True]), "")]
    for position, form in row.in_place.items():
        codes.append((form.format("a[0]", "b[0]", "c"), LETTERS[position]))
    for position, form in row.foreach.forms.items():
        codes += [
            (form.replace("{_}", "").format("a", "b", "c") + "[0]", ""),
            (form.replace("{_}", "_").format("a", "b", "c"), LETTERS[position]),
        ]
    assert len(codes) >= 4
    for code, target in codes:
        scope = {name: [tensor.clone() for tensor in tensors] for name, tensors in given.items()}
        returned = run(code, {**scope, "c": weight})
        result = scope[target][0] if target else returned
        bound = 1e-6 * (abs((1 - weight) * first) + abs(weight * second))
        assert (result.double() - expected).abs().max() <= bound, code


def apply(row: Primitive, arguments: Sequence[Array]) -> Array:
    with np.errstate(all="ignore"):
        if row.reduces:
            return np.asarray(row.numpy(NumpySegments((3, 1, 4)), *arguments))
        return np.asarray(row.numpy(*arguments))


@named(SCALED)
def test_facts_of_scale_hold(row: Primitive) -> None:
    """Positive factors of the arguments come out as the row's degrees say."""
    draw = np.random.default_rng(3)
    for _ in range(20):
        arguments = [draw.standard_normal(8) * (draw.random(8) < 0.8) for _ in range(row.arity)]
        factors = draw.uniform(0.1, 10.0, row.arity)
        plainly = apply(row, arguments)
        if row.degrees is not None:
            assert len(row.degrees) == row.arity
            scaled = apply(row, [f * a for f, a in zip(factors, arguments, strict=True)])
            factor = math.prod(f**d for f, d in zip(factors, row.degrees, strict=True))
            np.testing.assert_allclose(scaled, factor * plainly, rtol=1e-10, atol=1e-14)
        if row.scaled_together:
            together = [
                factors[0] * a if place in row.scaled_together else a
                for place, a in enumerate(arguments)
            ]
            result = apply(row, together)
            np.testing.assert_allclose(result, factors[0] * plainly, rtol=1e-10, atol=1e-14)


@named([row for row in ROWS if row.neutral])
def test_one_is_neutral_where_the_row_says_so(row: Primitive) -> None:
    """f(1, a) = a, and such a number is a factor with the degree that the row gives."""
    values = np.array(VALUES)
    for position in row.neutral:
        assert row.degrees is not None
        arguments = [values] * row.arity
        arguments[position] = np.ones_like(values)
        np.testing.assert_array_equal(apply(row, arguments), values)


@named([row for row in ROWS if not row.reduces])
def test_code_for_jax_is_the_definition(row: Primitive) -> None:
    """Plain and guarded, each with numpy in the place of jax; operators serve torch and jax."""
    compared = 0
    for point in itertools.product(VALUES, repeat=row.arity):
        given = dict(zip(LETTERS, map(np.float64, point), strict=False))
        safe = row.guarded is None or row.guarded.unneeded(*map(constant, point))
        codes = [row.jax or row.source] * safe
        codes += [row.guarded.jax] if row.guarded else []
        for code in codes:
            assert isinstance(code, str)
            with np.errstate(all="ignore"):
                result = eval(code.format(*given), {"jnp": np, **given})
            assert result == pytest.approx(plain.ELEMENTWISE[row.name](*point))
            compared += 1
    assert compared >= len(VALUES) ** row.arity


def test_every_operation_has_code_for_jax() -> None:
    """An optax file needs no name that is not jax's, whatever operation is in it."""
    for row in ROWS:
        assert isinstance(row.source, str) or row.jax, row.name
        assert row.jax or not re.search("[A-Za-z_]", str(row.source)), row.name
        assert row.guarded is None or row.guarded.jax, row.name
        assert row.jax_finish or not re.search("[A-Za-z_]", row.finish), row.name
        assert list(jax_faults(row)) == []
