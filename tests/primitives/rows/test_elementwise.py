"""One contract for every row of single elements: all its forms are the operation it says it is."""

import itertools
import math

import numpy as np
import pytest
import sympy
import torch

from primitives import (
    Kind,
    Primitive,
)
from primitives.ranges import ANY, constant
from tests.support import plain_definitions as plain
from tests.support.row_grids import (
    ELEMENTWISE,
    GUARDED,
    check,
    check_scalar_source,
    check_source,
    code_of,
    grid,
    named,
    run,
    tensors,
    unguarded_grids,
)


@named(ELEMENTWISE)
def test_numpy_form_is_the_definition(row: Primitive) -> None:
    """The numpy form is the plain definition, also at zeros, tiny and huge numbers."""
    arguments = grid(row)
    with np.errstate(all="ignore"):
        check(row, arguments, row.numpy(*arguments))


def test_exact_rows_are_what_ieee_754_fixes() -> None:
    """Machines agree on what is made of +, -, *, /, square roots, signs and comparisons."""
    exact = {row.name for row in ELEMENTWISE if row.exact}
    functions = {"abs", "sign", "square", "cube", "sqrt", "reciprocal", "negative", "identity"}
    arithmetic = {"add", "subtract", "multiply", "divide", "lerp", "maximum", "minimum"}
    choices = {"greater", "greater_equal", "equal", "not_equal", "where"}
    assert exact == functions | arithmetic | choices
    for row in ELEMENTWISE:
        if row.name in exact - {"lerp"}:  # its plain definition is another expression
            arguments = grid(row)
            points = [tuple(column) for column in arguments.T.tolist()]
            plainly_done = [plain.ELEMENTWISE[row.name](*point) for point in points]
            with np.errstate(all="ignore"):
                assert np.array_equal(row.numpy(*arguments), plainly_done), row.name


@named(ELEMENTWISE)
def test_numpy_form_takes_single_numbers(row: Primitive) -> None:
    """The numpy form works on numpy scalars, as constant folding needs."""
    arguments = grid(row)
    with np.errstate(all="ignore"):
        check(row, arguments, [float(row.numpy(*column)) for column in arguments.T])


@named(ELEMENTWISE)
def test_numpy_form_is_total(row: Primitive) -> None:
    """Finite arguments of moderate size give a finite result, whatever zeros are among them."""
    moderate = (0.0, -0.0, 1.0, -1.0, 2.5, -2.5, 0.3, -3.0, 1e-300, -1e-300, 5e-324)
    points = np.array(list(itertools.product(moderate, repeat=row.arity))).T
    with np.errstate(all="ignore"):
        result = np.asarray(row.numpy(*points))
    # Only a quotient by something tiny may exceed the largest number.
    overflows = np.array([math.isinf(plain.ELEMENTWISE[row.name](*p)) for p in points.T.tolist()])
    assert not np.isnan(result).any()
    assert (np.isfinite(result) | overflows).all()


@named(ELEMENTWISE)
def test_torch_form_is_the_definition(row: Primitive) -> None:
    """The torch form, with its guard if it has one, is the plain definition."""
    arguments = grid(row)
    form = row.guarded.torch if row.guarded else row.torch
    check(row, arguments, form(*tensors(arguments)).numpy())


@named(ELEMENTWISE)
def test_torch_form_keeps_single_precision(row: Primitive) -> None:
    """The torch forms give single precision for single precision."""
    arguments = [torch.tensor([0.5, 2.0])] * row.arity
    assert row.torch(*arguments).dtype == torch.float32
    if row.guarded:
        assert row.guarded.torch(*arguments).dtype == torch.float32


@named(ELEMENTWISE)
def test_source_is_the_definition(row: Primitive) -> None:
    """The source, guarded if it has a guard, is the plain definition of tensors and floats."""
    check_source(row, row.guarded.source if row.guarded else row.source, grid(row))


@named(ELEMENTWISE)
def test_scalar_source_is_the_definition(row: Primitive) -> None:
    """The source for Python floats, guarded if it has a guard, is the plain definition."""
    check_scalar_source(
        row, row.guarded.scalar_source if row.guarded else row.scalar_source, grid(row)
    )


@named(GUARDED)
def test_guard_can_be_left_out_where_ranges_allow(row: Primitive) -> None:
    """The forms without guard are right where `unneeded` holds of the arguments' ranges."""
    grids = list(unguarded_grids(row))
    assert grids, "the guard is never unneeded"
    for arguments in grids:
        check(row, arguments, row.torch(*tensors(arguments)).numpy())
        check_source(row, row.source, arguments)
        check_scalar_source(row, row.scalar_source, arguments)


@named(GUARDED)
def test_guard_is_needed_where_nothing_is_known(row: Primitive) -> None:
    """The guard is needed for arguments that can be anything, and the plain torch form fails."""
    assert row.guarded is not None
    assert not row.guarded.unneeded(*[ANY] * row.arity)
    with pytest.raises(AssertionError, match=r"\("):
        check(row, grid(row), row.torch(*tensors(grid(row))).numpy())


@named([row for row in ELEMENTWISE if row.in_place])
def test_in_place_code_overwrites_its_argument(row: Primitive) -> None:
    """In-place code leaves the result in the tensor it names, and the other arguments alone."""
    for arguments in unguarded_grids(row):
        for position, template in row.in_place.items():
            assert row.accepts[position] is Kind.TENSOR
            given = tensors(arguments)
            run(code_of(row, template, [False] * row.arity), given)
            check(row, arguments, given[position].numpy())
            for other, argument in enumerate(arguments):
                if other != position:
                    np.testing.assert_array_equal(given[other].numpy(), argument)


@named([row for row in ELEMENTWISE if row.in_place and Kind.LEAF in row.accepts])
def test_in_place_code_takes_floats_for_arguments_that_are_no_tensor(row: Primitive) -> None:
    """An argument that may not be a tensor value may be a Python float in in-place code."""
    floats = [largest is not Kind.TENSOR for largest in row.accepts]
    for position, template in row.in_place.items():
        code = code_of(row, template, floats)
        for column in np.concatenate(list(unguarded_grids(row)), axis=1).T:
            given = [
                float(value) if is_float else torch.tensor([value], dtype=torch.float64)
                for value, is_float in zip(column, floats, strict=True)
            ]
            run(code, given)
            result = given[position]
            assert isinstance(result, torch.Tensor)
            check(row, column[:, None], result.numpy())


@named(ELEMENTWISE)
def test_formula_is_the_definition(row: Primitive) -> None:
    """The sympy form has the plain value; the guarded one also where the guard is needed."""
    symbols = sympy.symbols(f"x:{row.arity}", real=True)
    formula = row.sympy(*symbols)
    if formula.has(sympy.core.function.AppliedUndef):
        assert formula == sympy.Function(row.name)(*symbols)
        return
    compared = 0
    for point in itertools.product((-2.0, -0.75, 0.5, 1.0, 3.0), repeat=row.arity):
        chosen = formula
        if row.guarded and not row.guarded.unneeded(*map(constant, point)):
            if row.guarded.sympy is None:
                continue
            chosen = row.guarded.sympy(*symbols)
        value = float(chosen.subs(dict(zip(symbols, point, strict=True))))
        assert value == pytest.approx(plain.ELEMENTWISE[row.name](*point), rel=1e-12, abs=1e-12)
        compared += 1
    assert compared >= 2
