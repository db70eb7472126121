"""Counts what became of a run's candidates, and reads at each look only those that came since.

`StoreReader.counts` goes over the whole run, which in a large one takes a second: for one look that
is nothing, for a look after each block it would take longer in the end than the search.
"""

from __future__ import annotations

from collections import Counter
from heapq import heappop, heappush
from typing import Any

from evosearch.search.candidate import DUPLICATE, RETUNED, TRAINED
from evosearch.search.schema import HAS_RESULT, MICRO, SEARCH
from evosearch.search.store_reader import StoreReader

_GIVEN_UP = (
    f"{HAS_RESULT} AND NOT EXISTS "
    f"(SELECT 1 FROM settings WHERE candidate = id AND stage IN ('{MICRO}', '{SEARCH}'))"
)
"""The condition on candidates that count as tuned, and for which nothing could be chosen."""


class Tally:
    """Holds the counts of a run as of the last look; it starts with nothing counted."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.gates: Counter[str] = Counter()
        self.stopped = 0
        """The trainings that ended at a hurdle."""
        self.replica_steps = 0
        """What the tunings of the search took."""
        self.given_up: list[int] = []
        """The candidates that brought every worker down, and so count as the slowest."""
        self._last = -1
        self._sizes: dict[int, int] = {}
        self._latest: dict[int, float] = {}
        """The fitness of each class in its latest round, by representative."""
        self._standing: list[tuple[float, int, int]] = []
        """A heap of minus fitness, size and representative; classes tuned again are in it twice."""

    def look(self, store: StoreReader) -> bool:
        """Counts what was committed since the last look; tells whether there was anything."""
        rows = store.columns(
            "id, outcome, gate, twin, statements, fitness, cleared", f"id > {self._last:d}"
        )
        if not rows:
            return False
        for number, outcome, gate, twin, size, fitness, cleared in rows:
            self.outcomes[outcome] += 1
            if gate is not None:
                self.gates[gate] += 1
            self.stopped += cleared == 0
            if outcome in (TRAINED, RETUNED):
                if outcome == TRAINED:
                    self._sizes[number] = size
                self._latest[twin] = fitness or 0.0
                heappush(self._standing, (-self._latest[twin], self._sizes.get(twin, 0), twin))
        # Up to the same candidate, though more may have been committed by now.
        some = f"id > {self._last:d} AND id <= {rows[-1][0]:d} AND {_GIVEN_UP}"
        self.given_up += [number for (number,) in store.columns("id", some)]
        self.replica_steps += store.spent(self._last + 1, rows[-1][0])
        self._last = rows[-1][0]
        return True

    @property
    def generated(self) -> int:
        """Counts the candidates that were bred."""
        return self.outcomes.total()

    @property
    def rejected(self) -> int:
        """Counts those that a gate rejected."""
        return self.gates.total()

    @property
    def cached(self) -> int:
        """Counts those that are in the class of an earlier one, and cost no training."""
        return self.outcomes[DUPLICATE]

    @property
    def tuned(self) -> int:
        """Counts tunings, further rounds of a class among them: what `evaluations` limits."""
        return self.outcomes[TRAINED] + self.outcomes[RETUNED]

    @property
    def best(self) -> tuple[int, float] | None:
        """Gives the best class by its latest round, and its speed-up; None where none is trained.

        It is the first of `StoreReader.trained`.
        """
        while self._standing:
            minus, _, representative = self._standing[0]
            if -minus == self._latest[representative]:
                return representative, float(2.0**-minus)
            heappop(self._standing)  # A later round gave another score.
        return None

    def counts(self) -> dict[str, Any]:
        """Gives what `StoreReader.counts` would have given at the last look."""
        return {
            "generated": self.generated,
            "rejected": dict(sorted(self.gates.items(), key=lambda one: (-one[1], one[0]))),
            "cached": self.cached,
            "trained": self.outcomes[TRAINED],
            "retuned": self.outcomes[RETUNED],
            "stopped_at_hurdle": self.stopped,
            "replica_steps": self.replica_steps,
        }
