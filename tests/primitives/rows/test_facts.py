"""One contract for what every row claims: algebra, kinds, and that it is well formed."""

import itertools
import math

import numpy as np
import torch

from primitives import (
    OPERATIONS,
    PRIMITIVES,
    Kind,
    NumpySegments,
    Primitive,
    TorchSegments,
    fits,
    join,
)
from tests.support import plain_definitions as plain
from tests.support.row_grids import (
    CANCELLING,
    ELEMENTWISE,
    ELEMENTWISE_NAMES,
    REDUCTIONS,
    SIZES,
    TOTALS,
    Array,
    grid,
    named,
    reduction_arguments,
)


def test_plain_definitions_cover_the_table() -> None:
    """Every row has a definition in plain Python to be compared with."""
    assert {row.name for row in ELEMENTWISE} <= set(plain.ELEMENTWISE)
    assert {row.name for row in REDUCTIONS} <= set(plain.REDUCTIONS)
    assert {row.name for row in TOTALS} <= set(plain.GLOBAL)
    assert {*ELEMENTWISE_NAMES, *plain.REDUCTIONS, *plain.GLOBAL} == (
        set(OPERATIONS) - {"numel", "rows", "columns", "clip_by_global_norm"} - set(plain.MATRICES)
    )
    assert set(CANCELLING) <= set(plain.ELEMENTWISE)


@named(list(PRIMITIVES.values()))
def test_algebraic_facts_hold(row: Primitive) -> None:
    """What a row claims of order, signs, zero and monotony holds of all its arguments."""

    def apply(*arguments: Array) -> Array:
        with np.errstate(all="ignore"):
            if row.reduces:
                return np.asarray(row.numpy(NumpySegments(SIZES), *arguments))
            return np.asarray(row.numpy(*arguments))

    cases = list(reduction_arguments(row)) if row.reduces else [grid(row)]
    for arguments in cases:
        result = apply(*arguments)
        if row.commutative:
            np.testing.assert_array_equal(apply(*arguments[::-1]), result)
        if row.even:
            np.testing.assert_array_equal(apply(-arguments[0]), result)
        if row.odd:
            np.testing.assert_array_equal(apply(-arguments[0]), -result)
        if row.zero_preserving:
            assert not apply(*np.zeros_like(arguments)).any()
        if row.keeps_sign:
            np.testing.assert_array_equal(np.sign(result), np.sign(arguments[0]))
        if row.monotone:
            # Neighbours may be exchanged by rounding.
            ordered = result[np.argsort(arguments[0], kind="stable")]
            assert (np.diff(ordered) >= -1e-15 * np.abs(ordered[1:])).all()


@named(list(PRIMITIVES.values()))
def test_algebraic_facts_are_complete(row: Primitive) -> None:
    """A row that does not claim a fact really lacks it."""

    def apply(*arguments: Array) -> Array:
        with np.errstate(all="ignore"):
            if row.reduces:
                return np.asarray(row.numpy(NumpySegments((3,)), *arguments))
            return np.asarray(row.numpy(*arguments))

    x, y = np.array([2.0, -3.0, 0.5]), np.array([0.5, 2.0, 3.0])
    if row.arity == 2:
        assert np.allclose(apply(x, y), apply(y, x)) == row.commutative
    if row.arity == 1:
        assert np.allclose(apply(-x), apply(x)) == row.even
        assert np.allclose(apply(-x), -apply(x)) == row.odd
    if row.arity == 1 and not row.reduces:
        line = np.array([-3.0, -0.5, -0.25, 0.0, 1e-200, 0.25, 0.5, 2.0, 4.0])
        assert bool((np.diff(apply(line)) >= 0).all()) == row.monotone
        assert np.array_equal(np.sign(apply(line)), np.sign(line)) == row.keeps_sign
    if row.arity:
        zeros = [np.zeros(3)] * row.arity
        assert (not apply(*zeros).any()) == row.zero_preserving


def fitting(largest: Kind) -> list[Kind]:
    """The kinds of value that an argument may have."""
    return [kind for kind in Kind if fits(kind, largest)]


@named(list(PRIMITIVES.values()))
def test_result_has_the_kind_it_claims(row: Primitive) -> None:
    """Results have the shape of `result_kind`, whatever the kinds of the arguments."""
    rows, width = 2, NumpySegments(SIZES).widths
    combinations = 0
    for kinds in itertools.product(*map(fitting, row.accepts)):
        target = Kind.TENSOR if row.reduces else join(kinds)
        # What is no scalar, or a reduction's argument, is spelt out by whoever calls the form.
        shapes = [
            (rows, width[kind if kind is Kind.SCALAR and not row.reduces else target])
            for kind in kinds
        ]
        arrays = [np.full(shape, 0.5) for shape in shapes]
        given = [torch.from_numpy(array) for array in arrays]
        expected = (rows, width[row.result_kind(kinds)])
        if row.reduces:
            results = [
                row.numpy(NumpySegments(SIZES), *arrays),
                row.torch(TorchSegments(SIZES, torch.float64), *given),
            ]
            # Without arguments there is nothing to say how many rows there are.
            expected = expected if row.arity else expected[1:]
            assert [result.shape for result in results] == [expected, expected]
        else:
            assert row.numpy(*arrays).shape == expected
            assert row.torch(*given).shape == expected
            if row.guarded:
                assert row.guarded.torch(*given).shape == expected
        combinations += 1
    assert combinations == math.prod(len(fitting(largest)) for largest in row.accepts)


@named(list(PRIMITIVES.values()))
def test_row_is_well_formed(row: Primitive) -> None:
    """Each row stands under its name, explains itself, and has the code its kind needs."""
    assert PRIMITIVES[row.name] is row
    assert row.definition
    assert bool(row.scalar_source) != (row.reduces and row.arity > 0)
    assert row.cost >= 0
    assert set(row.in_place) <= set(range(row.arity))
    if row.decay_position is not None:
        assert row.decay_position < row.arity
