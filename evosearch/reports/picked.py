"""Says what the search's best score is worth, given that it was picked for being best.

The noise that picks a winner is taken from the run: how much classes spread over the seeds of their
latest round, once what a seed does to all of them is taken out. A seed's part is AdamW's own noise,
above all, which all are paired with: it picks no winner, and is left out here and in the interval.
The noise is taken to be independent and the same for all rules. That of tuning is not in it, which
one tuning of a rule does not show; so what is left of the score is still too high, if anything.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evosearch.scoring.best_of_many import Corrected, correct_best
from evosearch.scoring.evaluation import Result
from evosearch.scoring.rounds import ROUNDS, fresh_seeds
from evosearch.scoring.yardstick import Yardstick
from evosearch.search.schema import HAS_RESULT
from evosearch.search.store_reader import StoreReader

_LEVEL = 0.05
_SAME = 0.01
"""The share of the noise by which scores of rules that do the same may differ; independent ones
come so near each other in three searches of a hundred."""
_MOST_CLASSES = 256
"""The most classes that the noise is taken from, so that a large run is told of as fast."""
_LEAST_FREEDOM = 10
"""The fewest degrees of freedom of a noise that is taken for known: it is then off by a fifth."""
_NOTHING = 1e-18
"""A variance of logarithms that is none."""


@dataclass(frozen=True, slots=True)
class Picked:
    """Holds the best score of a search, a speed-up, and what it is worth."""

    id: int
    score: float
    among: int
    """The classes that were scored, by their latest round."""
    worth: Corrected | None
    """In logarithms (base 2); None where too few scores tell the noise."""

    def told(self) -> str:
        """Tells of it in a sentence."""
        if self.worth is None:
            return (
                f"Candidate {self.id} had the highest of {self.among} scores in the search, "
                f"{self.score:.2f}, which is therefore too high; too few were taken on the same "
                "seeds to say by how much."
            )
        return (
            f"Candidate {self.id} had the highest of {self.among} scores in the search, "
            f"{self.score:.2f}; {self.corrected()}."
        )

    def corrected(self) -> str:
        """Tells what remains of the score; `worth` must be known."""
        assert self.worth is not None, "the noise of scores is known"
        low, estimate, high = np.exp2([self.worth.low, self.worth.estimate, self.worth.high])
        return (
            f"corrected for having been picked by that, it is {estimate:.2f} [{low:.2f}, "
            f"{high:.2f}], in which the luck of tuning and AdamW's own seeds are still left"
        )


def picked(store: StoreReader) -> Picked | None:
    """Finds the class whose latest score is the highest; None where fewer than two were scored."""
    latest, sizes = _latest(store)
    scored = [one for one in latest if one.fitness is not None]
    if len(scored) < 2:
        return None
    # As `StoreReader.trained` orders them, without making records of all of a large run.
    first = min(scored, key=lambda one: (-(one.fitness or 0.0), sizes[one.twin], one.twin))
    per_seed = spread(_tables(store, latest))
    fitness = [one.fitness or 0.0 for one in scored]
    worth = None
    if per_seed is not None:
        seeds = fresh_seeds(first.round, store.config.seeds)
        noise = per_seed / math.sqrt(len(seeds))
        # Rules of nearly one score hardly differ in what they do, so of them nothing was picked.
        top = max(fitness)
        others = [one for one in fitness if one < top - _SAME * noise]
        worth = correct_best([*others, top], noise, _LEVEL)
    return Picked(first.twin, float(2.0 ** max(fitness)), len(scored), worth)


class _Latest(NamedTuple):
    """Is the latest round of tuning of a class."""

    twin: int
    """The class, by its representative."""
    id: int
    round: int
    cleared: int
    fitness: float | None


def _latest(store: StoreReader) -> tuple[list[_Latest], dict[int, int]]:
    """Gives the latest round of each class, and the sizes of the representatives."""
    latest: dict[int, _Latest] = {}
    sizes: dict[int, int] = {}
    for size, *row in store.columns("statements, twin, id, round, cleared, fitness", HAS_RESULT):
        one = latest[row[0]] = _Latest(*row)
        sizes.setdefault(one.twin, size)
    return list(latest.values()), sizes


def spread(tables: Iterable[NDArray[np.float64]]) -> float | None:
    """Gives the spread over seeds of logarithms `[classes, seeds]`, of one or several rounds.

    What a seed does to all classes of a round is taken out. None where the degrees of freedom are
    few, or nothing spreads.
    """
    squares, freedom = 0.0, 0
    for table in tables:
        classes, seeds = table.shape
        rest = table - table.mean(axis=0) - table.mean(axis=1, keepdims=True) + table.mean()
        squares += float(np.square(rest).sum())
        freedom += (classes - 1) * (seeds - 1)
    if freedom < _LEAST_FREEDOM:
        return None
    # Where all are equal, rounding leaves next to nothing.
    return math.sqrt(squares / freedom) if squares > _NOTHING * freedom else None


def _tables(store: StoreReader, latest: Sequence[_Latest]) -> Iterator[NDArray[np.float64]]:
    """Gives for each round the logarithms of speed of the classes whose latest it is."""
    yardsticks = store.yardsticks()
    whole = [one for one in latest if one.cleared][-_MOST_CLASSES:]
    for number in range(ROUNDS):
        seeds = fresh_seeds(number, store.config.seeds)
        own = (store.result(store.candidate(one.id)) for one in whole if one.round == number)
        rows = [row for one in own if (row := _by_seed(one, yardsticks, seeds)) is not None]
        if rows:
            yield np.stack(rows)


def _by_seed(
    result: Result, yardsticks: Sequence[Yardstick], seeds: Sequence[int]
) -> NDArray[np.float64] | None:
    """Averages logarithms of speed over tasks, by seed; None where a loss is missing."""
    logs = []
    for yardstick in yardsticks:
        tuned = result.tuned.get(yardstick.task)
        losses = tuned.losses if tuned else {}
        if not all(math.isfinite(losses.get(seed, math.inf)) for seed in seeds):
            return None
        ours = {seed: losses[seed] for seed in seeds}
        speeds = yardstick.relative_speedups(ours, yardstick.baseline_losses)
        logs.append(np.log2(list(speeds.values())))
    return np.asarray(np.mean(logs, axis=0)) if logs else None
