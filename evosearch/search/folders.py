"""Says where runs lie, and where what they share is kept."""

from __future__ import annotations

import os
from pathlib import Path

RUNS = Path("runs")
"""The folder in which searches write by default, and in which a run's name is looked up."""


def yardstick_folder(run: Path | None = None) -> Path:
    """Names the folder in which yardsticks and qualifications are kept: one for all runs.

    It is `runs/yardsticks`, wherever the run lies, so that what one command measured the others
    find. Only where that cannot be written is it `yardsticks` beside the `run`, if there is one.
    """
    shared = RUNS / "yardsticks"
    if run is None or _can_be_written(shared):
        return shared
    return run.parent / "yardsticks"


def _can_be_written(folder: Path) -> bool:
    """Tells whether files can be made in the folder, which need not exist yet."""
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
