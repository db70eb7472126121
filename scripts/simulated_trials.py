"""Makes searches and trials of known truth, which stand in for trainings in `study_verdicts`.

A member's logarithm of speed (base 2) on a task in a trial is its truth, plus what the trial does
to all members alike, plus noise of its own that spreads by 6%, and correlates by 0.3 between the
tasks of a trial. Differences of two members on a task thus spread by 8.6%, and of their means over
four tasks by 5.9%.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

TASKS = 4
SPREAD = float(np.log2(1.06))
ALIKE = 0.3
FLOOR = float(np.log2(1 / 16))
"""What a diverged training counts as."""

Array = NDArray[np.float64]
Draw = Callable[[np.random.Generator, Sequence[int]], Array]
"""Draws numbers of mean 0 and variance 1."""


def normal(generator: np.random.Generator, size: Sequence[int]) -> Array:
    """Draws from the normal distribution."""
    return generator.standard_normal(size)


def heavy(generator: np.random.Generator, size: Sequence[int]) -> Array:
    """Draws from Student's t with four degrees of freedom."""
    return generator.standard_t(4, size) / np.sqrt(2)


def slow_tail(generator: np.random.Generator, size: Sequence[int]) -> Array:
    """Draws from a log-normal of skewness 0.95, turned so that the long tail is slow."""
    shape = 0.3
    usual, variance = np.exp(shape**2 / 2), np.expm1(shape**2) * np.exp(shape**2)
    return np.asarray((usual - generator.lognormal(0.0, shape, size)) / np.sqrt(variance))


def very_slow_tail(generator: np.random.Generator, size: Sequence[int]) -> Array:
    """Draws from an exponential, of skewness 2, turned so that the long tail is slow."""
    return 1 - generator.standard_exponential(size)


def noise(generator: np.random.Generator, size: Sequence[int], draw: Draw = normal) -> Array:
    """Draws noise `[..., tasks]`, correlated between tasks; `size` leaves tasks out."""
    shared = draw(generator, (*size, 1))
    return SPREAD * (np.sqrt(ALIKE) * shared + np.sqrt(1 - ALIKE) * draw(generator, (*size, TASKS)))


@dataclass(frozen=True)
class Kind:
    """Is a kind of noise."""

    draw: Draw = normal
    diverging: float = 0.0
    """The chance that the trainings of a trial diverge on a task."""


CALM = Kind()


@dataclass(frozen=True)
class Simulated:
    """Is a laboratory whose trials were drawn beforehand, `[trials, identities, tasks]`.

    `identities` says who stands at each place, so that who is measured when changes no trial.
    """

    logs: Array
    identities: tuple[int, ...]

    def measure(self, members: Sequence[int], number: int) -> Array:
        """Gives the logarithms of speed in a trial, `[members, 1, tasks]`."""
        return self.logs[number, [self.identities[member] for member in members], None]


def trials(
    generator: np.random.Generator,
    truths: Sequence[float],
    limit: int,
    kind: Kind = CALM,
    calm: int = 0,
) -> Simulated:
    """Draws trials of members with these true logarithms of speed.

    The first `calm` members have normal noise and never diverge, whatever the kind.
    """
    places = tuple(range(len(truths)))
    size = (limit, len(truths))
    own = noise(generator, size, kind.draw)
    own[:, :calm] = noise(generator, (limit, calm))
    logs = np.asarray(truths)[:, None] + own + 0.1 * generator.standard_normal((limit, 1, TASKS))
    lost = generator.random((*size, TASKS)) < kind.diverging
    lost[:, :calm] = False
    return Simulated(np.where(lost, FLOOR, logs), places)


def true_means(truths: Sequence[float], kind: Kind = CALM, calm: int = 0) -> Array:
    """Gives the means of what `trials` draws."""
    chances = np.where(np.arange(len(truths)) < calm, 0.0, kind.diverging)
    return np.asarray((1 - chances) * np.asarray(truths) + chances * FLOOR)


@dataclass(frozen=True)
class Funnel:
    """Holds whom a simulated search picked, and what it measured of them."""

    picked: Array
    """The places of the finalists among all candidates, best first."""
    scores: Array
    """The latest scores of all candidates, logarithms."""
    errors: Array
    """The spread of each score's own noise."""
    shared: Array
    """What AdamW's noise adds to each score."""
    last: Array
    """Whether each was measured in the last round."""


def search(generator: np.random.Generator, truths: Array, rounds: int, finalists: int) -> Funnel:
    """Picks the best of many by noisy scores, over an AdamW whose noise all scores share.

    A score is the mean over tasks. The best eighth of a round is measured again in the next, with
    twice the trainings and fresh noise, as a search does.
    """
    scores, errors, shared = (np.empty(len(truths)) for _ in range(3))
    inside = np.arange(len(truths))
    for number in range(rounds):
        if number:
            inside = inside[np.argsort(-scores[inside])][: len(inside) // 8]
        fewer = 1 / np.sqrt(2**number)
        shared[inside] = -fewer * noise(generator, (1,)).mean()
        drawn = fewer * noise(generator, (len(inside),)).mean(axis=-1)
        scores[inside] = truths[inside] + drawn + shared[inside]
        errors[inside] = fewer * spread_of_mean()
    last = np.isin(np.arange(len(truths)), inside)
    return Funnel(np.argsort(-scores)[:finalists], scores, errors, shared, last)


def spread_of_mean() -> float:
    """Gives the spread of a member's mean over tasks in a trial, of its own noise."""
    return float(SPREAD * np.sqrt((1 + (TASKS - 1) * ALIKE) / TASKS))


def misled(laboratory: Simulated, baselines: int, level: float) -> bool:
    """Tells whether Student's interval of any rule is ever above AdamW, after 3 trials or more."""
    logs = laboratory.logs.mean(axis=-1)
    values = logs[:, baselines:] - logs[:, :1]
    for count in range(3, len(values) + 1):
        known = values[:count]
        reach = stdtrit(count - 1, 1 - level / 2) * known.std(axis=0, ddof=1) / np.sqrt(count)
        if (known.mean(axis=0) > reach).any():
            return True
    return False
