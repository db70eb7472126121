"""Losses that are a known function of the rate, in place of trainings."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from evosearch.card import sweeps
from evosearch.scoring.trainings import Evaluation, Training, evaluation
from proxies import Engine, Task

Loss = Callable[[Task, Training], float]


def install(monkeypatch: pytest.MonkeyPatch, loss: Loss) -> list[Training]:
    """Puts a function in place of the trainings of sweeps; gives the list of those asked for."""
    asked: list[Training] = []

    def carry_out(
        task: Task, steps: int, trainings: Sequence[Training], _: Engine
    ) -> list[Evaluation]:
        asked.extend(trainings)
        return [evaluation(task, steps, one, loss(task, one)) for one in trainings]

    monkeypatch.setattr(sweeps, "carry_out", carry_out)
    return asked
