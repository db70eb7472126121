"""Trains the best rule and AdamW once more and records how their losses fall.

Both are trained at the settings at which they were best, on some of the seeds of the report. What
was trained is kept beside the run, so that it is trained once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evosearch.errors import EvosearchError
from evosearch.plugins.tasks import require_tasks
from evosearch.reports.page.curve_file import CurveFile
from evosearch.reports.page.curves import Curve, Curves, TaskCurves
from evosearch.reports.references import family_of_candidate
from evosearch.reports.replay_terms import terms
from evosearch.scoring.remeasurement import report_seeds
from evosearch.scoring.setting import Setting
from evosearch.scoring.trainings import Training, train_together
from evosearch.scoring.yardstick import baseline
from evosearch.screening.family import Family
from evosearch.search.circumstances import circumstances
from evosearch.search.process import check_device, configure_process
from evosearch.search.schema import BASELINE_ID, RANKING
from evosearch.search.store_reader import StoreReader
from proxies import Engine, Rungs, Task

FILE = Path("report") / "curves.json"
"""Where the curves are kept in a run's folder."""
_VERSION = 1
_SEEDS = 4
_MARKS = 30
"""The most points of a curve."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Says what is to be trained on a task."""

    task: str
    candidate: int
    steps: int
    seeds: tuple[int, ...]
    rule: Setting
    adamw: Setting


def curves_of(store: StoreReader, number: int, tell: Callable[[str], None]) -> Curves:
    """Gives the curves of a candidate: kept ones, or else trained now, which `tell` is told of.

    Where nothing can be trained, as on a task that is not at hand, it is said why.
    """
    wanted, missing = wishes(store, number)
    path = store.folder / FILE
    kept = CurveFile(path)
    known = {w.task: c for w in wanted if (c := kept.find(w.task, _asked(w))) is not None}
    to_do = [w for w in wanted if w.task not in known]
    fit, unfit = _trainable(store, to_do)
    missing |= unfit
    for place, one in enumerate(fit, start=1):
        tell(f"training curves: {one.task}, {one.steps} steps, {place} of {len(fit)}")
        try:
            known[one.task] = _trained(store, one)
            kept.add(known[one.task], _asked(one))
        except EvosearchError as error:
            missing[one.task] = str(error)
        except OSError as error:
            tell(f"{path}: cannot be written ({error.strerror}); the curves are not kept")
    return Curves(tuple(known[w.task] for w in wanted if w.task in known), missing)


def wishes(store: StoreReader, number: int) -> tuple[list[Wanted], dict[str, str]]:
    """Says what to train to compare a candidate with AdamW; by task, why something cannot be.

    The settings are those of the finals, where both were tuned alike; before the finals, the best
    of the search, and AdamW's own of the yardstick.
    """
    ours = store.settings(number, RANKING) or store.best_settings(number)
    theirs = store.settings(BASELINE_ID, RANKING)
    yardsticks = {one.task: one for one in store.yardsticks()}
    seeds = report_seeds(min(_SEEDS, store.config.fresh_seeds))
    wanted, missing = [], {}
    for task in store.config.tasks:
        if task not in ours:
            missing[task] = "the rule was not tuned there"
        elif task not in yardsticks:
            missing[task] = "AdamW was not tuned there yet"
        else:
            own = yardsticks[task].own
            adamw = theirs.get(task) or Setting(own.rate, own.constants)
            wanted.append(Wanted(task, number, own.steps, seeds, ours[task], adamw))
    return wanted, missing


def train_curves(
    task: Task,
    steps: int,
    rules: Sequence[tuple[Family, Setting]],
    seeds: Sequence[int],
    engine: Engine,
) -> list[Curve]:
    """Trains each rule at its setting with each seed, and records the losses on the way.

    Raises:
        EvosearchError: a rule cannot be trained at its setting.
    """
    trainings = []
    for family, setting in rules:
        contender = family.contender(setting.constants)
        if contender is None:
            raise EvosearchError("the rule cannot be trained at its setting any more")
        trainings += [Training(contender, setting.rate, seed) for seed in seeds]
    recorded: list[NDArray[np.float64]] = []

    def judge(_: int, losses: NDArray[np.float64]) -> NDArray[np.bool_]:
        recorded.append(losses)
        return np.ones(len(losses), dtype=bool)

    final = train_together(task, steps, trainings, engine, Rungs(marks(steps), judge))
    # Where all have diverged, training ends before the last mark.
    gone = np.full(len(trainings), np.inf)
    recorded += [gone] * (len(marks(steps)) - len(recorded))
    curves = []
    for place in range(len(rules)):
        own = slice(place * len(seeds), (place + 1) * len(seeds))
        lines = tuple(tuple(map(float, losses[own])) for losses in recorded)
        curves.append(Curve(lines, tuple(map(float, final[own]))))
    return curves


def marks(steps: int) -> tuple[int, ...]:
    """Gives the steps after which losses are recorded, evenly spaced, the last step among them."""
    count = min(_MARKS, steps)
    return tuple(round(steps * place / count) for place in range(1, count + 1))


def _trainable(store: StoreReader, wanted: Sequence[Wanted]) -> tuple[list[Wanted], dict[str, str]]:
    """Sorts out what cannot be trained here, and says why."""
    if not wanted:
        return [], {}
    config, missing = store.config, {}
    try:
        check_device(config.device)
    except EvosearchError as error:
        return [], {one.task: str(error) for one in wanted}
    at_hand = []
    for one in wanted:
        try:
            require_tasks([one.task], config.task_files, config.additions)
            at_hand.append(one)
        except EvosearchError as error:
            missing[one.task] = str(error)
    tasks = [config.additions.tasks[one.task] for one in at_hand]
    changed = terms(store.circumstances, circumstances(config.device, tasks)).changed
    missing |= dict.fromkeys(changed, "the task is not what it was when the run was made")
    configure_process()
    return [one for one in at_hand if one.task not in changed], missing


def _trained(store: StoreReader, wanted: Wanted) -> TaskCurves:
    config = store.config
    task = config.additions.tasks[wanted.task]
    family = family_of_candidate(store, store.candidate(wanted.candidate))
    rule, adamw = train_curves(
        task,
        wanted.steps,
        [(family, wanted.rule), (baseline(), wanted.adamw)],
        wanted.seeds,
        config.engine,
    )
    here = circumstances(config.device, [])
    where = f"evosearch {here.evosearch}, torch {here.torch}, {here.device}, {here.processor}"
    return TaskCurves(wanted.task, wanted.seeds, marks(wanted.steps), rule, adamw, where)


def _asked(wanted: Wanted) -> dict[str, Any]:
    """Names all that curves depend on but for the machine and the versions."""
    asked: dict[str, Any] = json.loads(json.dumps(asdict(wanted)))
    return {**asked, "marks": _MARKS, "version": _VERSION}
