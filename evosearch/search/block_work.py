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
    """Is the tuning of a block's entrants, which begins when it is made.

    Those in their first round fill cohorts together. A further round takes as long as many of
    these and fills cohorts by itself, so each is a piece of work of its own, lest a worker be idle
    while another has all that is left.
    """

    def __init__(
        self,
        executor: Executor,
        entrants: Sequence[Entrant],
        tasks: RunTasks,
        config: SearchConfig,
    ) -> None:
        self._executor, self._tasks, self._config = executor, tasks, config
        self._entrants = entrants
        first = [entrant for entrant in entrants if not entrant.round]
        further = [[entrant] for entrant in entrants if entrant.round]
        self._works = [GroupWork(group, self._begun) for group in [first, *further] if group]

    def result(self) -> list[Result]:
        """Gives results in the order of the entrants.

        Where the work brought several workers down, each structure is tuned by itself; one that
        does so again counts as the slowest there is, and a warning names it.

        Raises:
            EvosearchError: all of them do so, or the start rule does; then a task or a machine is
                to blame.
        """
        outcomes = {
            _number(entrant): outcome
            for work in self._works
            for entrant, outcome in zip(work.members, work.result(), strict=True)
        }
        failed = {n: one for n, one in outcomes.items() if isinstance(one, WorkFailed)}
        if 0 in failed or len(failed) == len(outcomes) > 1:
            told = ", ".join(map(str, failed))
            raise EvosearchError(f"candidates {told}: {[*failed.values()][-1]}, then resume")
        warn_of(failed)
        in_order = [outcomes[_number(entrant)] for entrant in self._entrants]
        return [SLOWEST_RESULT if isinstance(one, WorkFailed) else one for one in in_order]

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


def _number(entrant: Entrant) -> int:
    """Gives the number of the candidate that an entrant was bred as."""
    return int(entrant.key[-1])
