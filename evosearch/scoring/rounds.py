"""Names the seeds of the rounds in which a structure is tuned.

A good structure is tuned in further rounds: each starts from the best settings so far, on tuning
seeds of its own, and takes the losses on fresh seeds of its own, twice as many as before.
"""

from __future__ import annotations

ROUNDS = 3
"""The most rounds in which a structure is tuned."""
_FIRST_TUNING_SEED = 100


def tuning_seeds(number: int, seeds: int) -> tuple[int, ...]:
    """Names the seeds on which settings are compared in round `number` (from 0), `seeds` of them.

    >>> tuning_seeds(1, 2)
    (102, 103)
    """
    first = _FIRST_TUNING_SEED + number * seeds
    return tuple(range(first, first + seeds))


def fresh_seeds(number: int, seeds: int) -> tuple[int, ...]:
    """Names the seeds on which the best settings of a round are trained again.

    >>> [fresh_seeds(number, 2) for number in range(2)]
    [(0, 1), (2, 3, 4, 5)]
    """
    first = seeds * (2**number - 1)
    return tuple(range(first, first + seeds * 2**number))
