"""Trials of which it is known how fast each variant is, so that decisions can be checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from evosearch.ablation.trials import Entry, Trial
from evosearch.graph.digest import digest
from evosearch.graph.graph import Graph
from evosearch.scoring.setting import Setting
from evosearch.scoring.yardstick import MeasuredTask
from evosearch.search.work import Pending
from proxies.keys import generator
from tests.support.made_yardstick import made_yardstick
from tests.support.tiny_task import TINY, TINY_TOO

TASKS = tuple(MeasuredTask(task, made_yardstick(task)) for task in (TINY, TINY_TOO))
Truth = Callable[[Graph], float]
"""The logarithm (base 2) of a rule's speed."""


class Done:
    """Work that is done."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def result(self) -> Any:
        return self._value


class Oracle:
    """An executor that trains nothing and says what is true, with noise."""

    def __init__(self, truth: Truth, noise: float = 0.0) -> None:
        self._truth, self._noise = truth, noise
        self.trials = 0

    def submit(self, _: Callable[..., Any], *arguments: Any, **_loads: Any) -> Pending[Any]:
        entries, tasks, _budget, number, seed, _engine = arguments
        self.trials += len(entries)
        return Done([self._trial(entry, tasks, number, seed) for entry in entries])

    def _trial(self, entry: Entry, tasks: Sequence[MeasuredTask], number: int, seed: int) -> Trial:
        speed = self._truth(entry.family.graph)
        graph = entry.family.graph
        draw = generator("oracle", digest(graph), number, seed)
        logs = {task.name: speed + self._noise * float(draw.standard_normal()) for task, _ in tasks}
        best = {task.name: Setting(1.0, entry.family.defaults) for task, _ in tasks}
        return Trial(logs, best, speed < -2)


def quiet(*_: object) -> None:
    """Tells nobody."""
