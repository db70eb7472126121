"""Draws random numbers that depend on their key alone: no generator is shared or global."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np


def generator(*key: str | int) -> np.random.Generator:
    """Makes the generator of a key, such as ("batch", task, seed, step).

    >>> bool(generator("batch", 0, 1).random() == generator("batch", 0, 1).random())
    True
    """
    return np.random.Generator(np.random.Philox(key=_number(key)))


def torch_seed(*key: str | int) -> int:
    """Makes a seed for torch, which takes 63 bits."""
    return _number(key) >> 65


def _number(key: tuple[str | int, ...]) -> int:
    # numpy's integers must draw as Python's do.
    plain = tuple(part if isinstance(part, str) else int(part) for part in key)
    return int.from_bytes(blake2b(repr(plain).encode(), digest_size=16).digest(), "little")
