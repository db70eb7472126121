"""The text is that of `byte_text`, folded as Python's own string methods fold it."""

from typing import Any

import numpy as np

from proxies import TASKS
from proxies.keys import generator
from proxies.tasks.byte_text import ByteText
from proxies.tasks.letter_attention import SYMBOLS


def folded(byte: int) -> str:
    """What a byte is told as: letters without case, one mark for each other class."""
    character = chr(byte)
    if character.isalpha():
        return character.lower()
    if character.isdigit():
        return "0"
    if character in " \n":
        return " "
    return character if character in ".,'" else "?"


def test_symbols_are_the_bytes_folded() -> None:
    """Windows of both, drawn alike: equal symbols exactly where the folded characters are equal."""
    task, data = TASKS["letter_attention"], ByteText(16, held_out_windows=1024)
    ours: Any = task.data()
    named: dict[str, int] = {}
    for mine, theirs in (
        (ours.sample(generator("a"), 4000), data.sample(generator("a"), 4000)),
        (ours.held_out(), data.held_out()),
    ):
        for symbols, text in zip(mine, theirs, strict=True):
            assert symbols.shape == text.shape
            for symbol, byte in zip(symbols.ravel().tolist(), text.ravel().tolist(), strict=True):
                assert named.setdefault(folded(byte), symbol) == symbol
    assert len(set(named.values())) == len(named) == SYMBOLS
    assert set(named.values()) == set(range(SYMBOLS))


def test_a_window_is_followed_by_its_own_next_symbols() -> None:
    inputs, targets = TASKS["letter_attention"].data().held_out()
    assert np.array_equal(inputs[:, 1:], targets[:, :-1])
