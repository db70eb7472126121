"""What is held out of the text is never trained on."""

from pydoc_data import topics
from typing import Any

import numpy as np

from proxies import TASKS, Batch


class ExtremeDraw:
    """Stands for a generator that always draws the largest or the smallest number."""

    def __init__(self, largest: bool) -> None:
        self._largest = largest

    def integers(self, high: int, size: int) -> np.ndarray:
        return np.full(size, high - 1 if self._largest else 0)


def test_byte_text_trains_on_what_precedes_the_held_out_part() -> None:
    """The last possible training window ends where the held-out text begins."""
    data: Any = TASKS["byte_text"].data()

    def text(batch: Batch, row: int) -> str:
        inputs, targets = batch
        assert np.array_equal(inputs[row, 1:], targets[row, :-1])
        return bytes([*inputs[row].tolist(), int(targets[row, -1])]).decode("ascii")

    held_out = data.held_out()
    first = text(data.sample(ExtremeDraw(largest=False), 1), 0)
    last = text(data.sample(ExtremeDraw(largest=True), 1), 0)
    whole = "\n".join(topics.topics[name] for name in sorted(topics.topics))
    whole = whole.encode("ascii", "replace").decode("ascii")
    assert whole.startswith(first)
    border = whole.index(last + text(held_out, 0)) + len(last)
    assert 0.89 < border / len(whole) < 0.91
    for row in range(1, len(held_out[0])):
        assert text(held_out, row) in whole[border:]
