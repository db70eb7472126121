"""Opens runs, finished or going on, as objects that can be asked for what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields
from importlib import import_module
from itertools import compress
from pathlib import Path
from typing import Any

import networkx

from evosearch.api import lineages, programs
from evosearch.api.given import GivenOperation, GivenTask, with_operations, with_tasks
from evosearch.api.rules import Rule
from evosearch.errors import EvosearchError
from evosearch.plugins.additions import NOTHING_ADDED, Additions
from evosearch.reports import references, summary
from evosearch.reports.frame import INTEGER, REAL, TEXT, Frame, Row, frame
from evosearch.reports.leaderboard import leaderboard, recognised
from evosearch.reports.selection import holds
from evosearch.search.config import SearchConfig
from evosearch.search.folders import RUNS
from evosearch.search.records import StoredCandidate
from evosearch.search.schema import DATABASE
from evosearch.search.store_reader import StoreReader


class Run:
    """Is a run on disk. Each question reads what is there now, so a run may be going on meanwhile.

    `evosearch.search` and `evosearch.open_run` give it.
    """

    def __init__(self, folder: Path, additions: Additions = NOTHING_ADDED) -> None:
        self.folder = folder
        self.additions = additions

    def _store(self) -> StoreReader:
        return references.open_run(str(self.folder), self.additions)

    @property
    def config(self) -> SearchConfig:
        """Gives all that the result depends on."""
        with self._store() as store:
            return store.config

    @property
    def done(self) -> bool:
        """Tells whether it is complete; else `evosearch.resume` goes on with it."""
        with self._store() as store:
            return store.done

    @property
    def best(self) -> Rule:
        """Gives the best rule of the fullest measurement that there is.

        Raises:
            EvosearchError: nothing was trained yet.
        """
        return self.rule("best")

    def rule(self, candidate: int | str = "best") -> Rule:
        """Gives a candidate by its number, its constants at the middle of their best values.

        Raises:
            EvosearchError: there is no such candidate.
        """
        with self._store() as store:
            number = references.candidate_number(store, str(candidate))
        called = f"{self.folder}#{number}"
        return Rule(references.resolve(called, self.additions), called)

    def counts(self) -> dict[str, Any]:
        """Counts what was generated, rejected by each gate, cached and trained."""
        with self._store() as store:
            return store.counts()

    def table(
        self, where: str | None = None, *, limit: int | None = None, recognise: bool = False
    ) -> Any:
        """Tabulates the structures that were trained, best first.

        `where` is a condition in SQL on the columns, such as `score > 1 and statements < 12`;
        `recognise` adds which known rule each is, in some seconds. It is a data frame where pandas
        is installed, else a list of dictionaries, which any such library takes.

        Raises:
            EvosearchError: the condition is none.
        """
        with self._store() as store:
            entries = leaderboard(store, limit if where is None else None)
            if where is not None:
                entries = list(compress(entries, holds(frame(store, entries), where)))[:limit]
            if recognise:
                entries = recognised(store, entries)
            return _as_data_frame(frame(store, entries, recognise))

    def candidates(self, where: str | None = None) -> list[StoredCandidate]:
        """Lists all that was bred, in that order: rejected, cached, trained.

        `where` is a condition in SQL on the fields, such as `gate = 'not finite'`.

        Raises:
            EvosearchError: the condition is none.
        """
        with self._store() as store:
            every = store.candidates()
        return every if where is None else list(compress(every, holds(_fields(every), where)))

    def lineage(
        self, candidate: int | str = "best", *, descendants: bool = False
    ) -> networkx.DiGraph:
        """Gives a candidate's line of descent, or the tree of its descendants.

        See `evosearch.lineage`.

        Raises:
            EvosearchError: there is no such candidate.
        """
        return lineages.lineage(
            str(self.folder), candidate, descendants=descendants, additions=self.additions
        )

    def report(
        self, *, curves: bool = True, card: bool = True, tell: Callable[[str], None] = print
    ) -> str:
        """Gives the text of an HTML page about the run; see `evosearch.report`."""
        return programs.report(
            str(self.folder), curves=curves, card=card, tell=tell, additions=self.additions
        )

    def __str__(self) -> str:
        with self._store() as store:
            return summary.render(store)

    def __repr__(self) -> str:
        counts = self.counts()
        state = "done" if self.done else "unfinished"
        return (
            f"Run('{self.folder}', {state}: {counts['generated']} generated, "
            f"{counts['trained']} trained)"
        )


def open_run(
    place: str | Path | None = None,
    *,
    operations: Iterable[GivenOperation] = (),
    tasks: Iterable[GivenTask] = (),
) -> Run:
    """Opens a run by its folder, or by its name under `runs/`; the latest there if none is given.

    `operations` and `tasks` are the user's own that it used: files or objects. Only what trains
    again needs the tasks.

    Raises:
        EvosearchError: there is no such run, or it used operations that are not given.
    """
    additions = with_operations(operations)
    _, additions = with_tasks(tasks, additions)
    folder = _latest() if place is None else references.run_folder(str(place))
    references.open_run(str(folder), additions).close()
    return Run(folder, additions)


def _latest() -> Path:
    """Finds the run under `runs/` that was begun last.

    Raises:
        EvosearchError: there is none.
    """
    found = [path.parent for path in RUNS.glob(f"*/{DATABASE}")]
    if not found:
        raise EvosearchError(f"no run under {RUNS}/; name a folder, or begin one")
    return max(found, key=lambda folder: (folder / DATABASE).stat().st_ctime)


def _as_data_frame(table: Frame) -> Any:
    rows = list(table.rows)
    try:
        pandas = import_module("pandas")
    except ImportError:
        return rows
    return pandas.DataFrame(rows, columns=list(table.columns))


def _fields(candidates: list[StoredCandidate]) -> Frame:
    """Makes a table of the candidates' fields, for conditions."""
    columns = {
        field.name: REAL if "float" in field.type else INTEGER if "int" in field.type else TEXT
        for field in fields(StoredCandidate)
        if isinstance(field.type, str)
    } | {"score": REAL}

    def row(candidate: StoredCandidate) -> Row:
        values = {name: getattr(candidate, name) for name in columns}
        return values | {"mutations": " ".join(candidate.mutations)}

    return Frame(columns, tuple(map(row, candidates)))
