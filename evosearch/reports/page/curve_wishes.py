"""Says what is to be trained to compare a run's best rule with tuned baselines.

Where a validation measured the rule, everybody takes part that it measured. On another task of the
search it is the rule and AdamW, at the settings of the finals, where both were tuned alike; before
the finals, at the best of the search, and AdamW at those of its yardstick.
"""

from __future__ import annotations

from evosearch.errors import EvosearchError
from evosearch.reports.page.kept_trials import KeptTrials
from evosearch.reports.page.runners import SEEDS, Runner, Wanted
from evosearch.reports.page.validations import Validations, candidate_of
from evosearch.reports.references import family_of_candidate
from evosearch.scoring.remeasurement import report_seeds
from evosearch.scoring.setting import Setting
from evosearch.scoring.yardstick import baseline
from evosearch.search.schema import BASELINE_ID, RANKING
from evosearch.search.store_reader import StoreReader


def wishes(
    store: StoreReader, number: int, validations: Validations
) -> tuple[list[Wanted], dict[str, str]]:
    """Says what to train for a candidate; by task, why something cannot be.

    The search's tasks come first. Of several validations on a task, the first by name counts.
    """
    wanted: dict[str, Wanted] = {}
    missing: dict[str, str] = {}
    for one in validations.every:
        for rule in one.rules:
            if candidate_of(rule) == number:
                kept = KeptTrials(store, one)
                for task in one.outcome.tasks:
                    try:
                        wanted.setdefault(task, kept.wanted(rule, _name(number), task))
                    except EvosearchError as error:
                        missing.setdefault(task, str(error))
    for task in store.config.tasks:
        try:
            wanted.setdefault(task, _in_the_search(store, number, task))
        except EvosearchError as error:
            missing.setdefault(task, str(error))
    order = dict.fromkeys((*store.config.tasks, *wanted))
    return (
        [wanted[task] for task in order if task in wanted],
        {task: why for task, why in missing.items() if task not in wanted},
    )


def _in_the_search(store: StoreReader, number: int, task: str) -> Wanted:
    """Says what to train on a task by what the search itself tuned.

    Raises:
        EvosearchError: the rule or AdamW was not tuned there.
    """
    ours, source = store.settings(number, RANKING), "the finals, with one budget for both"
    if not ours:
        ours = store.best_settings(number)
        source = "the search, and AdamW's in that of its yardstick"
    yardstick = next((one for one in store.yardsticks() if one.task == task), None)
    if task not in ours:
        raise EvosearchError("the rule was not tuned there")
    if yardstick is None:
        raise EvosearchError("AdamW was not tuned there yet")
    own = Setting(yardstick.own.rate, yardstick.own.constants)
    adamw = store.settings(BASELINE_ID, RANKING).get(task) or own
    family = family_of_candidate(store, store.candidate(number))
    seeds = report_seeds(min(SEEDS, store.config.fresh_seeds))
    runners = (
        Runner(_name(number), family, tuple((ours[task], seed) for seed in seeds)),
        Runner("adamw", baseline(), tuple((adamw, seed) for seed in seeds)),
    )
    return Wanted(task, yardstick.own.steps, runners, source)


def _name(number: int) -> str:
    return f"candidate {number}"
