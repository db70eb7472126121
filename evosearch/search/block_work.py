"""Has the structures of a block tuned together, and finds out which one brings workers down."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field

from evosearch.errors import EvosearchError
from evosearch.scoring.evaluation import SLOWEST_RESULT, Entrant, Result, evaluate
from evosearch.search.config import SearchConfig
from evosearch.search.work import Executor, Load, Pending, WorkFailed
from evosearch.search.yardsticks import RunTasks


@dataclass
class BlockWork:
    """Is the tuning of a block's entrants, which begins when it is made."""

    executor: Executor
    entrants: Sequence[Entrant]
    tasks: RunTasks
    config: SearchConfig
    _together: Pending[list[Result]] = field(init=False)

    def __post_init__(self) -> None:
        self._together = self._begun(self.entrants)

    def result(self) -> list[Result]:
        """Gives results in the order of the entrants.

        Where the work brought several workers down, each structure is tuned by itself; one that
        does so again counts as the slowest there is, and a warning names it.

        Raises:
            EvosearchError: all of them do so, or the start rule does; then a task or a machine is
                to blame.
        """
        try:
            return self._together.result()
        except WorkFailed:
            alone = [self._begun([entrant]) for entrant in self.entrants]
        results, failed = [], list[int]()
        for entrant, work in zip(self.entrants, alone, strict=True):
            number = int(entrant.key[-1])
            try:
                results += work.result()
            except WorkFailed as failure:
                failed.append(number)
                results.append(SLOWEST_RESULT)
                if number == 0 or len(failed) == len(alone) > 1:
                    numbers = ", ".join(map(str, failed))
                    raise EvosearchError(f"candidates {numbers}: {failure}, then resume") from None
        if failed:
            numbers = ", ".join(map(str, failed))
            warnings.warn(
                f"candidates that bring every worker down count as the slowest: {numbers}",
                stacklevel=2,
            )
        return results

    def _begun(self, entrants: Sequence[Entrant]) -> Pending[list[Result]]:
        means, device = self.config.means, self.config.device
        new = sum(not entrant.round for entrant in entrants)
        trainings = sum(means.in_round(entrant.round) for entrant in entrants)
        loads = [
            Load(task, count * yardstick.steps, device)
            for count, tasks in (
                (new * means.micro_budget, self.tasks.micro),
                (trainings, self.tasks.search),
            )
            for task, yardstick in tasks
        ]
        return self.executor.submit(
            *(evaluate, entrants, self.tasks.search, means, self.config.engine, self.tasks.micro),
            loads=loads,
        )
