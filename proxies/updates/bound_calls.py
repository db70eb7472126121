"""A line of a rule as a function of no arguments, bound to its tensors once for all steps."""

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
    """Puts the value of a primitive into `result`, which may be one of the operands.

    A buffer has one row for each replica; operands of smaller kinds broadcast. A reduction takes
    its operands in full size, since it counts elements.
    """
    form = primitive.guarded if primitive.guarded and guarded else primitive
    if primitive.reduces:
        shape = (len(result), segments.width)
        full = [operand.expand(shape) for operand in operands]
        numbers = segments.leaves(result) if primitive.reduces_to is Kind.LEAF else result
        return partial(_copy_result, numbers, partial(form.torch, segments, *full))
    if form.takes_out:
        return partial(form.torch, *operands, out=result)
    return partial(_copy_result, result, partial(form.torch, *operands))


def layout_numbers(primitive: Primitive, kind: Kind, segments: TorchSegments) -> Tensor:
    """What a primitive without arguments says of the layout, `[1, leaf_width]` or `[1, width]`."""
    numbers: Tensor = primitive.torch(segments)
    row = segments.zeros(1, Kind.LEAF, numbers.dtype)
    segments.leaves(row)[:] = numbers
    return segments.expand(row) if kind is Kind.TENSOR else row


def _copy_result(result: Tensor, function: Callable[[], Tensor]) -> None:
    result.copy_(function())
