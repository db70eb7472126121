"""Begins searches and carries them out, for scripts and the command line alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from evosearch.errors import EvosearchError
from evosearch.language.printer import to_text
from evosearch.plugins.tasks import require_tasks
from evosearch.progress.kept_pace import KeptPace
from evosearch.reports.references import resolve_several
from evosearch.reports.summary import render
from evosearch.screening.trainable import require_trainable
from evosearch.search.config import SearchConfig
from evosearch.search.evolution import require_start
from evosearch.search.executor import executor
from evosearch.search.failures import FailureLog
from evosearch.search.folders import RUNS, yardstick_folder
from evosearch.search.gpus import share_of_gpu
from evosearch.search.loop import search
from evosearch.search.observer import Observer, Several
from evosearch.search.process import check_device
from evosearch.search.slots import told_of_idle
from evosearch.search.store_writer import StoreWriter
from evosearch.search.work import NoWorkers


@dataclass(frozen=True, slots=True)
class Crew:
    """Says who is to do the work of a search: Ray actors here or in a cluster, or this process."""

    workers: int = 0
    address: str | None = None
    gpus_per_worker: float | None = None

    def require(self, config: SearchConfig) -> None:
        """Refuses what can be seen to be impossible before anything is begun.

        Raises:
            EvosearchError: there is no such device, or no such share of one.
        """
        check_device(config.device)
        share_of_gpu(self.gpus_per_worker, config.device, self.workers)

    def carry_out(
        self,
        store: StoreWriter,
        observer: Observer,
        enough: Callable[[], bool],
        tell: Callable[[str], None],
    ) -> str:
        """Goes on with a run to its end, writes its summary into its folder, and gives that.

        Raises:
            EvosearchError: a task of the run is not at hand, or no worker can be had.
        """
        config = store.config
        require_tasks(config.all_tasks, config.task_files, config.additions)
        check_device(config.device)
        idle = told_of_idle(self.workers, config.lag)
        if idle is not None:
            tell(idle)
        with executor(
            *(self.workers, self.address, config.additions),
            *(config.device, self.gpus_per_worker),
            note=FailureLog(store.folder).note,
            tell=tell,
        ) as ready:
            watched = Several(KeptPace(store.folder), observer)
            search(store, ready, watched, yardstick_folder(store.folder), enough)
        text = render(store)
        (store.folder / "summary.txt").write_text(text + "\n", encoding="utf-8")
        return text


def _new_folder(label: str) -> Path:
    """Makes a new run's folder under `runs/`, named after the time; a second's second is numbered.

    Raises:
        EvosearchError: it cannot be made there.
    """
    stem = f"{time.strftime('%Y%m%d-%H%M%S')}-{label}"
    for name in chain([stem], (f"{stem}-{number}" for number in count(2))):
        try:
            (RUNS / name).mkdir(parents=True)  # only one of those who begin now can
        except FileExistsError:
            if RUNS.is_dir():
                continue
            raise _cannot_be_made(RUNS, "a file is in its place") from None
        except OSError as error:
            raise _cannot_be_made(RUNS / name, str(error.strerror)) from None
        return RUNS / name
    raise AssertionError(stem)


def _cannot_be_made(folder: Path, why: str) -> EvosearchError:
    return EvosearchError(f"{folder}: cannot be made ({why}); choose another folder with --out")


@contextmanager
def new_run(config: SearchConfig, out: Path | None, label: str) -> Iterator[StoreWriter]:
    """Begins a run; one that had nobody to do its work, and so bred nothing, leaves nothing behind.

    It is in the folder `out`, or else in a new one under `runs/` that has `label` in its name.

    Raises:
        EvosearchError: a rule to start from cannot be trained, or the folder cannot be written.
    """
    start = resolve_several(config.start, config.additions)
    for told, rule in start:
        require_trainable(
            rule, f"cannot start from {told}", "start from a rule that trains, such as adamw"
        )
    rules = [rule for _, rule in start]
    require_start(config, rules)
    was_there = out is not None and out.exists()
    folder = _new_folder(label) if out is None else out
    store = StoreWriter.create(folder, config, "".join(map(to_text, rules)))
    try:
        yield store
    except NoWorkers:
        begun = store.columns("id", "id = 0")
        store.close()
        # A worker that takes another's place may fail to start when much is committed already.
        if not begun:
            for path in folder.iterdir():
                path.unlink()
            if not was_there:
                folder.rmdir()
        raise
    finally:
        store.close()
