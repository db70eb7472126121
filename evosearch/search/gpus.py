"""Says what part of a GPU each worker takes, and how many workers GPUs hold."""

from __future__ import annotations

from math import floor

from evosearch.errors import EvosearchError

_LEAST = 1e-4
"""The smallest part that Ray knows."""
_ROUNDING = 1e-9


def share_of_gpu(asked: float | None, device: str, workers: int) -> float:
    """Gives the GPUs that each worker is to have: `asked`, or else one where they train on GPUs.

    Raises:
        EvosearchError: Ray has no such share, nothing trains on a GPU or there are no workers to
            share one, or the device has a number that no worker would see.
    """
    if asked is None:
        share = 0.0 if device == "cpu" or workers == 0 else 1.0
    elif device == "cpu":
        raise EvosearchError(
            f"--gpus-per-worker {asked:g}: the device is cpu, which takes no GPU; leave it out, or "
            "train with --device cuda"
        )
    elif workers == 0:
        raise EvosearchError(
            f"--gpus-per-worker {asked:g}: without --workers this process has the GPU for itself; "
            "give both or neither"
        )
    elif not _is_share(asked):
        raise EvosearchError(
            f"--gpus-per-worker {asked:g}: expected a part of a GPU such as 0.25, or a whole "
            "number of them"
        )
    else:
        share = asked
    number = int(device.partition(":")[2] or 0)
    if share and number >= max(1, share):
        raise EvosearchError(
            f"device '{device}': workers see the GPUs that Ray gives them alone, counted from 0; "
            "use --device cuda, or no --workers"
        )
    return share


def most_workers(share: float, gpus: float) -> int:
    """Counts the workers that so many GPUs hold; one that has a part of a GPU has it of one."""
    each = floor(1 / share + _ROUNDING) if share < 1 else 1 / share
    return floor(gpus * each + _ROUNDING)


def _is_share(asked: float) -> bool:
    return _LEAST <= asked <= 1 or (1 < asked < float("inf") and asked == floor(asked))
