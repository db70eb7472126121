"""Says where runs lie, and where what they share is kept."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import warnings
from functools import cache
from pathlib import Path

RUNS = Path("runs")
"""The folder in which searches write by default, and in which a run's name is looked up."""


def yardstick_folder(run: Path | None = None) -> Path:
    """Names the folder in which yardsticks and qualifications are kept: one for all runs.

    It is `runs/yardsticks`, wherever the run lies, so that what one command measured the others
    find. Only where that cannot be written is it `yardsticks` beside the `run`, or else, as
    `kept_folder` has it, a passing one.
    """
    shared = RUNS / "yardsticks"
    if run is None or _can_be_written(shared):
        return kept_folder("yardsticks")
    beside = run.parent / "yardsticks"
    return beside if _can_be_written(beside) else kept_folder("yardsticks")


def kept_folder(name: str) -> Path:
    """Names the folder under `runs/` in which commands keep what takes long to measure.

    Where it cannot be written it is a passing one, of which a warning tells: what was measured is
    told all the same, and measured anew by the next command.
    """
    folder = RUNS / name
    return folder if _can_be_written(folder) else _passing_folder(folder.absolute())


@cache
def _passing_folder(instead_of: Path) -> Path:
    """Makes a folder that goes when the process ends; one for each that it stands for."""
    folder = Path(tempfile.mkdtemp(prefix="evosearch_"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    warnings.warn(f"{instead_of} cannot be written, so nothing is kept there", stacklevel=3)
    return folder


def _can_be_written(folder: Path) -> bool:
    """Tells whether files can be made in the folder, which need not exist yet."""
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
