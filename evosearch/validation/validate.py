"""Compares rules with baselines, from the first trial to what is said in the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evosearch.search.work import Executor, Load
from evosearch.validation import moving, trials
from evosearch.validation.findings import Evidence, Ranges, standings
from evosearch.validation.journal import TRIALS, Journal
from evosearch.validation.laboratory import Progress, Question, Trainings, steps_of
from evosearch.validation.openings import Opening, level_of, openings
from evosearch.validation.outcome import Moved, Outcome, write_outcome
from evosearch.validation.price import price
from evosearch.validation.sequential import measure_until_clear

LEVEL = 0.05
"""The chance of any wrong verdict, before what openings of the final tasks take of it."""
LIMIT = 12
"""The most trials of a rule, unless told otherwise."""
LEAST = 2
"""The fewest that a limit may be; with as few nothing can be excluded."""


@dataclass(frozen=True)
class Terms:
    """Says on what terms a validation is made."""

    limit: int
    """The most trials of a rule."""
    suite: str
    """The tasks as they were asked for."""
    opening: Opening | None
    """The opening of the final tasks that this is; None where it has none of them."""
    seen: tuple[str, ...]
    """Those of the tasks by which the rules' own search chose."""
    sensitivity: bool
    """Whether to find how far rate and constants can be moved."""
    machine: tuple[str, ...]
    """Versions, processor and device."""


@dataclass(frozen=True)
class Places:
    """Says where a validation is kept."""

    all: Path
    """The folder of all validations of a run, with the openings."""
    own: Path
    """The folder of this one."""
    shared: Path
    """The folder in which all validations of the machine find the trials of baselines."""


def validate(
    question: Question, terms: Terms, executor: Executor, places: Places, tell: Progress
) -> Outcome:
    """Carries out what is missing, and writes the outcome into its folder."""
    paths = places.own / TRIALS, places.shared / "baselines.jsonl"
    journal = Journal(*paths, write=trials.to_record, read=trials.from_record)
    laboratory = Trainings(question, executor, journal, tell)
    level = level_of(terms.opening, LEVEL)
    series = measure_until_clear(laboratory, question.baselines, question.rules, terms.limit, level)
    ranges = _ranges(laboratory, executor, places, tell) if terms.sensitivity else []
    tell("time of a step")
    prices = [price(one.reference.program) for one in question.contestants]
    evidence = Evidence(laboratory, series, prices, ranges, level)
    outcome = Outcome(
        suite=terms.suite,
        tasks=tuple(task.name for task in question.tasks),
        horizons=question.horizons,
        budget=question.budget,
        seed=question.seed,
        level=level,
        rules=question.rules,
        opening=terms.opening.number if terms.opening else None,
        openings=len(openings(places.all)),
        standings=tuple(standings(evidence)),
        replica_steps=_spent(laboratory, [len(own) for own in series]),
        machine=terms.machine,
        seen=terms.seen,
    )
    write_outcome(places.own, outcome)
    return outcome


def _ranges(
    laboratory: Trainings, executor: Executor, places: Places, tell: Progress
) -> list[Ranges]:
    """Finds for each member and task how far its values can be moved, at the last horizon."""
    question = laboratory.question
    paths = places.own / "moved.jsonl", places.shared / "baselines_moved.jsonl"
    journal: Journal[tuple[Moved, ...]] = Journal(
        *paths, write=moving.to_record, read=moving.from_record
    )
    pieces = [
        (member, task, steps_of(task, question.horizons[-1]))
        for task in reversed(question.tasks)
        for member in range(len(question.contestants))
    ]
    missing = [p for p in pieces if journal.find(laboratory.address(*p, 0)) is None]
    work = [
        executor.submit(
            moving.moved,
            task,
            steps,
            laboratory.entry(member, task),
            laboratory.trial(member, task, steps, 0).best,
            question.engine,
            loads=[
                Load(
                    task,
                    moving.count(laboratory.entry(member, task)) * steps,
                    question.engine.device,
                )
            ],
        )
        for member, task, steps in missing
    ]
    for done, (piece, pending) in enumerate(zip(missing, work, strict=True), start=1):
        shared = question.contestants[piece[0]].baseline
        journal.add(laboratory.address(*piece, 0), pending.result(), shared)
        tell(f"sensitivity: {done}/{len(missing)}, {piece[1].name}")
    known = {piece[:2]: journal.find(laboratory.address(*piece, 0)) or () for piece in pieces}
    return [
        [known[member, task] for task in question.tasks]
        for member in range(len(question.contestants))
    ]


def _spent(laboratory: Trainings, counts: Sequence[int]) -> int:
    """Counts the replica-steps of all trials that have a say, AdamW's curve left out."""
    question = laboratory.question
    return sum(
        laboratory.trial(member, task, steps_of(task, horizon), number).spent
        for member, count in enumerate(counts)
        for number in range(count)
        for task in question.tasks
        for horizon in question.horizons
    )
