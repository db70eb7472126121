"""Has the structures of a block tuned together; one that brings workers down is the slowest."""

from __future__ import annotations

from collections.abc import Sequence

from evosearch.errors import EvosearchError
from evosearch.scoring.evaluation import SLOWEST_RESULT, Entrant, Result, evaluate
from evosearch.search.config import SearchConfig
from evosearch.search.group_work import GroupWork, warn_of
from evosearch.search.work import Executor, Load, Pending, WorkFailed
from evosearch.search.yardsticks import RunTasks


class BlockWork:
    """Is the tuning of a block's entrants, which begins when it is made."""

    def __init__(
        self,
        executor: Executor,
        entrants: Sequence[Entrant],
        tasks: RunTasks,
        config: SearchConfig,
    ) -> None:
        self._executor, self._tasks, self._config = executor, tasks, config
        self._work = GroupWork(entrants, self._begun)

    def result(self) -> list[Result]:
        """Gives results in the order of the entrants.

        Where the work brought several workers down, each structure is tuned by itself; one that
        does so again counts as the slowest there is, and a warning names it.

        Raises:
            EvosearchError: all of them do so, or the start rule does; then a task or a machine is
                to blame.
        """
        outcomes = self._work.result()
        numbers = [int(entrant.key[-1]) for entrant in self._work.members]
        failed = {
            number: outcome
            for number, outcome in zip(numbers, outcomes, strict=True)
            if isinstance(outcome, WorkFailed)
        }
        if 0 in failed or len(failed) == len(outcomes) > 1:
            told = ", ".join(map(str, failed))
            raise EvosearchError(f"candidates {told}: {[*failed.values()][-1]}, then resume")
        warn_of(failed)
        return [SLOWEST_RESULT if isinstance(one, WorkFailed) else one for one in outcomes]

    def _begun(self, entrants: Sequence[Entrant]) -> Pending[list[Result]]:
        means, device = self._config.means, self._config.device
        new = sum(not entrant.round for entrant in entrants)
        trainings = sum(means.in_round(entrant.round) for entrant in entrants)
        loads = [
            Load(task, count * yardstick.steps, device)
            for count, tasks in (
                (new * means.micro_budget, self._tasks.micro),
                (trainings, self._tasks.search),
            )
            for task, yardstick in tasks
        ]
        return self._executor.submit(
            *(
                evaluate,
                entrants,
                self._tasks.search,
                means,
                self._config.engine,
                self._tasks.micro,
            ),
            loads=loads,
        )
