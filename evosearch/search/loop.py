"""Searches: breeds, trains, commits, and in the end measures the best again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from evosearch.errors import EvosearchError
from evosearch.language.parser import parse_all
from evosearch.scoring.evaluation import Result
from evosearch.search.block_work import BlockWork
from evosearch.search.candidate import Candidate
from evosearch.search.checks import Checks
from evosearch.search.circumstances import circumstances
from evosearch.search.evolution import Evolution
from evosearch.search.finals import run_finals
from evosearch.search.models import compile_models
from evosearch.search.observer import Observer
from evosearch.search.store_writer import StoreWriter
from evosearch.search.work import Executor, Load, Pending
from evosearch.search.yardsticks import RunTasks, ensure_yardsticks
from evosearch.version import installed_version

_Flight = tuple[list[Candidate], Pending[list[Result]]]
"""A block that is in training."""


def search(
    store: StoreWriter,
    executor: Executor,
    observer: Observer,
    yardstick_folder: Path,
    enough: Callable[[], bool] = lambda: False,
) -> None:
    """Runs, or goes on with, the search whose configuration is in `store`.

    Once `enough` says so, no more is bred, and what there is goes to the finals.

    Raises:
        EvosearchError: another version began it.
    """
    if not store.done:
        _check_version(store)
        # Asked of who trains: the workers may be on other machines than the driver.
        device, trained = store.config.device, store.config.training_tasks
        loads = [Load(task, 1, device) for task in trained]
        work = executor.submit(circumstances, device, trained, loads=loads)
        store.note_circumstances(work.result())
    compile_models(store, observer)
    tasks = ensure_yardsticks(store, executor, observer, yardstick_folder)
    checks = Checks(store, executor, tasks)
    evolve(store, executor, observer, tasks, checks, enough)
    run_finals(store, executor, observer, tasks, checks)
    store.finish()


def evolve(
    store: StoreWriter,
    executor: Executor,
    observer: Observer,
    tasks: RunTasks,
    checks: Checks,
    enough: Callable[[], bool] = lambda: False,
) -> None:
    """Evolves rules as in the Lion paper (arXiv 2302.06675), in a pipeline of blocks.

    The parents of block b come from the population as of block b - lag, whatever the number of
    workers. Each turn of the loop is one transaction: a block is bred, and the oldest that is in
    training is committed. So what a kill leaves is the state between two turns, from which the
    search goes on; only what was in training is trained again.
    """
    config = store.config
    start = parse_all(store.start, table=config.additions.table)
    evolution = Evolution(config, start, store.memory)

    def train(block: list[Candidate]) -> _Flight:
        entrants = [candidate.entrant for candidate in block if candidate.entrant]
        return block, BlockWork(executor, entrants, tasks, config)

    in_flight = deque(train(block) for block in evolution.in_flight())
    observer.phase("search", config.evaluations)
    while True:
        with store.transaction():
            if enough():
                evolution.stop()
            if block := evolution.next_block():
                in_flight.append(train(block))
            if not in_flight:
                return
            if len(in_flight) >= config.lag or evolution.exhausted:
                _commit(store, evolution, checks, *in_flight.popleft())
        observer.advance(evolution.tuned, store)


def _commit(
    store: StoreWriter,
    evolution: Evolution,
    checks: Checks,
    block: Sequence[Candidate],
    work: Pending[list[Result]],
) -> None:
    """Commits a block to population and store, and has the best measured again now and then."""
    trained = [candidate.id for candidate in block if candidate.entrant]
    results = dict(zip(trained, work.result(), strict=True))
    store.add_block(block, results, evolution.commit(block, results))
    checks.after(block[0].block, evolution.tuned)


def _check_version(store: StoreWriter) -> None:
    """Refuses to go on with a run of another version, which may breed otherwise."""
    here = installed_version()
    for there in store.circumstances:
        if there.evosearch != here:
            raise EvosearchError(
                f"{store.folder}: begun with evosearch {there.evosearch}, and this is {here}, "
                "which may breed other candidates; resume it with that version, or begin a new run"
            )
