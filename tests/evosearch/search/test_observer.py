"""One search may be watched by several."""

from __future__ import annotations

from evosearch.search.observer import Observer, Several
from evosearch.search.store_reader import StoreReader
from tests.support.small_search import Silent


def test_each_is_told_all_in_order(finished: StoreReader) -> None:
    """The first before the second; none of several is nobody."""
    told: list[tuple[str, object]] = []

    class Named:
        def __init__(self, name: str) -> None:
            self.name = name

        def phase(self, name: str, total: int) -> None:
            told.append((self.name, (name, total)))

        def advance(self, done: int, store: StoreReader) -> None:
            told.append((self.name, (done, store)))

    silent = Silent()
    watched: Observer = Several(Named("first"), Several(), silent, Named("second"))
    watched.phase("search", 7)
    watched.advance(3, finished)
    assert told == [
        ("first", ("search", 7)),
        ("second", ("search", 7)),
        ("first", (3, finished)),
        ("second", (3, finished)),
    ]
    assert (silent.phases, silent.done) == (["search"], [3])
