"""Trains the members of a validation, and reads how fast each is off tuned AdamW's curve."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evosearch.errors import EvosearchError
from evosearch.scoring.curve import Curve, curve
from evosearch.search.group_work import GroupWork
from evosearch.search.work import Executor, Load, Pending, WorkFailed
from evosearch.validation.contestants import Contestant
from evosearch.validation.evidence import ADAMW
from evosearch.validation.journal import Address, Journal, address
from evosearch.validation.trials import Entry, Trial, carry_out
from proxies import PLAIN, Engine, Task

BUDGET = 48
"""The trainings of each tuning on a task, unless told otherwise."""
CURVE = (0.25, 0.5, 2.0)
"""The multiples of a horizon at which AdamW is tuned besides, once, to read speed-ups off."""
_TOGETHER = 8
"""The rules in one piece of work. With as many settings each they fill a cohort, and when a race
has halved them twice still a call of a compiled model; four take a quarter more time for each."""
_LITTLE = 4
"""The rules that are not shared out further."""

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Question:
    """Says what is compared, and by what means."""

    contestants: tuple[Contestant, ...]
    """Baselines first, and of these AdamW."""
    tasks: tuple[Task, ...]
    horizons: tuple[float, ...] = (1.0,)
    """Multiples of each task's steps, rising."""
    budget: int = BUDGET
    seed: int = 0
    """Names the draws and seeds of all trials."""
    engine: Engine = field(default=PLAIN)

    @property
    def baselines(self) -> int:
        """Counts the baselines."""
        return sum(one.baseline for one in self.contestants)

    @property
    def rules(self) -> int:
        """Counts the rules that are no baselines."""
        return len(self.contestants) - self.baselines


class _Piece(NamedTuple):
    """Is a piece of work: one trial of a few members on a task."""

    task: Task
    steps: int
    members: tuple[int, ...]
    number: int


class Trainings:
    """Carries out trials by training, each once, and keeps them."""

    def __init__(
        self, question: Question, executor: Executor, journal: Journal[Trial], tell: Progress
    ) -> None:
        self.question = question
        self._executor, self._journal, self._tell = executor, journal, tell
        self.entry = lru_cache(maxsize=None)(self._entry)
        self.curve = lru_cache(maxsize=None)(self._curve)

    def measure(self, members: Sequence[int], number: int) -> NDArray[np.float64]:
        """Gives the logarithms of speed in a trial, `[members, horizons, tasks]`."""
        question = self.question
        self._require_curves()
        self._carry_out(
            (
                _Piece(task, steps_of(task, horizon), tuple(members), number)
                for task in reversed(question.tasks)
                for horizon in reversed(question.horizons)
            ),
            f"trial {number + 1}",
        )
        return np.array(
            [
                [
                    [self.speed(m, task, h, number) for task in question.tasks]
                    for h in question.horizons
                ]
                for m in members
            ]
        )

    def speed(self, member: int, task: Task, horizon: float, number: int) -> float:
        """Averages the logarithm (base 2) of a member's speed in a trial over fresh seeds.

        It is relative to the AdamW of the curve; what counts are differences.
        """
        trial = self.trial(member, task, steps_of(task, horizon), number)
        own = self.curve(task, horizon)
        return float(np.mean([np.log2(own.speedup(loss)) for loss in trial.losses.values()]))

    def trial(self, member: int, task: Task, steps: int, number: int) -> Trial:
        """Gives a trial that was carried out."""
        trial = self._journal.find(self.address(member, task, steps, number))
        assert trial is not None, f"trial {number} of {member} on {task.name} was carried out"
        return trial

    def _require_curves(self) -> None:
        """Sees to it that AdamW's curves are there, of trial 0, so that none changes later.

        They come first, since on a task that has none all other trainings would be for nothing.

        Raises:
            EvosearchError: no speed-up can be read off one.
        """
        question = self.question
        self._carry_out(
            (
                _Piece(task, steps, (ADAMW,), 0)
                for task in reversed(question.tasks)
                for horizon in reversed(question.horizons)
                for steps in reversed(_curve_steps(task, horizon))
            ),
            "AdamW's curve",
        )
        for task in question.tasks:
            for horizon in question.horizons:
                self.curve(task, horizon)

    def _curve(self, task: Task, horizon: float) -> Curve:
        points = [
            (steps, float(np.mean(list(self.trial(ADAMW, task, steps, 0).losses.values()))))
            for steps in _curve_steps(task, horizon)
        ]
        finite = [(steps, loss) for steps, loss in points if np.isfinite(loss)]
        if len({steps for steps, _ in finite}) < 2:
            raise EvosearchError(
                f"task {task.name}: AdamW diverges or the task has too few steps, so no speed-up "
                "can be read off; validate on other tasks"
            )
        if finite[-1][1] >= finite[0][1]:
            raise EvosearchError(
                f"task {task.name}: AdamW's loss is no lower after {finite[-1][0]} steps than "
                f"after {finite[0][0]}, so no speed-up can be read off; validate on other tasks"
            )
        return curve(steps_of(task, horizon), finite)

    def _entry(self, member: int, task: Task) -> Entry:
        return self.question.contestants[member].entry(task)

    def address(self, member: int, task: Task, steps: int, number: int) -> Address:
        """Names a trial of a member by all that it depends on."""
        question = self.question
        key = question.contestants[member].key
        return address(key, task, steps, question.budget, number, question.seed, question.engine)

    def _carry_out(self, pieces: Iterable[_Piece], what: str) -> None:
        """Carries out what is not in the journal; all of it is submitted at once.

        Raises:
            EvosearchError: a rule brings every worker down; it is named, and what the others came
                to is kept.
        """
        question = self.question
        missing = [part for piece in pieces for part in self._shared_out(piece)]
        work = [GroupWork(piece.members, partial(self._begun, piece)) for piece in missing]
        for done, (piece, together) in enumerate(zip(missing, work, strict=True), start=1):
            failures: dict[str, WorkFailed] = {}
            for member, trial in zip(piece.members, together.result(), strict=True):
                contestant = question.contestants[member]
                if isinstance(trial, WorkFailed):
                    failures[contestant.name] = trial
                    continue
                place = self.address(member, piece.task, piece.steps, piece.number)
                self._journal.add(place, trial, contestant.baseline)
            if failures:
                raise EvosearchError(f"{', '.join(failures)}: {[*failures.values()][-1]}")
            self._tell(f"{what}: {done}/{len(missing)}, {piece.task.name}, {piece.steps} steps")

    def _begun(self, piece: _Piece, members: Sequence[int]) -> Pending[list[Trial]]:
        question = self.question
        return self._executor.submit(
            carry_out,
            piece.task,
            piece.steps,
            [self.entry(member, piece.task) for member in members],
            question.budget,
            piece.number,
            question.seed,
            question.engine,
            loads=[
                Load(
                    piece.task,
                    len(members) * question.budget * piece.steps,
                    question.engine.device,
                )
            ],
        )

    def _shared_out(self, piece: _Piece) -> Iterator[_Piece]:
        """Cuts what of a piece is not in the journal into pieces of a few members."""
        members = tuple(
            member
            for member in piece.members
            if self._journal.find(self.address(member, piece.task, piece.steps, piece.number))
            is None
        )
        # Equal ones, and two at least of what is not little: there may be two workers.
        pieces = max(1 if len(members) <= _LITTLE else 2, -(-len(members) // _TOGETHER))
        size = max(1, -(-len(members) // pieces))
        for start in range(0, len(members), size):
            yield piece._replace(members=members[start : start + size])


def steps_of(task: Task, horizon: float) -> int:
    """Gives the steps of a training at a horizon, at least one."""
    return max(1, round(task.steps * horizon))


def _curve_steps(task: Task, horizon: float) -> list[int]:
    return [steps_of(task, horizon * factor) for factor in sorted((*CURVE, 1.0))]
