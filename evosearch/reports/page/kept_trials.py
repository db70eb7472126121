"""Finds the trials of a validation of the run, for training what it tuned once more."""

from __future__ import annotations

from evosearch.errors import EvosearchError
from evosearch.export.notation.provenance import Reference
from evosearch.language.parser import parse
from evosearch.reports.page.runners import SEEDS, Runner, Wanted
from evosearch.reports.page.validations import Validation
from evosearch.search.store_reader import StoreReader
from evosearch.validation import trials
from evosearch.validation.contestants import Contestant
from evosearch.validation.journal import TRIALS, Journal, address
from evosearch.validation.outcome import FOLDER, OnTask, Standing
from proxies import Task


class KeptTrials:
    """Reads what a validation of a run kept of each trial."""

    def __init__(self, store: StoreReader, validation: Validation) -> None:
        self._store, self._validation = store, validation
        path = store.folder / FOLDER / validation.name / TRIALS
        self._journal = Journal(path, write=trials.to_record, read=trials.from_record)

    def wanted(self, rule: Standing, name: str, task: str) -> Wanted:
        """Says how to train a rule, called `name`, and all baselines on a task.

        Each is trained at the settings and with the fresh seeds of its first trials.

        Raises:
            EvosearchError: the task, an operation or the trials are not at hand.
        """
        at_hand = self._store.config.additions.tasks
        if task not in at_hand:
            raise EvosearchError("the task is not at hand")
        baselines = [one for one in self._validation.outcome.standings if one.baseline]
        runners = (
            self._runner(rule, name, at_hand[task]),
            *(self._runner(one, one.name, at_hand[task]) for one in baselines),
        )
        source = f"the trials of validation {self._validation.name}, with one budget for all"
        steps = _shortest(rule, task).steps
        return Wanted(task, steps, runners, source, decay_themselves=True)

    def _runner(self, standing: Standing, name: str, task: Task) -> Runner:
        outcome, config = self._validation.outcome, self._store.config
        program = parse(standing.text, table=config.additions.table)
        code = "" if standing.baseline else config.additions.code_of(program)
        reference = Reference(program, standing.name, standing.origin)
        contestant = Contestant(reference, standing.baseline, code)
        steps = _shortest(standing, task.name).steps
        trainings = []
        for number in range(min(one.seeds for one in outcome.standings)):
            place = address(
                *(contestant.key, task, steps, outcome.budget),
                *(number, outcome.seed, config.engine),
            )
            trial = self._journal.find(place)
            if trial is None:
                raise EvosearchError(
                    f"the trials of validation {self._validation.name} are not beside it, or were "
                    "made with another version of torch or of the task"
                )
            trainings += [(trial.best, seed) for seed in trial.losses]
        return Runner(name, contestant.entry(task).family, tuple(trainings[:SEEDS]))


def _shortest(standing: Standing, task: str) -> OnTask:
    """Finds what was measured on a task in the shortest trainings."""
    own = [one for one in standing.on_tasks if one.task == task]
    return min(own, key=lambda one: one.horizon)
