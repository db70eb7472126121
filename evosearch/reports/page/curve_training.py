"""Trains the best rule and tuned baselines once more and records how their losses fall.

What was trained is kept beside the run, so that it is trained once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evosearch.errors import EvosearchError
from evosearch.plugins.tasks import require_tasks
from evosearch.reports.page.curve_file import CurveFile
from evosearch.reports.page.curve_wishes import wishes
from evosearch.reports.page.curves import Curve, Curves, TaskCurves
from evosearch.reports.page.runners import Runner, Wanted
from evosearch.reports.page.validations import Validations
from evosearch.reports.replay_terms import terms
from evosearch.scoring.trainings import Training, train_together
from evosearch.search.circumstances import circumstances
from evosearch.search.process import check_device, configured_process
from evosearch.search.store_reader import StoreReader
from evosearch.validation.decay import without_decay
from proxies import Engine, Rungs, Task

FILE = Path("report") / "curves.json"
"""Where the curves are kept in a run's folder."""
_VERSION = 2
_MARKS = 30
"""The most points of a curve."""


def curves_of(
    store: StoreReader, number: int, validations: Validations, tell: Callable[[str], None]
) -> Curves:
    """Gives the curves of a candidate: kept ones, or else trained now, which `tell` is told of.

    Where nothing can be trained, as on a task that is not at hand, it is said why.
    """
    wanted, missing = wishes(store, number, validations)
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


def train_curves(
    task: Task, steps: int, runners: Sequence[Runner], engine: Engine
) -> tuple[Curve, ...]:
    """Trains each rule at its settings, and records the losses on the way.

    Raises:
        EvosearchError: a rule cannot be trained at its setting.
    """
    trainings = []
    for runner in runners:
        for setting, seed in runner.trainings:
            contender = runner.family.contender(setting.constants)
            if contender is None:
                raise EvosearchError(
                    f"the rule {runner.name} cannot be trained at its setting any more"
                )
            trainings.append(Training(contender, setting.rate, seed))
    recorded: list[NDArray[np.float64]] = []

    def judge(_: int, losses: NDArray[np.float64]) -> NDArray[np.bool_]:
        recorded.append(losses)
        return np.ones(len(losses), dtype=bool)

    final = train_together(task, steps, trainings, engine, Rungs(marks(steps), judge))
    # Where all have diverged, training ends before the last mark.
    gone = np.full(len(trainings), np.inf)
    recorded += [gone] * (len(marks(steps)) - len(recorded))
    curves, start = [], 0
    for runner in runners:
        own = slice(start, start := start + len(runner.trainings))
        lines = tuple(tuple(map(float, losses[own])) for losses in recorded)
        curves.append(Curve(runner.name, lines, tuple(map(float, final[own]))))
    return tuple(curves)


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
    return [one for one in at_hand if one.task not in changed], missing


def _trained(store: StoreReader, wanted: Wanted) -> TaskCurves:
    config = store.config
    task = config.additions.tasks[wanted.task]
    with configured_process():
        rule, *baselines = train_curves(
            without_decay(task) if wanted.decay_themselves else task,
            wanted.steps,
            wanted.runners,
            config.engine,
        )
    here = circumstances(config.device, [])
    where = f"evosearch {here.evosearch}, torch {here.torch}, {here.device}, {here.processor}"
    return TaskCurves(
        task=wanted.task,
        seeds=wanted.seeds,
        marks=marks(wanted.steps),
        rule=rule,
        baselines=tuple(baselines),
        source=wanted.source,
        where=where,
    )


def _asked(wanted: Wanted) -> dict[str, Any]:
    return {**wanted.asked, "marks": _MARKS, "version": _VERSION}
