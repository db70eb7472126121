"""Opens the run that a command reads."""

from __future__ import annotations

from collections.abc import Sequence

import click

from evosearch.plugins.additions import Additions
from evosearch.plugins.tasks import load_known_tasks
from evosearch.reports.references import open_run
from evosearch.search.store_reader import StoreReader


def opened(run: str, additions: Additions, task_files: Sequence[str] = ()) -> StoreReader:
    """Opens a run, which is closed when the command ends; `task_files` are loaded before.

    Raises:
        EvosearchError: there is no such run, or it used operations that are not loaded.
    """
    _, additions = load_known_tasks(task_files, additions)
    store = open_run(run, additions)
    click.get_current_context().call_on_close(store.close)
    return store
