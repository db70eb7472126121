"""What part of a GPU each worker takes; what makes no sense is refused in a line."""

from __future__ import annotations

import re

import pytest

from evosearch.errors import EvosearchError
from evosearch.search.gpus import most_workers, share_of_gpu


@pytest.mark.parametrize(
    ("asked", "device", "workers", "share"),
    [
        (None, "cpu", 0, 0.0),
        (None, "cpu", 4, 0.0),
        (None, "cuda", 0, 0.0),
        (None, "cuda:1", 0, 0.0),
        (None, "cuda", 4, 1.0),
        (None, "cuda:0", 4, 1.0),
        (0.25, "cuda", 4, 0.25),
        (1.0, "cuda", 1, 1.0),
        (2.0, "cuda", 2, 2.0),
        (2.0, "cuda:1", 2, 2.0),
    ],
)
def test_shares(asked: float | None, device: str, workers: int, share: float) -> None:
    """One GPU for each worker that trains on one, unless another share is asked for."""
    assert share_of_gpu(asked, device, workers) == share


@pytest.mark.parametrize(
    ("asked", "device", "workers", "message"),
    [
        (0.25, "cpu", 4, "--gpus-per-worker 0.25: the device is cpu, which takes no GPU; .*"),
        (0.5, "cuda", 0, "--gpus-per-worker 0.5: without --workers .*; give both or neither"),
        (0.0, "cuda", 4, "--gpus-per-worker 0: expected a part of a GPU such as 0.25, or .*"),
        (-1.0, "cuda", 4, "--gpus-per-worker -1: expected a part .*"),
        (1.5, "cuda", 4, "--gpus-per-worker 1.5: expected a part .*"),
        (1e-6, "cuda", 4, "--gpus-per-worker 1e-06: expected a part .*"),
        (float("nan"), "cuda", 4, "--gpus-per-worker nan: expected a part .*"),
        (float("inf"), "cuda", 4, "--gpus-per-worker inf: expected a part .*"),
        (
            None,
            "cuda:1",
            4,
            "device 'cuda:1': workers see the GPUs .*; use --device cuda, or no .*",
        ),
        (0.5, "cuda:1", 4, "device 'cuda:1': workers see .*"),
    ],
)
def test_what_makes_no_sense(asked: float | None, device: str, workers: int, message: str) -> None:
    """It is named, with what would do."""
    with pytest.raises(EvosearchError) as refused:
        share_of_gpu(asked, device, workers)
    assert re.fullmatch(message, str(refused.value))


@pytest.mark.parametrize(
    ("share", "gpus", "most"),
    [
        *((1.0, 0.0, 0), (1.0, 3.0, 3), (0.25, 1.0, 4), (0.1, 1.0, 10), (0.05, 2.0, 40)),
        # Two parts of 0.6 are not on one GPU, and none is on two.
        *((0.6, 1.0, 1), (0.6, 3.0, 3), (0.3, 2.0, 6), (2.0, 5.0, 2)),
    ],
)
def test_how_many_workers_gpus_hold(share: float, gpus: float, most: int) -> None:
    """Parts of a GPU are parts of one."""
    assert most_workers(share, gpus) == most
