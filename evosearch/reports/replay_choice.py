"""Chooses what of a run is trained again: what is told of by number, a sample, or everything."""

from __future__ import annotations

from collections.abc import Iterable

from evosearch.errors import EvosearchError
from evosearch.reports.references import candidate_number
from evosearch.search.schema import BASELINE_ID, HAS_RESULT, RANKING
from evosearch.search.store_reader import StoreReader
from proxies.keys import generator


def all_rounds(store: StoreReader, representatives: Iterable[int]) -> list[int]:
    """Names all that was trained of some classes: the first of each and its further rounds."""
    rounds: dict[int, list[int]] = {}
    for one in store.candidates(HAS_RESULT):
        rounds.setdefault(one.representative, []).append(one.id)
    chosen = dict.fromkeys(representatives)
    return [number for representative in chosen for number in rounds.get(representative, [])]


def of_program(store: StoreReader, which: str) -> list[int]:
    """Names all rounds of the class of a candidate, which is given by its number or as `best`.

    Raises:
        EvosearchError: there is no such candidate, or its class was not trained.
    """
    number = candidate_number(store, which)
    candidate = store.candidate(number)
    numbers = all_rounds(store, [candidate.representative])
    if not numbers:
        reason = f"gate '{candidate.gate}' rejected it" if candidate.gate else candidate.outcome
        raise EvosearchError(
            f"{store.folder}#{number} was never trained ({reason}); "
            f"`evosearch top {store.folder}` lists some that were"
        )
    return numbers


def of_the_best(store: StoreReader, limit: int) -> list[int]:
    """Names all rounds of the start rule and of the best `limit` classes."""
    return all_rounds(store, [0, *(one.id for one in store.trained(limit))])


def sample(store: StoreReader, count: int) -> list[int]:
    """Draws some of the candidates of which losses are stored, or all where there are fewer.

    A race may stop all trainings of one, which then has none. The draw has the run's seed as its
    key, so it is the same each time, and a larger sample holds the smaller ones.
    """
    trained = [one.id for one in store.candidates(HAS_RESULT) if store.evaluations(one.id)]
    order = generator("replay", store.config.seed).permutation(len(trained))
    return [trained[place] for place in order[:count]]


def everything(store: StoreReader) -> list[int]:
    """Names all that was trained, by class, and the baseline where it went through the finals."""
    finals = bool(store.finalists(RANKING))
    trained = all_rounds(store, [0, *(one.id for one in store.trained())])
    return trained + [BASELINE_ID] * finals
