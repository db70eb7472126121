"""Tuning a block's structures, of which some bring workers down."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from evosearch.errors import EvosearchError
from evosearch.scoring.curve import SLOWEST
from evosearch.scoring.evaluation import Entrant, Result
from evosearch.scoring.yardstick import MeasuredTask
from evosearch.search.block_work import BlockWork
from evosearch.search.work import Load, Pending, WorkFailed, in_words
from evosearch.search.yardsticks import RunTasks
from proxies import TASKS
from tests.support.evolving import TASK, grow, shortness
from tests.support.made_yardstick import made_yardstick
from tests.support.small_search import LOSSES, RATE, config

TASK_ITSELF = TASKS[TASK]
MEASURED = RunTasks([MeasuredTask(TASK_ITSELF, made_yardstick(TASK_ITSELF, LOSSES, RATE))])


class Dangerous:
    """Does not train; work with some of the structures brings it down."""

    def __init__(self, *numbers: int | str) -> None:
        self._numbers = numbers
        self.loads: list[Sequence[Load]] = []

    def submit(
        self, _: Callable[..., Any], *arguments: Any, loads: Sequence[Load] = ()
    ) -> Pending[Any]:
        self.loads.append(loads)
        numbers = [entrant.key[-1] for entrant in arguments[0]]
        fails = bool(set(numbers) & set(self._numbers))

        class Work:
            def result(self) -> list[Result]:
                if fails:
                    raise WorkFailed("each of 3 workers died", in_words(loads))
                return [Result(float(number), True, {}) for number in numbers]

        return Work()


def entrants() -> list[Entrant]:
    """Those of a block of new structures, and the start rule's."""
    history = grow(shortness, 2)
    return [one.entrant for one in history if one.entrant]


def test_a_block_is_tuned_together() -> None:
    """In one piece of work, of which it is said how much it trains at most."""
    chosen, work = entrants(), Dangerous()
    results = BlockWork(work, chosen, MEASURED, config()).result()
    assert [one.fitness for one in results] == [entrant.key[-1] for entrant in chosen]
    ((load,),) = work.loads
    assert load == Load(
        TASK_ITSELF, len(chosen) * config().means.in_round(0) * TASK_ITSELF.steps, config().device
    )


def test_a_further_round_is_a_piece_of_work_of_its_own() -> None:
    """It takes long, and fills cohorts by itself; results are in the order of the entrants."""
    chosen, work = entrants(), Dangerous()
    chosen[1] = replace(chosen[1], round=1)
    chosen[3] = replace(chosen[3], round=2)
    results = BlockWork(work, chosen, MEASURED, config()).result()
    assert [one.fitness for one in results] == [entrant.key[-1] for entrant in chosen]
    means = config().means
    trainings = [(len(chosen) - 2) * means.in_round(0), means.in_round(1), means.in_round(2)]
    assert [load.replica_steps for (load,) in work.loads] == [
        count * TASK_ITSELF.steps for count in trainings
    ]


def test_a_structure_that_brings_workers_down_is_the_slowest() -> None:
    """The others have the results that they have without it; a warning names it."""
    chosen = entrants()
    bad = int(chosen[2].key[-1])
    work = BlockWork(Dangerous(bad), chosen, MEASURED, config())
    with pytest.warns(UserWarning, match=f"count as the slowest: {bad}$"):
        results = work.result()
    assert results[2] == Result(math.log2(SLOWEST), False, {})
    others = [one.fitness for place, one in enumerate(results) if place != 2]
    assert others == [e.key[-1] for place, e in enumerate(chosen) if place != 2]


def test_where_all_do_so_a_task_is_to_blame() -> None:
    """Then no structure is held guilty, and the tasks are named."""
    chosen = entrants()
    work = BlockWork(Dangerous(*(e.key[-1] for e in chosen)), chosen, MEASURED, config())
    with pytest.raises(EvosearchError, match=f"died over the work on {TASK}; see that data and"):
        work.result()


def test_the_start_rule_is_never_held_guilty() -> None:
    """It is known to train."""
    (start, *_) = entrants()
    assert start.key[-1] == 0
    with pytest.raises(EvosearchError, match="candidates 0: each of 3 workers died"):
        BlockWork(Dangerous(0), [start], MEASURED, config()).result()


def test_one_by_itself_is_the_slowest() -> None:
    """Where a block has one structure."""
    (_, one, *_) = entrants()
    with pytest.warns(UserWarning, match="count as the slowest"):
        (result,) = BlockWork(Dangerous(one.key[-1]), [one], MEASURED, config()).result()
    assert not result.cleared
