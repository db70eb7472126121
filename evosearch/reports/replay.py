"""Makes stored trainings again and says whether they agree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from evosearch.language.parser import parse
from evosearch.reports.replay_terms import Terms
from evosearch.scoring.trainings import Evaluation, Training, carry_out
from evosearch.scoring.yardstick import baseline
from evosearch.screening.family import Family
from evosearch.search.genotype import family_of
from evosearch.search.schema import BASELINE_ID, STAGES, TUNING_STAGES
from evosearch.search.store_reader import StoreReader
from evosearch.search.work import Executor, Load
from proxies import Engine, Task


@dataclass(frozen=True, slots=True)
class Replayed:
    """Compares the trainings of one candidate in one stage on one task with those made again."""

    candidate: int
    stage: str
    task: str
    runs: int
    identical: int
    """The runs whose loss is the same to the last bit."""
    deviation: float | None
    """The largest relative difference of a loss; infinite where one diverged only once.

    None where the task is not what it was, so that nothing was trained."""
    tolerance: float
    """The largest deviation that agrees; 0 where losses must be equal to the last bit."""
    left_out: int
    """The most replica-steps that went into trainings which a race stopped.

    No loss of theirs is stored to compare with. Those that diverged count too."""

    @property
    def agrees(self) -> bool:
        """Tells whether every loss was compared and is within the tolerance."""
        return self.deviation is not None and self.deviation <= self.tolerance


@dataclass(frozen=True, slots=True)
class Job:
    """Holds the trainings of one candidate in one stage on one task, as they were stored."""

    candidate: int
    stage: str
    task: str
    steps: int
    stored: tuple[Evaluation, ...]
    left_out: int


def jobs(store: StoreReader, numbers: Sequence[int]) -> list[Job]:
    """Gives what was trained of the candidates, in the search and in the finals."""
    listed = []
    for number in numbers:
        for stage in STAGES:
            spent = store.spendings(number, stage)
            stored = sorted(store.evaluations(number, stage), key=lambda e: (e.task, e.steps))
            for (task, steps), group in groupby(stored, key=lambda e: (e.task, e.steps)):
                own = tuple(group)
                finished = steps * sum(e.loss < float("inf") for e in own)
                left_out = max(0, spent.get(task, 0) - finished)
                listed.append(Job(number, stage, task, steps, own, left_out))
    return listed


def halted(store: StoreReader, numbers: Sequence[int]) -> int:
    """Counts the tunings of the candidates that were stopped before any training ended."""
    return sum(
        task not in {e.task for e in store.evaluations(number, stage)}
        for number in numbers
        for stage in TUNING_STAGES
        for task in store.spendings(number, stage)
    )


def replay(
    store: StoreReader, listed: Sequence[Job], terms: Terms, executor: Executor
) -> Iterator[Replayed]:
    """Trains again; yields a result per job, in their order, as each is finished.

    Nothing is trained on a task that is not what it was.
    """
    config = store.config
    work = {
        place: executor.submit(
            train_again,
            _family(store, job.candidate),
            job.stored,
            config.additions.tasks[job.task],
            job.steps,
            config.engine,
            loads=[
                Load(config.additions.tasks[job.task], len(job.stored) * job.steps, config.device)
            ],
        )
        for place, job in enumerate(listed)
        if job.task not in terms.changed
    }
    for place, job in enumerate(listed):
        losses = work[place].result() if place in work else None
        yield _compared(job, losses, terms.tolerance)


def train_again(
    family: Family, stored: Sequence[Evaluation], task: Task, steps: int, engine: Engine
) -> list[float]:
    """Trains a rule at the settings and seeds of stored trainings; gives the losses."""
    trainings = []
    for e in stored:
        contender = family.contender(e.constants)
        assert contender is not None, f"{e.constants} were trained before"
        trainings.append(Training(contender, e.rate, e.seed))
    return [e.loss for e in carry_out(task, steps, trainings, engine)]


def _family(store: StoreReader, number: int) -> Family:
    if number == BASELINE_ID:
        return baseline()
    table = store.config.additions.table
    program = parse(store.candidate(number).text, table=table)
    return family_of(program, store.config.tunes_constants)


def _compared(job: Job, losses: Sequence[float] | None, tolerance: float) -> Replayed:
    identical, deviation = 0, None
    if losses is not None:
        pairs = [(e.loss, loss) for e, loss in zip(job.stored, losses, strict=True)]
        identical = sum(then == now for then, now in pairs)
        deviation = max(_deviation(then, now) for then, now in pairs)
    return Replayed(
        job.candidate,
        job.stage,
        job.task,
        len(job.stored),
        identical,
        deviation,
        tolerance,
        job.left_out,
    )


def _deviation(then: float, now: float) -> float:
    """Gives the relative difference; a run that diverged only once agrees with nothing."""
    if then == now:
        return 0.0
    relative = abs(now - then) / max(abs(now), abs(then))
    return relative if relative == relative else float("inf")
