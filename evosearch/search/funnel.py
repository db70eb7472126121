"""Decides who goes on from one stage to the next: `micro`, the search, further rounds.

Of each stage a share goes on, those with the best scores among recent ones. How well the score
foretells that of the next stage is measured all the time, on those that went on; some go on by lot,
so that this is without bias. Where the foresight is low, the share is larger: a stage that tells
nothing stops nobody.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from evosearch.scoring.evaluation import Result
from evosearch.scoring.rank_correlation import effective_number, rank_correlation
from evosearch.search.candidate import RETUNED, Candidate
from proxies.keys import generator

LOT = 1 / 16
"""The share of structures that go on by lot."""
ENOUGH_FORESIGHT = 0.5
"""The rank correlation below which a stage lets more pass."""
RECENT = 200
"""The number of recent structures by which a stage is judged."""
_FEWEST = 20
"""While there are fewer, a stage stops nobody."""
_FEWEST_EFFECTIVE, _FEWEST_BY_LOT = 10, 3
"""With fewer, nothing is said of a stage's foresight."""
STOPPED, PASSED, BY_LOT = 0, 1, 2
"""Whether a structure went on, and why."""
PROMOTED, MOST_PROMOTED = 1 / 8, 1 / 2
"""The share of classes that are tuned in a further round, and the most that may be."""


def by_lot(run_seed: int, representative: int) -> bool:
    """Draws whether a structure goes on whatever its score."""
    return bool(generator("lot", run_seed, representative).random() < LOT)


class Seen(NamedTuple):
    """Is what a stage saw of a structure: its score, how it went on, its score in the next."""

    score: float
    passed: int
    later: float | None


class Stage:
    """Remembers the latest scores of a stage, and says what share of structures goes on.

    `share` goes on while the foresight is not known or is enough; where there is none, `widest`.
    """

    def __init__(self, share: float, widest: float, seen: Iterable[Seen] = ()) -> None:
        self._narrow, self._widest = share, widest
        self._seen = deque(seen, maxlen=RECENT)

    def note(self, seen: Seen) -> None:
        """Adds a structure."""
        self._seen.append(seen)

    @property
    def foresight(self) -> float | None:
        """Gives the rank correlation of the stage's scores with the next stage's; None if unknown.

        Each that was stopped is stood for by those that went on by lot.
        """
        went = [one for one in self._seen if one.later is not None]
        weights = [1 / LOT if one.passed == BY_LOT else 1.0 for one in went]
        lots = sum(one.passed == BY_LOT for one in went)
        # While nobody is stopped, those that went on are everybody.
        some_stopped = any(one.passed == STOPPED for one in self._seen)
        if effective_number(weights) < _FEWEST_EFFECTIVE:
            return None
        if some_stopped and lots < _FEWEST_BY_LOT:
            return None
        later = [one.later or 0.0 for one in went]
        told = rank_correlation([one.score for one in went], later, weights)
        return None if np.isnan(told) else told

    @property
    def share(self) -> float:
        """Gives the share that is to go on."""
        foresight = self.foresight
        if foresight is None or foresight >= ENOUGH_FORESIGHT:
            return self._narrow
        lack = min(1.0, (ENOUGH_FORESIGHT - foresight) / ENOUGH_FORESIGHT)
        return self._narrow + lack * (self._widest - self._narrow)

    @property
    def pass_mark(self) -> float:
        """Gives the score that the next structure must reach; that of the share's last."""
        scores = [one.score for one in self._seen]
        share = self.share
        if len(scores) < _FEWEST or share >= 1:
            return -np.inf
        return float(np.quantile(scores, 1 - share, method="lower"))


class Funnel:
    """Holds the stages of a search that stop structures, with what they saw before."""

    def __init__(
        self, micro_share: float, micro: Iterable[Seen] = (), rounds: Iterable[Seen] = ()
    ) -> None:
        self.micro = Stage(micro_share, 1.0, micro)
        """Between `micro` and the tasks of the search."""
        self.rounds = Stage(PROMOTED, MOST_PROMOTED, rounds)
        """Between a round of tuning and the next one; what is stopped there may still go on."""

    def record(self, candidate: Candidate, result: Result, before: float) -> None:
        """Takes in what training a candidate gave; `before` is what its class's last round had."""
        passed = passed_of(candidate, result)
        if candidate.outcome == RETUNED:
            assert passed is not None, "it was asked whether it goes on"
            self.rounds.note(Seen(before, passed, result.fitness))
            return
        if result.micro is not None and passed is not None:
            self.micro.note(Seen(result.micro, passed, result.fitness if passed else None))
        if result.cleared:
            self.rounds.note(Seen(result.fitness, STOPPED, None))


def passed_of(candidate: Candidate, result: Result | None) -> int | None:
    """Tells how a candidate came to be trained as it was; None where no stage came before."""
    entrant = candidate.entrant
    if entrant is None or result is None:
        return None
    if candidate.outcome == RETUNED:
        return BY_LOT if entrant.by_lot else PASSED
    if result.micro is None:
        return None
    if result.micro >= entrant.pass_mark:
        return PASSED
    return BY_LOT if entrant.by_lot else STOPPED
