"""Makes a line of a rule a function of no arguments, bound to its tensors once for all steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from torch import Tensor

from primitives import Kind, Primitive, TorchSegments

Call = Callable[[], object]


def primitive_call(
    primitive: Primitive,
    guarded: bool,
    operands: Sequence[Tensor],
    result: Tensor,
    segments: TorchSegments,
) -> Call:
    """Makes a call that computes a primitive into `result`, which may be one of the operands.

    Buffers have one row for each replica, or stand for all. Operands are of the kind in which they
    meet, or scalars, which torch broadcasts; a reduction counts elements, so there they are
    expanded.
    """
    form = primitive.guarded if primitive.guarded and guarded else primitive
    if primitive.reduces:
        shape = (len(result), segments.width)
        full = [operand.expand(shape) for operand in operands]
        assert primitive.reduces_to is not None
        numbers = segments.numbers(result, primitive.reduces_to)
        return partial(_copy_result, numbers, partial(form.torch, segments, *full))
    if form.takes_out:
        return partial(form.torch, *operands, out=result)
    return partial(_copy_result, result, partial(form.torch, *operands))


def layout_numbers(primitive: Primitive, kind: Kind, segments: TorchSegments) -> Tensor:
    """Computes a primitive without arguments from the layout, `[1, padded[kind]]`."""
    numbers: Tensor = primitive.torch(segments)
    row = segments.zeros(1, Kind.LEAF, numbers.dtype)
    segments.numbers(row, Kind.LEAF)[:] = numbers
    if kind is Kind.LEAF:
        return row
    wide = segments.zeros(1, kind, numbers.dtype)
    segments.spread(row, Kind.LEAF, kind, wide)()
    return wide


def _copy_result(result: Tensor, function: Callable[[], Tensor]) -> None:
    result.copy_(function())
