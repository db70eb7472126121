"""Remembers every function that a search met: its facts, class, scores and hits.

A program is looked up by its digest; where that is new, it is screened and looked up by its
fingerprint. Programs that do the same are a class, and its first member represents it: scores and
hits are kept under the representative's id.
"""

from __future__ import annotations

from evosearch.graph.graph import Graph
from evosearch.screening.fingerprint_index import FingerprintIndex
from evosearch.screening.screen import Facts, screen_graph


class Catalogue:
    """Keeps the functions met so far; it draws nothing and trains nothing."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Facts, int]] = {}
        """The facts and the representative, by digest."""
        self._index = FingerprintIndex()
        self._representatives: list[int] = []
        """The representative of each class of the index."""
        self._scores: dict[int, list[float]] = {}
        """The fitness that each training of a class gave, by representative."""
        self._hits: dict[int, int] = {}

    def look_up(self, graph: Graph, digest: str, candidate: int) -> tuple[Facts, int]:
        """Gives a canonical form's facts and its representative, which may be the candidate.

        A rejected form is in no class: it is represented by the first candidate that had it.
        """
        known = self._known.get(digest)
        if known is None:
            screened = screen_graph(graph, digest)
            representative = candidate
            if screened.fingerprint is not None:
                place = self._index.find(screened.fingerprint)
                if place is None:
                    place = self._index.add(screened.fingerprint)
                    self._representatives.append(candidate)
                representative = self._representatives[place]
            known = self._known[digest] = screened.facts, representative
        return known

    def count_hit(self, representative: int) -> int:
        """Counts one more candidate that is answered from the class; gives how many there were."""
        hits = self._hits[representative] = self._hits.get(representative, 0) + 1
        return hits

    def record(self, representative: int, fitness: float) -> None:
        """Files what a training of the class gave."""
        self._scores.setdefault(representative, []).append(fitness)

    def fitness(self, representative: int) -> float:
        """Averages over all trainings of a class, so that no lucky one lasts."""
        # Before the first commit the start rule, which is all there is, has no score yet.
        scores = self._scores.get(representative, [0.0])
        return sum(scores) / len(scores)
