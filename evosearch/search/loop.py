"""Searches: breeds, trains, commits, and in the end measures the best again."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

from evosearch.errors import EvosearchError
from evosearch.language.parser import parse
from evosearch.scoring.evaluation import Result, evaluate
from evosearch.scoring.yardstick import MeasuredTask
from evosearch.search.candidate import TRAINED, Candidate
from evosearch.search.circumstances import circumstances
from evosearch.search.config import SearchConfig
from evosearch.search.evolution import Evolution
from evosearch.search.finals import run_finals
from evosearch.search.models import compile_models
from evosearch.search.observer import Observer
from evosearch.search.store_writer import StoreWriter
from evosearch.search.work import Executor, Pending
from evosearch.search.yardsticks import ensure_yardsticks


def search(
    store: StoreWriter, executor: Executor, observer: Observer, yardstick_folder: Path
) -> None:
    """Runs, or goes on with, the search whose configuration is in `store`."""
    if not store.done:
        # Asked of who trains: the workers may be on other machines than the driver.
        work = executor.submit(circumstances, store.config.device, store.config.training_tasks)
        store.note_circumstances(work.result())
    compile_models(store, observer)
    tasks = ensure_yardsticks(store, executor, observer, yardstick_folder)
    evolve(store, executor, observer, tasks)
    run_finals(store, executor, observer, tasks)
    store.finish()


def evolve(
    store: StoreWriter, executor: Executor, observer: Observer, tasks: Sequence[MeasuredTask]
) -> None:
    """Evolves rules as in the Lion paper (arXiv 2302.06675), in a pipeline of blocks.

    The parents of block b come from the population as of block b - lag, whatever the number of
    workers. Blocks that the store has already are bred again, which is cheap and checks that the
    search is the one that was begun, but not trained again.
    """
    config = store.config
    evolution = Evolution(config, parse(store.start, table=config.additions.table))
    stored = store.blocks()
    in_flight: deque[tuple[list[Candidate], Pending[list[Result]] | None]] = deque()
    to_breed, committed = config.evaluations, 0
    observer.phase("search", config.evaluations)
    for number in count():
        if config.replica_steps and evolution.expected_spending >= config.replica_steps:
            to_breed = 0
        block = evolution.breed(number, min(config.block, to_breed))
        chosen = [candidate for candidate in block if candidate.entrant]
        # A block of duplicates only means that nothing new is within reach.
        to_breed = to_breed - len(chosen) if chosen else 0
        if number < stored:
            in_flight.append((block, None))
        elif block:
            in_flight.append((block, _train(config, evolution, executor, chosen, tasks)))
        if not in_flight:
            return
        if len(in_flight) == config.lag or not to_breed:
            committed += _commit(store, evolution, *in_flight.popleft())
            observer.advance(committed, store)


def _train(
    config: SearchConfig,
    evolution: Evolution,
    executor: Executor,
    candidates: Sequence[Candidate],
    tasks: Sequence[MeasuredTask],
) -> Pending[list[Result]]:
    """Has candidates tuned together."""
    limits = evolution.rung_limits()
    # A rule that is tuned in a further round is trained to the end.
    entrants = [
        replace(one.entrant, limits=limits) if one.outcome == TRAINED else one.entrant
        for one in candidates
        if one.entrant
    ]
    return executor.submit(evaluate, entrants, tasks, config.means, config.engine)


def _commit(
    store: StoreWriter,
    evolution: Evolution,
    block: Sequence[Candidate],
    work: Pending[list[Result]] | None,
) -> int:
    """Commits a block to population and store; gives how many were trained in it."""
    trained = [candidate.id for candidate in block if candidate.entrant]
    if work is None:
        _check_same(store, block)
        evolution.commit(block, store.results(block[0].block))
    else:
        results = dict(zip(trained, work.result(), strict=True))
        store.add_block(block, results, evolution.commit(block, results))
    return len(trained)


def _check_same(store: StoreWriter, block: Sequence[Candidate]) -> None:
    """Refuses to go on with a search that is not the one that was begun.

    Raises:
        EvosearchError: the candidates bred are not those that were stored.
    """
    number = block[0].block
    stored = [(one.id, one.digest, one.outcome) for one in store.candidates(f"block = {number}")]
    if stored != [(one.id, one.facts.digest, one.outcome) for one in block]:
        raise EvosearchError(
            f"{store.folder}: block {number} cannot be bred again as it was stored; "
            "resume with the version of evosearch and its libraries that began the run"
        )
