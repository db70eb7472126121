"""Defines whom a search tells of its progress, one or several."""

from __future__ import annotations

from typing import Protocol

from evosearch.search.store_reader import StoreReader


class Observer(Protocol):
    """Is told how a search goes; never changes it.

    A search goes through phases: models are compiled, yardsticks measured, candidates trained, the
    best trained again.
    """

    def phase(self, name: str, total: int) -> None:
        """Is told that a phase of `total` units of work begins."""

    def advance(self, done: int, store: StoreReader) -> None:
        """Is told that `done` units of the phase are finished."""


class Several:
    """Tells several observers what it is told, in their order."""

    def __init__(self, *observers: Observer) -> None:
        self._observers = observers

    def phase(self, name: str, total: int) -> None:
        """Tells each that a phase begins."""
        for observer in self._observers:
            observer.phase(name, total)

    def advance(self, done: int, store: StoreReader) -> None:
        """Tells each how much of the phase is finished."""
        for observer in self._observers:
            observer.advance(done, store)
