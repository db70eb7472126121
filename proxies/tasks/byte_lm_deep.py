"""Trains a four-block transformer of half a million parameters, on longer windows of text."""

from __future__ import annotations

from functools import cache, partial

from proxies.task import Task
from proxies.tasks.byte_text import ByteText, ByteTransformer, next_byte_loss

_CONTEXT = 32


@cache
def _data() -> ByteText:
    return ByteText(_CONTEXT, held_out_windows=256)


BYTE_LM_DEEP = Task(
    name="byte_lm_deep",
    summary="next byte of Python's language reference, four-block transformer, 567k parameters",
    model=partial(ByteTransformer, width=128, heads=4, blocks=4, context=_CONTEXT),
    data=_data,
    loss=next_byte_loss,
    steps=200,
    batch_size=8,
    rate=0.002,
)
