"""Calls bound to buffers leave in them what the plain definitions give."""

import itertools
from collections.abc import Callable

import pytest
import torch

from primitives import PRIMITIVES, Kind, TorchSegments
from proxies.updates.bound_calls import layout_numbers, primitive_call
from tests.support import plain_definitions as plain

SIZES = (3, 1, 2)
ROWS = 2
SEGMENTS = TorchSegments(SIZES, torch.float64, align=4)
OPERANDS = [[1.0, -2.0, 0.0, 3.0, 0.5, -0.25], [2.0, 0.0, 0.0, -1.0, 4.0, 8.0]]


def buffer(rows: list[list[float]]) -> torch.Tensor:
    """A buffer for tensor values, whose padding holds something that must not matter."""
    made = SEGMENTS.zeros(len(rows), Kind.TENSOR, torch.float64).fill_(7.0)
    made[:, : sum(SIZES)] = torch.tensor(rows, dtype=torch.float64)
    return made


def numbers(tensor: torch.Tensor) -> list[list[float]]:
    return tensor[:, : sum(SIZES)].tolist()


@pytest.mark.parametrize("name", ["add", "divide", "maximum", "power", "greater"])
@pytest.mark.parametrize("place", [None, 0, 1], ids=["a buffer", "the first", "the second"])
def test_elementwise_results_may_lie_where_operands_lie(name: str, place: int | None) -> None:
    """The result is right in a buffer of its own and in that of either operand, guard included."""
    operands = [buffer(OPERANDS), buffer(OPERANDS[::-1])]
    result = buffer(OPERANDS) if place is None else operands[place]
    call = primitive_call(PRIMITIVES[name], True, operands, result, SEGMENTS)
    call()
    definition: Callable[[float, float], float] = plain.ELEMENTWISE[name]
    pairs = zip(OPERANDS, OPERANDS[::-1], strict=True)
    expected = [[definition(a, b) for a, b in zip(one, two, strict=True)] for one, two in pairs]
    assert numbers(result) == expected


def test_a_call_reads_its_operands_anew_each_time() -> None:
    """It is bound to buffers, not to what they held."""
    operand, result = buffer(OPERANDS), buffer(OPERANDS)
    call = primitive_call(PRIMITIVES["square"], False, [operand], result, SEGMENTS)
    for factor in (1.0, 3.0):
        operand.copy_(factor * buffer(OPERANDS))
        call()
        assert numbers(result) == [[(factor * a) ** 2 for a in row] for row in OPERANDS]


def test_a_guard_is_used_where_it_is_asked_for() -> None:
    """A divisor of 0 gives 0 with the guard, infinity without."""
    one, zero = buffer([[1.0] * 6]), buffer([[0.0] * 6])
    for guarded, expected in ((True, 0.0), (False, float("inf"))):
        result = buffer([[5.0] * 6])
        primitive_call(PRIMITIVES["divide"], guarded, [one, zero], result, SEGMENTS)()
        assert numbers(result) == [[expected] * 6]


@pytest.mark.parametrize("name", ["sum", "rms", "dot"])
def test_reductions_give_a_number_for_each_tensor(name: str) -> None:
    """A scalar operand counts as often as there are elements."""
    row = PRIMITIVES[name]
    scalars = [[3.0], [-0.5]]
    given = [(buffer(OPERANDS), OPERANDS), (torch.tensor(scalars, dtype=torch.float64), None)]
    for chosen in itertools.product(given, repeat=row.arity):
        result = SEGMENTS.zeros(ROWS, Kind.LEAF, torch.float64)
        primitive_call(row, False, [operand for operand, _ in chosen], result, SEGMENTS)()
        for place in range(ROWS):
            rows = [values[place] if values else scalars[place] * 6 for _, values in chosen]
            ends = list(itertools.accumulate(SIZES, initial=0))
            expected = [
                plain.REDUCTIONS[name](*(values[a:b] for values in rows))
                for a, b in itertools.pairwise(ends)
            ]
            assert result[place, : len(SIZES)].tolist() == pytest.approx(expected, rel=1e-14)


def test_what_depends_on_the_layout_alone_is_one_row() -> None:
    """The number of elements, for each tensor or spread over its elements."""
    row = PRIMITIVES["numel"]
    leaf = layout_numbers(row, Kind.LEAF, SEGMENTS)
    assert leaf[:, : len(SIZES)].tolist() == [[3.0, 1.0, 2.0]]
    assert numbers(layout_numbers(row, Kind.TENSOR, SEGMENTS)) == [[3.0, 3.0, 3.0, 1.0, 2.0, 2.0]]
