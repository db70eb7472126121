"""Defines the options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from evosearch.plugins.additions import NOTHING_ADDED, Additions
from evosearch.plugins.operations import load_operations

Command = Callable[..., Any]

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")


def _loaded(_: click.Context, __: click.Parameter, paths: tuple[Path, ...]) -> Additions:
    additions = NOTHING_ADDED
    for path in paths:
        additions = load_operations(path, additions)
    return additions


primitives_option = click.option(
    "--primitives",
    "additions",
    type=Path,
    multiple=True,
    is_eager=True,
    callback=_loaded,
    help="A Python file with operations of your own; it is executed.",
)
"""Gives a command the parameter `additions`: an `Additions` with the operations of the files."""

device_option = click.option(
    "--device", default="cpu", show_default=True, help="Where to train: cpu, cuda or cuda:N."
)

task_files_option = click.option(
    "--task",
    "task_files",
    metavar="FILE.py:NAME",
    multiple=True,
    help="A task of your own that the run uses; the file is executed.",
)

tensorboard_option = click.option(
    "--tensorboard",
    type=Path,
    metavar="DIR",
    help="A folder to write the search's curves to as it goes, for `tensorboard --logdir DIR`.",
)


quiet_option = click.option(
    "--quiet", "-q", is_flag=True, help="Show no progress; faults and the result are told."
)

out_option = click.option("--out", type=Path, help="The file to write.  [default: standard output]")
force_option = click.option("--force", is_flag=True, help="Overwrite an existing file.")

hours_option = click.option(
    "--hours",
    type=click.FloatRange(0, min_open=True),
    help="Breed no more after so long, and measure the best. How many structures a run then has "
    "depends on the machine; what they are and came to does not.",
)


def execution_options(command: Command) -> Command:
    """Adds the options that say where the work of a search runs."""
    address = click.option(
        "--ray-address", help="A running Ray cluster; without, Ray starts on this machine."
    )
    workers = click.option(
        "--workers",
        type=click.IntRange(0),
        default=0,
        show_default=True,
        help="Ray actors; 0 works in this process. The result is the same.",
    )
    gpus = click.option(
        "--gpus-per-worker",
        type=float,
        metavar="NUMBER",
        help="With --workers and a device of CUDA: the GPUs that each worker has; 0.25 lets four "
        "share one.  [default: 1]",
    )
    return workers(address(gpus(command)))
