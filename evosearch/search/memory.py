"""Keeps what a search remembers in tables of the run's database, so that it is never too much.

A search looks up most of what it knows once in a while, by a digest or a number: that is a query of
microseconds. What changes belongs to the transaction that commits a block. So the driver's memory
does not grow with the run, and a run that is resumed reads what it needs and no more.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evosearch.scoring.setting import Setting
from evosearch.screening.screen import Facts
from evosearch.search.candidate import RETUNED, TRAINED
from evosearch.search.funnel import STOPPED, Seen
from evosearch.search.records import loss_from
from evosearch.search.schema import SCHEMA, STATE

Cell = tuple[int, int]
"""A cell of the index of fingerprints."""
_PROGRESS = "progress"


@dataclass(frozen=True, slots=True)
class Tunings:
    """Is what is known of a class that is tuned, or was."""

    text: str
    """The representative's program as it was bred."""
    rounds: int = 0
    fitness: float = 0.0
    """Of the latest round."""
    cleared: bool = True
    lot: bool = False
    """Whether a lot takes it to its second round, whatever its fitness."""
    best: Mapping[str, Setting] = field(default_factory=dict)
    """The best setting by task, of the latest round that came so far."""
    others: tuple[Mapping[str, Setting], ...] = ()
    """Settings by task that later members of the class brought, the latest last."""


class Memory:
    """Reads and writes the tables of `schema.STATE`; transactions are the caller's."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    @classmethod
    def in_ram(cls) -> Memory:
        """Makes one that keeps its tables in this process, for evolution without a run."""
        connection = sqlite3.connect(":memory:", isolation_level=None)
        connection.executescript(SCHEMA + STATE)
        return cls(connection)

    def form(self, digest: str) -> tuple[Facts, int] | None:
        """Gives the facts and the representative of a canonical form that is known."""
        row = self._db.execute(
            "SELECT statements, slots, update_size, gate, twin FROM forms WHERE digest = ?",
            (digest,),
        ).fetchone()
        return None if row is None else (Facts(digest, *row[:4]), row[4])

    def add_form(self, facts: Facts, representative: int) -> None:
        """Notes a canonical form, unless it is known already."""
        self._db.execute(
            "INSERT OR IGNORE INTO forms VALUES (?, ?, ?, ?, ?, ?)",
            (
                *(facts.digest, representative, facts.gate),
                *(facts.size, facts.slots, facts.update_size),
            ),
        )

    def structure(self, structure: str) -> tuple[Facts, int] | None:
        """Gives the facts of a structure's first member, and its representative."""
        row = self._db.execute(
            "SELECT digest, twin FROM structures WHERE structure = ?", (structure,)
        ).fetchone()
        if row is None:
            return None
        known = self.form(row[0])
        assert known is not None, f"the form {row[0]} is known with its structure"
        return known[0], row[1]

    def add_structure(self, structure: str, facts: Facts, representative: int) -> None:
        """Notes a structure by the first of its members that passed the gates."""
        self._db.execute(
            "INSERT OR IGNORE INTO structures VALUES (?, ?, ?)",
            (structure, representative, facts.digest),
        )

    def in_cell(self, cell: Cell) -> list[tuple[int, str]]:
        """Lists representatives, and programs, of fingerprints in a cell, the oldest first."""
        return self._db.execute(
            "SELECT twin, text FROM fingerprints WHERE first = ? AND second = ? ORDER BY rowid",
            cell,
        ).fetchall()

    def add_fingerprint(self, cell: Cell, representative: int, text: str) -> None:
        """Notes that a program with a fingerprint in a cell is of a class."""
        self._db.execute(
            "INSERT INTO fingerprints VALUES (?, ?, ?, ?)", (*cell, representative, text)
        )

    def tunings(self, representative: int) -> Tunings | None:
        """Gives what is known of a class; None where it was never to be tuned."""
        row = self._db.execute(
            "SELECT text, rounds, fitness, cleared, lot, best, others FROM classes WHERE twin = ?",
            (representative,),
        ).fetchone()
        if row is None:
            return None
        text, rounds, fitness, cleared, lot, best, others = row
        return Tunings(
            text,
            rounds,
            fitness,
            bool(cleared),
            bool(lot),
            settings_from(json.loads(best)),
            tuple(settings_from(one) for one in json.loads(others)),
        )

    def save_tunings(self, representative: int, tunings: Tunings) -> None:
        """Writes what is known of a class, in the place of what was known."""
        self._db.execute(
            "INSERT OR REPLACE INTO classes VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(representative, tunings.text, tunings.rounds, tunings.fitness),
                *(int(tunings.cleared), int(tunings.lot)),
                json.dumps(settings_record(tunings.best)),
                json.dumps([settings_record(one) for one in tunings.others]),
            ),
        )

    def fitness(self, representative: int) -> float:
        """Gives the fitness of a class's latest round, 0 before the first."""
        row = self._db.execute(
            "SELECT fitness FROM classes WHERE twin = ?", (representative,)
        ).fetchone()
        return row[0] if row else 0.0

    def best_of(self, rounds: int, share: float) -> Iterator[tuple[int, float]]:
        """Yields those of the best `share` of classes that had no more than `rounds` of tuning.

        The classes are those that had at least so many, by the fitness of their latest; a class
        that a hurdle stopped is left out. Gives representatives with their fitness, best first. It
        is asked for every block, so it reads indices alone, and as far as the caller does.
        """
        (count,) = self._db.execute(
            "SELECT COUNT(*) FROM classes WHERE rounds >= ?", (rounds,)
        ).fetchone()
        return self._db.execute(
            "SELECT twin, fitness FROM (SELECT twin, fitness, rounds, cleared FROM classes "
            "WHERE rounds >= ? ORDER BY fitness DESC, twin LIMIT ?) WHERE rounds = ? AND cleared",
            (rounds, int(count * share), rounds),
        )

    def drawn_by_lot(self) -> list[int]:
        """Lists the representatives of classes that a lot takes to their second round."""
        rows = self._db.execute(
            "SELECT twin FROM classes WHERE lot AND cleared AND rounds = 1 ORDER BY twin"
        )
        return [twin for (twin,) in rows]

    def best_classes(self, count: int) -> list[tuple[int, float]]:
        """Lists the best classes that were not measured again, of those tuned in most rounds.

        Gives representatives with their fitness, best first.
        """
        return self._db.execute(
            "SELECT twin, fitness FROM classes WHERE rounds > 0 AND cleared "
            "AND twin NOT IN (SELECT candidate FROM checks) "
            "ORDER BY rounds DESC, fitness DESC, twin LIMIT ?",
            (count,),
        ).fetchall()

    def best_class(self) -> int | None:
        """Gives the representative of the best class, of those that were tuned in most rounds."""
        row = self._db.execute(
            "SELECT twin FROM classes WHERE rounds > 0 AND cleared "
            "ORDER BY rounds DESC, fitness DESC, twin LIMIT 1"
        ).fetchone()
        return None if row is None else row[0]

    def candidate(self, number: int) -> tuple[int, str, int, int]:
        """Gives a committed candidate's number, text, representative and size."""
        row: tuple[int, str, int, int] = self._db.execute(
            "SELECT id, text, twin, statements FROM candidates WHERE id = ?", (number,)
        ).fetchone()
        return row

    def born(self, candidate: int, island: int, alive: int) -> None:
        """Notes that a candidate is the youngest of a population, of which `alive` are left."""
        (place,) = self._db.execute(
            "SELECT COALESCE(MAX(place), 0) + 1 FROM population WHERE island = ?", (island,)
        ).fetchone()
        self._db.execute("INSERT INTO population VALUES (?, ?, ?)", (island, place, candidate))
        self._db.execute(
            "DELETE FROM population WHERE island = ? AND place <= ?", (island, place - alive)
        )

    def extinct(self, island: int) -> None:
        """Notes that a population is its founders' alone again."""
        self._db.execute("DELETE FROM population WHERE island = ?", (island,))

    def alive(self, island: int) -> list[tuple[int, str, int, int]]:
        """Lists who was born into a population since its last restart and is alive, oldest first.

        Gives of each number, text, representative and size.
        """
        return self._db.execute(
            "SELECT id, text, twin, statements FROM population JOIN candidates ON id = candidate "
            "WHERE island = ? ORDER BY place",
            (island,),
        ).fetchall()

    def add_in_flight(self, block: int, records: Iterable[tuple[int, str]]) -> None:
        """Notes the candidates of a block that is bred, by their numbers."""
        self._db.executemany(
            "INSERT INTO in_flight VALUES (?, ?, ?)",
            [(number, block, record) for number, record in records],
        )

    def land(self, block: int) -> None:
        """Notes that a block is committed."""
        self._db.execute("DELETE FROM in_flight WHERE block = ?", (block,))

    def in_flight(self) -> list[tuple[int, int, str]]:
        """Lists what is bred and not committed: numbers, blocks and records, in their order."""
        return self._db.execute("SELECT id, block, record FROM in_flight ORDER BY id").fetchall()

    def recent_rungs(self, task: str, rung: int, count: int) -> list[float]:
        """Gives the losses of the latest new candidates at a rung, the oldest first."""
        rows = self._db.execute(
            "SELECT loss FROM rungs JOIN candidates ON id = candidate "
            "WHERE outcome = ? AND task = ? AND rung = ? ORDER BY rungs.rowid DESC LIMIT ?",
            (TRAINED, task, rung, count),
        )
        return [loss_from(loss) for (loss,) in rows][::-1]

    def recent_on_micro(self, count: int) -> list[Seen]:
        """Gives what `micro` saw of the latest structures, the oldest first."""
        rows = self._db.execute(
            "SELECT micro, passed, fitness FROM candidates WHERE micro IS NOT NULL "
            "ORDER BY id DESC LIMIT ?",
            (count,),
        )
        return [Seen(score, passed, later if passed else None) for score, passed, later in rows][
            ::-1
        ]

    def recent_in_rounds(self, count: int) -> list[Seen]:
        """Gives the latest tunings as a stage before a further round saw them, the oldest first."""
        rows = self._db.execute(
            "SELECT fitness, passed, (SELECT fitness FROM candidates AS before WHERE "
            "before.twin = this.twin AND before.round = this.round - 1) FROM candidates AS this "
            "WHERE outcome = ? AND cleared OR outcome = ? ORDER BY id DESC LIMIT ?",
            (TRAINED, RETUNED, count),
        )
        return [
            Seen(fitness, STOPPED, None) if before is None else Seen(before, passed, fitness)
            for fitness, passed, before in rows
        ][::-1]

    @property
    def progress(self) -> dict[str, Any] | None:
        """Gives the numbers that were saved last; None at the beginning."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (_PROGRESS,)).fetchone()
        return None if row is None else dict(json.loads(row[0]))

    def save_progress(self, numbers: Mapping[str, Any]) -> None:
        """Saves a few numbers, for `progress`."""
        self._db.execute(
            "INSERT OR REPLACE INTO meta VALUES (?, ?)", (_PROGRESS, json.dumps(numbers))
        )


def settings_record(settings: Mapping[str, Setting]) -> dict[str, Any]:
    """Writes settings by task as JSON has them."""
    return {task: [rate, list(constants)] for task, (rate, constants) in settings.items()}


def settings_from(record: Mapping[str, Sequence[Any]]) -> dict[str, Setting]:
    """Reads what `settings_record` wrote."""
    return {task: Setting(rate, tuple(own)) for task, (rate, own) in record.items()}
