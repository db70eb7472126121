"""Is the Python face of what is measured by training rules against baselines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import pairwise
from math import inf
from pathlib import Path

from evosearch.api.given import GivenRule, GivenTask, as_text, with_tasks
from evosearch.errors import EvosearchError
from evosearch.plugins.additions import NOTHING_ADDED, Additions
from evosearch.reports.contest import Contest, contest
from evosearch.scoring.qualification_records import load
from evosearch.screening.trainable import require_trainable
from evosearch.search.circumstances import circumstances
from evosearch.search.executor import executor
from evosearch.search.folders import RUNS, yardstick_folder
from evosearch.search.gpus import share_of_gpu
from evosearch.search.process import check_device
from evosearch.validation.contestants import BASELINES, contestants
from evosearch.validation.laboratory import BUDGET, Question, steps_of
from evosearch.validation.openings import MOST_RULES, Opening, record_opening
from evosearch.validation.outcome import FOLDER, Outcome
from evosearch.validation.validate import LEAST, LIMIT, Places, Terms
from evosearch.validation.validate import validate as carried_out
from proxies import SUITES, Engine
from proxies.training.gradients import gradients

_LONGEST_NAME = 60


def validate(
    programs: Sequence[GivenRule],
    tasks: Sequence[GivenTask] = ("select",),
    *,
    baselines: Sequence[str] = BASELINES,
    seeds: int = LIMIT,
    horizons: Sequence[float] = (1.0,),
    budget: int = BUDGET,
    seed: int = 0,
    sensitivity: bool = True,
    device: str = "cpu",
    workers: int = 0,
    ray_address: str | None = None,
    gpus_per_worker: float | None = None,
    tell: Callable[[str], None] = lambda _: None,
    additions: Additions = NOTHING_ADDED,
) -> tuple[Outcome, Path]:
    """Compares rules with tuned AdamW and other baselines, all tuned alike; says where it is kept.

    `programs` are known rules, files, `RUN#ID`, or RUN for a run's finalists; `tasks` are suites,
    tasks or `FILE.py:NAME`. Each rule is tuned (rate, constants, weight decay) with `budget`
    trainings and measured on seeds that chose nothing, and that again with other draws and seeds
    until each verdict is clear, `seeds` times at most. `horizons` are multiples of the tasks'
    steps; the verdict is at the longest. `workers` are Ray actors, 0 for this process; on cuda each
    has a GPU, or `gpus_per_worker`, such as 0.25. It takes minutes to hours; each trial is kept, so
    the same call goes on where it stopped.

    Raises:
        EvosearchError: there is no such program, task or device, a gate rejects a program, two
            are the same or of different runs, or too many of a run are to see the final tasks.
    """
    rules = contest([as_text(one) for one in programs], additions)
    for rule in rules.rules:
        require_trainable(rule.program, f"{rule.name} cannot be trained")
    _require_sense(seeds, horizons, budget)
    asked, additions = with_tasks(tasks, additions)
    names = tuple(dict.fromkeys(asked))
    check_device(device)
    share_of_gpu(gpus_per_worker, device, workers)
    question = Question(
        contestants(rules.rules, baselines, additions.code_of),
        tuple(additions.tasks[name] for name in names),
        tuple(sorted(set(horizons))),
        budget,
        seed,
        Engine(device=device, compiled=True),
    )
    _require_apart(question)
    suite = "+".join(dict.fromkeys(str(one) if isinstance(one, str) else one.name for one in tasks))
    places = _places(rules, question, suite)
    for folder in (places.own, places.shared):
        folder.mkdir(parents=True, exist_ok=True)  # if it cannot be made, before there are trials
    with executor(workers, ray_address, additions, device, gpus_per_worker, tell=tell) as work:
        tell(_expected(question))
        for task in question.tasks:
            gradients(task, question.engine)
        terms = Terms(
            limit=seeds,
            suite=suite,
            opening=_opening(rules, names, places, suite),
            seen=tuple(name for name in names if name in rules.searched),
            sensitivity=sensitivity,
            machine=_machine(question),
        )
        return carried_out(question, terms, work, places, tell), places.own


def _require_sense(seeds: int, horizons: Sequence[float], budget: int) -> None:
    """Refuses numbers with which nothing can be measured.

    Raises:
        EvosearchError: one of them is out of its range.
    """
    if seeds < LEAST:
        raise EvosearchError(f"seeds: expected {LEAST} or more, got {seeds}")
    if budget < 1:
        raise EvosearchError(f"budget: expected at least 1 training, got {budget}")
    if not horizons or not all(0 < horizon < inf for horizon in horizons):
        raise EvosearchError(f"horizon: expected positive multiples, got {list(horizons)}")


def _require_apart(question: Question) -> None:
    """Refuses horizons that are the same length of training on a task.

    Raises:
        EvosearchError: two are.
    """
    for task in question.tasks:
        steps = [steps_of(task, horizon) for horizon in question.horizons]
        for (short, long), (a, b) in zip(pairwise(question.horizons), pairwise(steps), strict=True):
            if a == b:
                raise EvosearchError(
                    f"horizon: {short:.10g} and {long:.10g} are both {a} steps on {task.name}; "
                    "give them further apart"
                )


def _expected(question: Question) -> str:
    """Tells how long a trial of all rules takes on a core, as far as that was measured."""
    tasks = len(question.tasks)
    count = f"{len(question.contestants)} rules and baselines on {tasks} task" + "s" * (tasks != 1)
    known = [load(yardstick_folder(), task) for task in question.tasks]
    if not all(known):
        return f"{count}; first their models are compiled"
    steps = question.budget * sum(question.horizons) * len(question.contestants)
    seconds = sum(
        steps * task.steps * one.replica_step_seconds
        for task, one in zip(question.tasks, known, strict=True)
        if one is not None
    )
    minutes = max(1, round(seconds / 60))
    return f"{count}: each seed takes about {minutes} min of a core"


def _places(rules: Contest, question: Question, suite: str) -> Places:
    """Names the folder by what is asked, so that no other question overwrites it."""
    parts = [
        [one.key for one in question.contestants],
        [task.digest() for task in question.tasks],
        question.horizons,
        question.budget,
        question.seed,
        question.engine.device,
    ]
    identity = blake2b(repr(parts).encode(), digest_size=4).hexdigest()
    names = "+".join(rule.name for rule in rules.rules)
    if len(names) > _LONGEST_NAME:
        names = f"{len(rules.rules)}_rules"
    label = "".join(c if c.isalnum() or c in "+_-." else "_" for c in f"{names}-{suite}")
    folder = (rules.run or RUNS) / FOLDER
    return Places(folder, folder / f"{label[:100]}-{identity}", RUNS / FOLDER)


def _opening(rules: Contest, tasks: Sequence[str], places: Places, suite: str) -> Opening | None:
    """Records that the final tasks are opened, if they are, for rules that were chosen by search.

    Raises:
        EvosearchError: too many rules are to see them.
    """
    if not rules.chosen or not set(tasks) & set(SUITES["final"]):
        return None
    if len(rules.chosen) > MOST_RULES:
        raise EvosearchError(
            f"{len(rules.chosen)} rules: the final tasks are opened for at most {MOST_RULES} at "
            "once; choose among them with --suite select"
        )
    today = datetime.now(UTC).date().isoformat()
    return record_opening(places.all, places.own.name, suite, rules.chosen, today)


def _machine(question: Question) -> tuple[str, ...]:
    facts = circumstances(question.engine.device, question.tasks)
    return (
        f"evosearch {facts.evosearch}",
        f"torch {facts.torch}",
        f"numpy {facts.numpy}",
        f"device {facts.device}",
        f"processor {facts.processor}, {facts.instructions}",
    )
