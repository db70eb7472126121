"""How long a worker may take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from evosearch.errors import EvosearchError
from evosearch.search import patience
from evosearch.search.patience import Patience
from evosearch.search.work import Load, WorkFailed
from proxies import TASKS

SPIRALS, LOGISTIC = (Load(TASKS[name], 1000, "cpu") for name in ("spirals", "logistic"))


@dataclass
class Measured:
    """A measurement that came to an end, or one that is still waited for."""

    seconds: float | Exception
    ended: bool = True

    def result(self) -> float:
        if isinstance(self.seconds, Exception):
            raise self.seconds
        return self.seconds


def patience_of(measurements: dict[str, Measured]) -> tuple[Patience, list[str]]:
    """One that gets these measurements by the task's name, and the names in the order asked."""
    asked = []

    def begin(call: tuple[Callable[..., float], tuple[Any, ...]], loads: None, words: str) -> Any:
        _, (task, device) = call
        assert loads is None
        assert task.name in words
        assert device == "cpu"
        asked.append(task.name)
        return measurements[task.name]

    return Patience(begin), asked


def test_work_may_take_a_few_times_as_long_as_its_steps_and_half_a_minute_at_least() -> None:
    """A task is measured once, however often it is trained."""
    allowed, asked = patience_of({"spirals": Measured(0.2), "logistic": Measured(0.01)})
    for _ in range(2):
        allowed.get_to_know([SPIRALS, LOGISTIC])
    assert asked == ["spirals", "logistic"]
    assert allowed.seconds([SPIRALS, LOGISTIC]) == pytest.approx(4 * (200 + 10))
    assert allowed.seconds([LOGISTIC._replace(replica_steps=3)]) == 30.0


def test_what_is_not_measured_yet_may_take_long() -> None:
    """Nobody waits for the measurement; where nothing is trained there is none."""
    allowed, _ = patience_of({"spirals": Measured(0.2, ended=False), "logistic": Measured(0.01)})
    allowed.get_to_know([SPIRALS, LOGISTIC])
    assert allowed.seconds([SPIRALS, LOGISTIC]) == allowed.seconds([]) == patience._UNKNOWN
    assert allowed.seconds(None) == 60.0


def test_a_task_whose_steps_bring_workers_down_is_named() -> None:
    """As an error of the whole, and no fault of the work that waits."""
    bad = WorkFailed("each of 3 workers died", "a few steps of task spirals")
    allowed, _ = patience_of({"spirals": Measured(bad)})
    allowed.get_to_know([SPIRALS])
    with pytest.raises(EvosearchError, match="a few steps of task spirals") as caught:
        allowed.seconds([SPIRALS])
    assert not isinstance(caught.value, WorkFailed)
