"""Random numbers are a function of their key, here and in any other process."""

import os
import random
import subprocess
import sys

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

import proxies.keys
from proxies.keys import generator, torch_seed

KEYS: list[tuple[str | int, ...]] = [
    ("batch", "digits", 0, 1),
    ("batch", "digits", 1, 0),
    ("batch", "digits", 1),
    ("batch", "digits", "1"),
    ("batch", "digits1"),
    ("batch", "digits", 0, 1, 0),
    ("weights", "digits", 0, 1),
    ("batch', 'digits", 0, 1),
    ("batch", "digits", -1, 1),
    (),
]


def test_equal_keys_give_equal_draws() -> None:
    """Two generators of one key draw the same, whatever was drawn in between."""
    for key in KEYS:
        first = generator(*key).standard_normal(5)
        generator("something else").standard_normal(3)
        assert np.array_equal(first, generator(*key).standard_normal(5))
        assert torch_seed(*key) == torch_seed(*key)


def test_different_keys_give_different_draws() -> None:
    """Keys that differ in order, type, length or splitting are different keys."""
    assert len({int(generator(*key).integers(2**63)) for key in KEYS}) == len(KEYS)
    assert len({torch_seed(*key) for key in KEYS}) == len(KEYS)


def test_draws_are_the_same_in_every_process() -> None:
    """Another process, with another seed of Python's own hashes, draws the same."""
    path = proxies.keys.__file__
    code = (
        "import runpy, sys\n"
        "keys = runpy.run_path(sys.argv[1])\n"
        "print(keys['generator']('batch', 'digits', 3).integers(2**63), keys['torch_seed']('w', 3))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code, path],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    here = f"{generator('batch', 'digits', 3).integers(2**63)} {torch_seed('w', 3)}\n"
    assert outputs == {here}


@given(st.lists(st.integers() | st.text()))
def test_torch_takes_every_seed(key: list[int | str]) -> None:
    """A seed for torch fits into 63 bits."""
    seed = torch_seed(*key)
    assert 0 <= seed < 2**63
    assert torch.Generator().manual_seed(seed).initial_seed() == seed


def test_no_global_generator_is_touched() -> None:
    """Drawing leaves the global generators of Python, numpy and torch where they were."""
    before = (random.getstate(), str(np.random.get_state()), torch.get_rng_state())  # noqa: NPY002
    generator("a").standard_normal(10)
    torch_seed("a")
    after = (random.getstate(), str(np.random.get_state()), torch.get_rng_state())  # noqa: NPY002
    assert before[:2] == after[:2]
    assert torch.equal(before[2], after[2])
