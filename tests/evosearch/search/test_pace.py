"""How long a task's steps take."""

from dataclasses import replace

import numpy as np
import pytest

from evosearch.search import pace
from evosearch.search.pace import step_seconds
from proxies import TASKS
from tests.support.tiny_task import TINY


def test_more_work_takes_longer() -> None:
    """A step of a language model takes many times one of a small quadratic function."""
    small, large = (step_seconds(TASKS[name], "cpu") for name in ("quadratic", "byte_text"))
    assert 0 < 3 * small < large


def test_the_evaluation_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it takes most of a training, the steps alone would tell a busy worker to be hung."""
    clock = 0.0

    class Slow(pace.Cohort):
        def step(self, t: int) -> np.ndarray:
            nonlocal clock
            clock += 60.0 if t == 1 else 2.0  # the first step sets things up
            return super().step(t)

        def held_out_losses(self) -> np.ndarray:
            nonlocal clock
            clock += 800.0
            return super().held_out_losses()

    monkeypatch.setattr(pace, "Cohort", Slow)
    monkeypatch.setattr(pace, "perf_counter", lambda: clock)
    seconds = step_seconds(replace(TINY, steps=100), "cpu")
    # Four replicas trained for 25 steps, a short training, take 25 x 2 + 800 seconds.
    assert seconds * 4 * 25 == pytest.approx(850.0)
