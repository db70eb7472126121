"""Sets up a process that trains, and looks at the devices it has."""

from __future__ import annotations

import ctypes
import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from evosearch.errors import EvosearchError

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h


def configure_process() -> None:
    """Sets up a process that trains.

    It gets one torch thread, so that sums are taken in one order and workers do not fight for
    cores. What is loaded so far is exempt from garbage collection, which would look through all of
    it time and again while candidates are set up. Freed memory is kept: by default glibc hands
    large blocks back to the system at once, and faulting them in again takes a good part of a
    training step.
    """
    torch.set_num_threads(1)
    gc.collect()
    gc.freeze()
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, 1 << 30)
        mallopt(_M_TRIM_THRESHOLD, (1 << 31) - 1)


@contextmanager
def configured_process() -> Iterator[None]:
    """Sets up the process for a while, and then gives torch its threads back.

    For callers who go on with work of their own, in a notebook say; how freed memory is kept is not
    theirs to notice.
    """
    threads = torch.get_num_threads()
    configure_process()
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        gc.unfreeze()


def is_device(name: str) -> bool:
    """Tells whether a text has the form of a device that can train."""
    return re.fullmatch(r"cpu|cuda(:\d+)?", name) is not None


def check_device(name: str) -> None:
    """Refuses a device that is not there.

    Raises:
        EvosearchError: the text names none, or torch has no such device on this machine.
    """
    if not is_device(name):
        raise EvosearchError(f"no device '{name}'; expected cpu, cuda or cuda:N")
    count = torch.cuda.device_count()
    if name != "cpu" and int(name.partition(":")[2] or 0) >= count:
        raise EvosearchError(
            f"device '{name}': torch sees {count or 'no'} CUDA devices here; use --device cpu, "
            "or install a build of torch for CUDA"
        )
