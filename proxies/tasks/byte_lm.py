"""Trains the language model of `byte_text` for longer."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from proxies.tasks.byte_text import BYTE_TEXT, CONTEXT, ByteText


@cache
def _data() -> ByteText:
    return ByteText(CONTEXT, held_out_windows=512)


BYTE_LM = replace(BYTE_TEXT, name="byte_lm", data=_data, steps=400, batch_size=32)
