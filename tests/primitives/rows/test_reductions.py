"""One contract for every reduction: all its forms are the operation it says it is."""

import numpy as np
import pytest
import sympy
import torch

from primitives import (
    PRIMITIVES,
    NumpySegments,
    Primitive,
    TorchSegments,
    render,
)
from tests.support import plain_definitions as plain
from tests.support.row_grids import (
    REDUCTIONS,
    SIZES,
    TOTALS,
    check_reduction,
    code_of,
    named,
    reduction_arguments,
    run,
    tensors,
)


@named(REDUCTIONS)
def test_formula_of_a_reduction_is_a_named_function(row: Primitive) -> None:
    """A reduction appears in formulas under its own name."""
    symbols = sympy.symbols(f"x:{row.arity}")
    assert row.sympy(*symbols) == sympy.Function(row.name)(*symbols)


@named(REDUCTIONS)
def test_reduction_forms_are_the_definition(row: Primitive) -> None:
    """A reduction's numpy, torch and source forms are the plain definition for each tensor."""
    code = code_of(row, row.source, [False] * row.arity)
    for arguments in reduction_arguments(row):
        with np.errstate(all="ignore"):
            check_reduction(row, arguments, row.numpy(NumpySegments(SIZES), *arguments))
        given = tensors(arguments)
        segments = TorchSegments(SIZES, torch.float64)
        check_reduction(row, arguments, row.torch(segments, *given).numpy())
        parts = zip(*(argument.split(SIZES) for argument in given), strict=True)
        check_reduction(row, arguments, [float(run(code, part)) for part in parts])


@named(REDUCTIONS)
@pytest.mark.parametrize("size", [0.0, 1e-23, 1e-30, 1e-170, 1e-300])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["single", "double"])
def test_reduction_is_total(row: Primitive, size: float, dtype: torch.dtype) -> None:
    """Squares that underflow give a finite result, no larger than the operation can give."""
    given = [torch.full((sum(SIZES),), size, dtype=dtype)] * row.arity
    code = code_of(row, row.source, [False] * row.arity)
    arrays = [argument.double().numpy() for argument in given]
    with np.errstate(all="ignore"):
        reference = row.numpy(NumpySegments(SIZES), *arrays)
    results = [
        torch.from_numpy(reference),
        row.torch(TorchSegments(SIZES, dtype), *given),
        torch.stack([run(code, [a[:3] for a in given])]),
    ]
    for result in results:
        assert (result.abs() <= 1 + 1e-6).all(), result


@named(REDUCTIONS)
def test_reduction_source_takes_a_matrix(row: Primitive) -> None:
    """A reduction's source gives one number for a parameter of any shape."""
    arguments = next(reduction_arguments(row))[:, :4]
    code = code_of(row, row.source, [False] * row.arity)
    result = run(code, [tensor.reshape(2, 2) for tensor in tensors(arguments)])
    assert result.shape == ()
    expected = plain.REDUCTIONS[row.name](*arguments.tolist())
    assert float(result) == pytest.approx(expected, rel=1e-12)


@named(TOTALS)
def test_total_forms_are_the_definition(row: Primitive) -> None:
    """A reduction over all parameters gives one number, also from the parts of each of them."""
    code = code_of(row, row.source, [False] * row.arity)
    definition = plain.GLOBAL[row.name]
    for arguments in reduction_arguments(row):
        if np.abs(arguments).max() > 1e50:
            continue  # the parts are squares, and added up before the root
        expected = definition(*arguments.tolist())
        largest = definition(*np.abs(arguments).tolist())
        given = tensors(arguments)
        parts = zip(*(argument.split(SIZES) for argument in given), strict=True)
        added = torch.stack([run(code, part) for part in parts]).sum()
        with np.errstate(all="ignore"):
            results = [
                row.numpy(NumpySegments(SIZES), *arguments),
                row.torch(TorchSegments(SIZES, torch.float64), *given),
                run(row.finish.format("x0"), [added])[None],
            ]
        for result in results:
            assert np.shape(result) == (1,)
            assert abs(float(result[0]) - expected) <= 1e-13 * largest


def test_number_of_elements() -> None:
    """`numel` counts each parameter tensor's elements, in every form."""
    row = PRIMITIVES["numel"]
    assert row.numpy(NumpySegments(SIZES)).tolist() == list(SIZES)
    assert row.torch(TorchSegments(SIZES, torch.float64)).tolist() == list(SIZES)
    parameter = torch.zeros(2, 3)
    for source in (row.source, row.scalar_source):
        assert eval(render(source, [], []), {"p": parameter}) == 6
