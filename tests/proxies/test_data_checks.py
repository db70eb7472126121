"""Any arrays will do, and data with which no training can be repeated are told by what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from proxies import Batch, Replica, train
from proxies.data_checks import fault_in_data, told_not_finite
from proxies.task_checks import _DESCENT, first_fault
from tests.support.tiny_task import TINY, NoisyLine

Change = Callable[[Batch], Batch]


def read_only(batch: Batch) -> Batch:
    for part in batch:
        part.flags.writeable = False
    return batch


_BUFFERS = {
    size: (np.empty((size, 3), np.float32), np.empty((size, 1), np.float32)) for size in (8, 64)
}


def written_over(batch: Batch) -> Batch:
    """Gives the same two arrays each time, filled anew."""
    buffers = _BUFFERS[len(batch[0])]
    for buffer, part in zip(buffers, batch, strict=True):
        buffer[...] = part
    return buffers


FORMS: dict[str, Change] = {
    "reversed": lambda batch: (batch[0][::-1].copy()[::-1], batch[1][::-1].copy()[::-1]),
    "every second": lambda batch: (np.repeat(batch[0], 2, axis=1)[:, ::2], batch[1]),
    "by columns": lambda batch: (np.asfortranarray(batch[0]), batch[1]),
    "read only": read_only,
    "other byte order": lambda batch: (batch[0].astype(">f4"), batch[1].astype(">f4")),
    "double": lambda batch: (batch[0].astype(np.float64), batch[1].astype(np.float64)),
    "written over": written_over,
}
"""The same numbers as arrays of other forms."""


class Shaped(NoisyLine):
    """The data of the tiny task in another form."""

    def __init__(self, form: Change) -> None:
        self._form = form

    def sample(self, draw: np.random.Generator, size: int) -> Batch:
        return self._form(super().sample(draw, size))


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_any_form_of_arrays_trains_alike(form: Change) -> None:
    """To the same losses, of several seeds and steps, as plain arrays of the same numbers."""
    task = replace(TINY, data=lambda: Shaped(form))
    assert first_fault(task) is None
    replicas = [Replica(_DESCENT, 0.1, seed) for seed in (0, 1)]
    assert train(task, replicas, 3).tolist() == train(TINY, replicas, 3).tolist()
    assert task.digest() == TINY.digest()


class AnewAtEachCall(NoisyLine):
    def held_out(self) -> Batch:
        return self.sample(np.random.default_rng(), 16)


class Texts(NoisyLine):
    def held_out(self) -> Batch:
        inputs, targets = super().held_out()
        return inputs, targets.astype(str)


class Shuffled(NoisyLine):
    """One object for all batches, which goes on where it stood."""

    def __init__(self) -> None:
        self._calls = 0

    def sample(self, draw: np.random.Generator, size: int) -> Batch:
        self._calls += 1
        inputs, targets = super().sample(draw, size)
        return inputs + self._calls, targets


_KEPT = Shuffled()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (AnewAtEachCall, "held_out must give the same examples at each call"),
        (Texts, "held_out returned arrays of float32 and <U32; torch takes numbers"),
        (lambda: _KEPT, "sample must depend on the generator it is given alone"),
    ],
    ids=["drawn anew", "texts", "with a memory"],
)
def test_data_that_cannot_be_repeated_are_refused(data: Callable[[], NoisyLine], told: str) -> None:
    """In the words of the one whose data they are."""
    assert told in (fault_in_data(replace(TINY, data=data)) or "")


class Holed(NoisyLine):
    """Has NaN or infinity in one array of one kind of batch."""

    def __init__(self, batch: str, part: int, number: float) -> None:
        self._batch, self._part, self._number = batch, part, number

    def sample(self, draw: np.random.Generator, size: int) -> Batch:
        return self._changed("sample", super().sample(draw, size))

    def held_out(self) -> Batch:
        return self._changed("held out", NoisyLine.sample(self, np.random.default_rng(7), 64))

    def _changed(self, batch: str, given: Batch) -> Batch:
        if batch == self._batch:
            given[self._part][0] = self._number
        return given


@pytest.mark.parametrize(
    ("holes", "told"),
    [
        (("held out", 0, np.nan), "on the held-out data is nan; 3 of 192 numbers in the inputs of"),
        (("held out", 1, np.inf), "on the held-out data is inf; 1 of 64 numbers in the targets of"),
        (("sample", 0, np.nan), "on the first batch is nan; 3 of 24 numbers in the inputs of"),
        (("sample", 1, -np.inf), "on the first batch is inf; 1 of 8 numbers in the targets of"),
    ],
    ids=lambda given: " ".join(map(str, given)) if isinstance(given, tuple) else "",
)
def test_arrays_with_nan_are_named(holes: tuple[str, int, float], told: str) -> None:
    """With how many there are."""
    assert told in (first_fault(replace(TINY, data=lambda: Holed(*holes))) or "")


def test_integers_are_always_finite() -> None:
    """Nothing is asked of them."""
    assert told_not_finite((np.arange(3), np.zeros(3)), "it") is None
