"""Command-line options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from evosearch.plugins.operations import load
from evosearch.plugins.tasks import known_task_names

Command = Callable[..., Any]

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")


def _load(_: click.Context, __: click.Parameter, paths: tuple[Path, ...]) -> None:
    for path in paths:
        load(path)


primitives_option = click.option(
    "--primitives",
    type=Path,
    multiple=True,
    is_eager=True,
    expose_value=False,
    callback=_load,
    help="A Python file with operations of your own; it is executed.",
)


def _load_tasks(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> None:
    known_task_names(given)


task_files_option = click.option(
    "--task",
    metavar="FILE.py:NAME",
    multiple=True,
    is_eager=True,
    expose_value=False,
    callback=_load_tasks,
    help="A task of your own that the run uses; the file is executed.",
)


def execution_options(command: Command) -> Command:
    """Where the work of a search runs."""
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
    return workers(address(command))
