"""A family of tasks that train in milliseconds, in place of that of digit_images."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from evosearch.card import card, transfer
from proxies import Task
from tests.support.tiny_task import TINY


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets cards have two widths and two batch sizes; a width is a name here and nothing else."""

    def tiny_at(width: int, batch_size: int) -> Task:
        return replace(TINY, name=f"tiny_{width}x{batch_size}", batch_size=batch_size)

    monkeypatch.setattr(transfer, "digits_at", tiny_at)
    few = partial(transfer.transferred, widths=(32, 64), batch_sizes=(16, 64))
    monkeypatch.setattr(card, "transferred", few)
