"""Looks at the machine: versions, processors, memory, GPUs."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path

import numpy as np
import torch

from evosearch.doctor.finding import NOTE, WELL, Finding
from evosearch.version import installed_version

_WORKER_BYTES = 1.0 * 2**30
"""About what a worker holds: torch, compiled models, the cohorts of the search's tasks."""
_MEMORY_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
"""Where a container is told how much it may take."""


def versions() -> Finding:
    """Names what a result depends on."""
    told = (
        f"evosearch {installed_version()}, Python {platform.python_version()}, "
        f"torch {torch.__version__}, numpy {np.__version__}"
    )
    return Finding("versions", WELL, told)


def processors() -> Finding:
    """Counts the processors that this process may use, and says how many workers they are for."""
    count = usable_processors()
    load = os.getloadavg()[0]
    told = f"{count} to use, torch has {torch.get_num_threads()} threads, load {load:.1f}"
    advice = f"a search trains on one thread a worker: --workers {count}" if count > 1 else ""
    if load > count / 2:
        return Finding("processors", NOTE, told, "others are at work here, so a search is slower")
    return Finding("processors", WELL, told, advice)


def memory() -> Finding:
    """Compares the memory that is free with what workers take."""
    free = free_memory()
    if free is None:
        return Finding("memory", NOTE, "this system does not tell how much is free")
    told = f"{free / 2**30:.1f} GiB free"
    room, count = int(free // _WORKER_BYTES), usable_processors()
    if room < count:
        advice = f"a worker takes about 1 GiB; have no more than {max(room - 1, 0)} of them"
        return Finding("memory", NOTE, told, advice)
    return Finding("memory", WELL, told)


def gpus() -> Finding:
    """Names the GPUs that torch sees."""
    count = torch.cuda.device_count()
    if count == 0:
        return Finding("GPU", WELL, "none that torch sees; searches train on the CPU")
    names = ", ".join(torch.cuda.get_device_name(number) for number in range(count))
    return Finding("GPU", WELL, names, "--device cuda trains there; worth it for larger models")


def usable_processors() -> int:
    """Counts the processors that this process may run on."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        return os.cpu_count() or 1


def free_memory() -> int | None:
    """Gives the bytes that can be had, at most what a container allows; None where not known."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    (free,) = [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable")]
    for path in _MEMORY_LIMITS:
        try:
            limit = path.read_text(encoding="ascii").strip()
        except OSError:
            continue
        if limit.isdecimal():
            free = min(free, int(limit))
    return free


def disk(folder: Path) -> Finding:
    """Tells how much room there is for runs."""
    nearest = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    free = shutil.disk_usage(nearest).free / 2**30
    told = f"{free:.1f} GiB free in {nearest}"
    if free < 1:
        return Finding("disk", NOTE, told, "a long search writes a gigabyte; choose another --out")
    return Finding("disk", WELL, told)
