"""Finds what an earlier ablation measured of each part of the best rule, without training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NoReturn

from evosearch.ablation.journal import Journal, journal_name
from evosearch.ablation.judge import BUDGET, Means
from evosearch.ablation.measured import Measured, simplify_by_training
from evosearch.reports.page.material import Material
from evosearch.scoring.rounds import ROUNDS
from evosearch.scoring.yardstick import BUDGET as YARDSTICK_BUDGET
from evosearch.scoring.yardstick import MeasuredTask
from evosearch.scoring.yardstick_cache import find
from evosearch.search.folders import RUNS, yardstick_folder
from evosearch.search.work import Load
from evosearch.simplification.pipeline import simplify
from proxies import SUITES, Engine

FOLDER = RUNS / "simplify"
"""Where ablations keep what they measured."""


class _Missing(Exception):
    """Says that a trial is not in the journal."""


class _NoTraining:
    """Stands where an executor is asked for, and trains nothing."""

    def submit(
        self, function: Callable[..., Any], *arguments: Any, loads: Sequence[Load] = ()
    ) -> NoReturn:
        """Refuses."""
        del function, arguments, loads
        raise _Missing


def worths_of(material: Material) -> Measured | str | None:
    """Gives what an ablation of the best rule said; a sentence where it is not complete.

    None where there is none: ablations of the rule, or of what `simplify` makes of it, are looked
    for that were made with the default budget and seed, on the run's tasks or on a suite.
    """
    best = material.best
    if best is None:
        return None
    rule = replace(best.reference.program, name=best.reference.name)
    if not list(FOLDER.glob(f"{rule.name}-*.jsonl")):
        return None
    engine = Engine(device=material.store.config.device, compiled=True)
    begun = False
    for program in (simplify(rule).after, rule):
        for tasks in _task_sets(material):
            digests = [task.digest() for task, _ in tasks]
            code = material.store.config.additions.code_of(program)
            name = journal_name(program, digests, BUDGET, 0, engine.device, code)
            if not (FOLDER / name).is_file():
                continue
            begun = True
            means = Means(tasks, _NoTraining(), BUDGET, 0, engine)
            try:
                return simplify_by_training(program, means, Journal(FOLDER / name), _silent)
            except _Missing:
                continue
    return (
        "An ablation of it was begun and is not complete; the same command goes on."
        if begun
        else None
    )


def _task_sets(material: Material) -> Iterator[Sequence[MeasuredTask]]:
    """Yields the tasks on which an ablation may have been made, with their yardsticks."""
    known = material.store.config.additions.tasks
    for names in (material.store.config.tasks, *SUITES.values()):
        tasks = [
            (known[name], find(yardstick_folder(), known[name], YARDSTICK_BUDGET * ROUNDS))
            for name in names
            if name in known
        ]
        measured = [MeasuredTask(task, yard) for task, yard in tasks if yard is not None]
        if len(measured) == len(names):
            yield measured


def _silent(_: str) -> None:
    """Is told of progress, of which there is none."""
