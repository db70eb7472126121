"""Measures a search's best again while it goes on, where nothing was chosen for them.

The best classes that were not yet are tuned once more, each from its best settings, on seeds of
their own, and also on the tasks of `select`, by which no candidate lives or dies. AdamW goes
through it with the first of them. A search that comes to fit its own tasks alone shows by this:
scores in the search rise, and those on `select` do not. Evolution never learns of it, so these
tasks stay what they are for: to choose among the best in the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TypeVar

from evosearch.language.parser import parse
from evosearch.scoring.remeasurement import again_measured, never_tuned, tune_again
from evosearch.scoring.setting import Setting
from evosearch.scoring.statistics import measure_speedup
from evosearch.scoring.tuner import Tuned
from evosearch.scoring.yardstick import BUDGET, MeasuredTask, baseline
from evosearch.screening.family import Family
from evosearch.search.check_table import Check
from evosearch.search.funnel import ENOUGH_FORESIGHT
from evosearch.search.genotype import family_of
from evosearch.search.group_work import GroupWork, settled
from evosearch.search.observer import Observer
from evosearch.search.schema import BASELINE_ID, RANKING, SELECT
from evosearch.search.store_reader import StoreReader
from evosearch.search.store_writer import StoreWriter
from evosearch.search.work import Executor, Load, Pending
from evosearch.search.yardsticks import RunTasks

_AT_ONCE, _MOST_AT_ONCE = 2, 4
"""The classes that are measured again each time, and where the search's score tells little."""
_TRAINED_TOGETHER = 3
"""Rules in one piece of work: enough to fill a cohort, few enough to share out."""
T = TypeVar("T")
Losses = Mapping[str, Mapping[int, float]]
"""A rule's losses by task and seed."""
_Piece = tuple[str, MeasuredTask, GroupWork[Check, dict[str, Tuned]]]
"""A stage, a task of it, and the tuning of some rules there."""


class Checks:
    """Begins and finishes measurements; those that a kill left unfinished are begun again."""

    def __init__(self, store: StoreWriter, executor: Executor, tasks: RunTasks) -> None:
        self._store, self._executor, self._tasks = store, executor, tasks
        self._table = store.checks
        self._pieces: list[_Piece] = []
        self._begin(self._table.unfinished())

    def after(self, block: int, tuned: int) -> None:
        """Once in a while, finishes what was begun and measures the best anew.

        A block was just committed, and `tuned` structures were tuned until then.
        """
        if (block + 1) % self._store.config.select_after == 0:
            self.finish()
            foresight = self._table.foresight()
            low = foresight is not None and foresight < ENOUGH_FORESIGHT
            self.add(
                self._store.memory.best_classes(_MOST_AT_ONCE if low else _AT_ONCE), block, tuned
            )

    def add(self, classes: Sequence[tuple[int, float]], block: int | None, tuned: int) -> None:
        """Begins to measure classes, given by representative and fitness.

        AdamW is measured with the first; what was measured before is left out.
        """
        known = self._table.known()
        new = [pair for pair in classes if pair[0] not in known]
        if new and BASELINE_ID not in known:
            new.insert(0, (BASELINE_ID, 0.0))
        checks = [Check(number, block, tuned, fitness) for number, fitness in new]
        with self._store.transaction():
            self._table.add(checks)
        self._begin(checks)

    def finish(self, observer: Observer | None = None) -> None:
        """Waits for what was begun, and stores it."""
        tuned: dict[str, dict[int, dict[str, Tuned]]] = {}
        for done, (stage, task, work) in enumerate(self._pieces, start=1):
            for check, own in zip(work.members, self._ended(stage, task, work), strict=True):
                tuned.setdefault(stage, {}).setdefault(check.candidate, {}).update(own)
            if observer is not None:
                observer.advance(done, self._store)
        self._pieces = []
        with self._store.transaction():
            for stage, by_number in tuned.items():
                self._store.add_stage(stage, [], by_number, {})
                self._measure(stage, list(by_number))
            deciding = self._store.finalists(SELECT if self._tasks.select else RANKING)
            best_first = sorted(deciding, key=lambda pair: -pair[1].speedup)
            self._table.put_in_order([number for number, _ in best_first])

    @property
    def pieces(self) -> int:
        """Counts the pieces of work that were begun and are not finished."""
        return len(self._pieces)

    def _begin(self, checks: Sequence[Check]) -> None:
        self._pieces += [
            (stage, task, GroupWork(group, partial(self._begun, stage, task)))
            for stage, task in self._stages()
            for group in groups_of(checks)
        ]

    def _begun(
        self, stage: str, task: MeasuredTask, checks: Sequence[Check]
    ) -> Pending[list[dict[str, Tuned]]]:
        config = self._store.config
        budget = max(config.budget, BUDGET)
        families = families_of(self._store, [check.candidate for check in checks])
        return self._executor.submit(
            tune_again,
            families,
            [
                self._starts(stage, task, check, family)
                for check, family in zip(checks, families, strict=True)
            ],
            [task],
            budget,
            (config.seed,),
            config.engine,
            loads=[Load(task.task, len(checks) * budget * task.yardstick.steps, config.device)],
        )

    def _ended(
        self, stage: str, task: MeasuredTask, work: GroupWork[Check, dict[str, Tuned]]
    ) -> list[dict[str, Tuned]]:
        """Gives what came of each rule; one that brings every worker down never ends there."""
        name = task.task.name

        def never(check: Check) -> dict[str, Tuned]:
            (family,) = families_of(self._store, [check.candidate])
            return {name: never_tuned(self._starts(stage, task, check, family)[name])}

        return settled(work, lambda check: check.candidate, never, f" on {name}")

    def _stages(self) -> Iterator[tuple[str, MeasuredTask]]:
        """Gives each task that rules are measured on again, with the stage it belongs to."""
        yield from ((RANKING, task) for task in self._tasks.search)
        yield from ((SELECT, task) for task in self._tasks.select)

    def _starts(
        self, stage: str, task: MeasuredTask, check: Check, family: Family
    ) -> dict[str, Setting]:
        """Gives the setting from which a rule is tuned on a task: AdamW's is found as others' is.

        On a task on which it never was, it is the middle of its best constants on the others.
        """
        if check.candidate == BASELINE_ID:
            best = {
                own.name: Setting(yardstick.own.rate, yardstick.own.constants)
                for own, yardstick in self._tasks.search
            }
        else:
            # Of the rounds up to then: a run that is resumed may know of later ones.
            best = self._store.best_settings(check.candidate, check.block)
        if stage == RANKING:
            return best
        middle = family.middle([one.constants for one in best.values()])
        return {task.task.name: Setting(task.task.rate, middle)}

    def _measure(self, stage: str, numbers: Sequence[int]) -> None:
        """Stores speed-ups over AdamW as it was tuned in the same stage."""
        tasks = self._tasks.search if stage == RANKING else self._tasks.select
        yardsticks = [task.yardstick for task in tasks]
        theirs = losses_again(self._store, BASELINE_ID, stage)
        measured = [
            (number, measure_speedup(yardsticks, losses_again(self._store, number, stage), theirs))
            for number in numbers
            if number != BASELINE_ID
        ]
        self._store.add_stage(stage, measured, {}, {})


def groups_of(everyone: Sequence[T]) -> list[Sequence[T]]:
    """Divides rules into those that are trained in one piece of work."""
    return [
        everyone[start : start + _TRAINED_TOGETHER]
        for start in range(0, len(everyone), _TRAINED_TOGETHER)
    ]


def losses_again(store: StoreReader, number: int, stage: str) -> Losses:
    """Gives the losses that count of a rule that was tuned in a stage of `Checks`."""
    chosen, evaluations = store.settings(number, stage), store.evaluations(number, stage)
    return {
        task: again_measured(setting, [one for one in evaluations if one.task == task])
        for task, setting in chosen.items()
    }


def families_of(store: StoreReader, numbers: Sequence[int]) -> list[Family]:
    """Gives the families of candidates, and the baseline's."""
    config = store.config
    return [
        baseline()
        if number == BASELINE_ID
        else family_of(
            parse(store.candidate(number).text, table=config.additions.table),
            config.tunes_constants,
        )
        for number in numbers
    ]
