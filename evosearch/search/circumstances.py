"""Records what the last bits of a loss depend on besides a run's configuration.

Two processes with the same record give the same losses to the last bit; where the records differ,
so may the order of sums, and with another digest the task itself. A compiler of models is not in
it, nor evosearch's code between two versions.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch

from evosearch.version import UNKNOWN, installed_version
from proxies import Task
from proxies.training.blame import blamed

_CPUINFO = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Holds versions, processor and data with which a process trains."""

    evosearch: str
    torch: str
    numpy: str
    device: str
    """`cpu`, or the name of the GPU."""
    processor: str
    instructions: str
    """The widest vector instructions that torch uses, such as `AVX512`."""
    tasks: Mapping[str, str]
    """The digest of each task, which covers its data."""


def circumstances(device: str, tasks: Sequence[Task]) -> Circumstances:
    """Records the circumstances of this process, which trains `tasks` on `device`.

    Raises:
        ModelError: the code of a task raises something.
    """
    return Circumstances(
        evosearch=installed_version(),
        torch=str(torch.__version__),
        numpy=np.__version__,
        device=device if device == "cpu" else torch.cuda.get_device_name(device),
        processor=_processor(),
        instructions=torch.backends.cpu.get_cpu_capability(),
        tasks={task.name: _digest(task) for task in tasks},
    )


def _digest(task: Task) -> str:
    with blamed(task, "its data, model or loss"):
        return task.digest()


def circumstances_from(record: Mapping[str, Any]) -> Circumstances:
    """Reads the record that `dataclasses.asdict` gave; what an older one lacks is unknown."""
    known = {one.name: record.get(one.name, UNKNOWN) for one in fields(Circumstances)}
    return Circumstances(**known | {"tasks": dict(record.get("tasks", {}))})


def differences(there: Circumstances, here: Circumstances) -> list[str]:
    """Names what differs but for the data, such as `torch 2.12.0 there, 2.13.0 here`."""
    names = [one.name for one in fields(Circumstances) if one.name != "tasks"]
    pairs = [(name, getattr(there, name), getattr(here, name)) for name in names]
    return [f"{name} {then} there, {now} here" for name, then, now in pairs if then != now]


def _processor() -> str:
    """Names the model of the processor, which a vendor's name alone does not tell."""
    try:
        first = _CPUINFO.read_text(encoding="utf-8", errors="replace").split("\n\n")[0]
    except OSError:
        first = ""
    pairs = (line.partition(":") for line in first.splitlines())
    facts = {key.strip(): value.strip() for key, _, value in pairs}
    name = facts.get("model name") or platform.processor() or platform.machine() or UNKNOWN
    numbers = [f"{key} {facts[key]}" for key in ("cpu family", "model", "stepping") if key in facts]
    return f"{name} ({', '.join(numbers)})" if numbers else name
