"""One contract for every row of the table: all its forms are the operation it says it is."""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest
import sympy
import torch
from numpy.typing import NDArray

from primitives import (
    BUILT_IN,
    COMPOSITES,
    INFIX,
    OPERATIONS,
    PRIMITIVES,
    SPELLINGS,
    Composite,
    Kind,
    NumpySegments,
    Primitive,
    Range,
    TorchSegments,
    fits,
    join,
    render,
)
from primitives.ranges import ANY, constant
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
    wrong = ~(error <= 1e-13 * scale)  # so that nan counts as wrong
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


def test_plain_definitions_cover_the_table() -> None:
    """Every row has a definition in plain Python to be compared with."""
    assert {row.name for row in ELEMENTWISE} <= set(plain.ELEMENTWISE)
    assert {row.name for row in REDUCTIONS} <= set(plain.REDUCTIONS)
    assert {row.name for row in TOTALS} <= set(plain.GLOBAL)
    assert {*ELEMENTWISE_NAMES, *plain.REDUCTIONS, *plain.GLOBAL} == (
        set(OPERATIONS) - {"numel", "clip_by_global_norm"}
    )
    assert set(CANCELLING) <= set(plain.ELEMENTWISE)


@named(ELEMENTWISE)
def test_numpy_form_is_the_definition(row: Primitive) -> None:
    """The numpy form is the plain definition, also at zeros, tiny and huge numbers."""
    arguments = grid(row)
    with np.errstate(all="ignore"):
        check(row, arguments, row.numpy(*arguments))


def test_exact_rows_are_what_ieee_754_fixes() -> None:
    """Of all machines alike is what is made of +, -, *, /, square roots, signs and comparisons."""
    exact = {row.name for row in ELEMENTWISE if row.exact}
    functions = {"abs", "sign", "square", "cube", "sqrt", "reciprocal", "negative", "identity"}
    arithmetic = {"add", "subtract", "multiply", "divide", "lerp", "maximum", "minimum"}
    choices = {"greater", "greater_equal", "equal", "not_equal", "where"}
    assert exact == functions | arithmetic | choices
    for row in ELEMENTWISE:
        if row.name in exact - {"lerp"}:  # of which the plain definition is another expression
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
    """Where `unneeded` holds of the arguments' ranges, the forms without guard are right."""
    grids = list(unguarded_grids(row))
    assert grids, "the guard is never unneeded"
    for arguments in grids:
        check(row, arguments, row.torch(*tensors(arguments)).numpy())
        check_source(row, row.source, arguments)
        check_scalar_source(row, row.scalar_source, arguments)


@named(GUARDED)
def test_guard_is_needed_where_nothing_is_known(row: Primitive) -> None:
    """Of arguments that can be anything the guard is needed, and the plain torch form fails."""
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


@named(REDUCTIONS)
def test_formula_of_a_reduction_is_a_named_function(row: Primitive) -> None:
    """A reduction appears in formulas under its own name."""
    symbols = sympy.symbols(f"x:{row.arity}")
    assert row.sympy(*symbols) == sympy.Function(row.name)(*symbols)


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
    """For all kinds of arguments the forms' results broadcast to the shape of `result_kind`."""
    rows, leaves, total = 2, len(SIZES), sum(SIZES)
    width = {Kind.SCALAR: 1, Kind.LEAF: leaves, Kind.TENSOR: total}
    combinations = 0
    for kinds in itertools.product(*map(fitting, row.accepts)):
        target = Kind.TENSOR if row.reduces else join(kinds)
        # A leaf or a reduction's argument is spelt out by whoever calls the form.
        shapes = [
            (rows, width[target if row.reduces or kind == Kind.LEAF else kind]) for kind in kinds
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


def test_spellings_are_unambiguous() -> None:
    """A name and a number of arguments stand for one row, as an operator and its arity do."""
    spelt = [(name, row.arity) for row in OPERATIONS.values() for name in (row.name, *row.aliases)]
    assert len(set(spelt)) == len(spelt)
    found = [(name, row.arity) for name, rows in SPELLINGS.items() for row in rows]
    assert sorted(found) == sorted(spelt)
    operators = [(row.infix, row.arity) for row in PRIMITIVES.values() if row.infix]
    assert sorted(operators) == sorted(INFIX)
    assert INFIX["-", 1].name == "negative"
    assert INFIX["-", 2].name == "subtract"


PAPER = """
    get_pi get_e get_eps abs cos sin tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh
    exp exp2 exp10 expm1 log log10 log2 log1p square sqrt cube cbrt sign reciprocal norm invert
    negative global_norm interpolate dot cosine_sim clip_by_global_norm power add subtract multiply
    divide maximum minimum
"""
"""The functions of the Lion paper's search space, as its released function library spells them."""


def test_the_papers_functions_are_there() -> None:
    """All 45, but for `invert`, which fails on floating-point numbers in the released code."""
    names = PAPER.split()
    assert len(names) == 45
    spelt = {SPELLINGS[name][0].name for name in names if name != "invert"}
    assert spelt == {row.name for row in OPERATIONS.values() if row.paper}
    with pytest.raises(TypeError, match="not supported"):
        np.invert(np.array([0.5]))


def test_every_operation_is_a_primitive_or_short_for_some() -> None:
    """The two halves of the table make up the whole."""
    assert {*PRIMITIVES, *COMPOSITES} == set(OPERATIONS)
    assert not set(PRIMITIVES) & set(COMPOSITES)


@pytest.mark.parametrize(
    ("name", "aliases", "match"),
    [
        ("sqrt", (), "there is an operation named 'sqrt' already"),
        ("mine", ("negative",), "'negative' with 1 arguments is negative already"),
        ("mine", ("numel",), "'numel' with 1 arguments is numel_of already"),
    ],
)
def test_taken_names_are_refused(name: str, aliases: tuple[str, ...], match: str) -> None:
    """A row that would stand for what another stands for is refused; the table stays as it was."""
    fine = Composite(name="fine", definition="a", accepts=(Kind.TENSOR,), expansion="a")
    row = Composite(
        name=name, aliases=aliases, definition="a", accepts=(Kind.TENSOR,), expansion="a"
    )
    with pytest.raises(ValueError, match=match):
        BUILT_IN.with_rows([fine, row])
    assert "fine" not in BUILT_IN.operations
    assert "fine" in BUILT_IN.with_rows([fine]).operations
