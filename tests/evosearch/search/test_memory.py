"""What a search remembers, in tables."""

from __future__ import annotations

import sqlite3
from collections import deque
from contextlib import closing
from pathlib import Path

import pytest

from evosearch.scoring.setting import Setting
from evosearch.screening.screen import Facts
from evosearch.search.memory import Memory, Tunings
from evosearch.search.schema import SCHEMA, STATE
from proxies.keys import generator

FACTS = Facts("abc", 5, 2, 0.1 + 0.2, None)
REJECTED = Facts("def", 3, 0, 0.0, "one-sign")
TEXT = "def f(g):\n    return g\n"


@pytest.fixture
def memory() -> Memory:
    return Memory.in_ram()


def test_forms_are_known_as_they_were_first_noted(memory: Memory) -> None:
    """To the last bit, rejected ones with their gate."""
    assert memory.form("abc") is None
    memory.add_form(FACTS, 7)
    memory.add_form(FACTS, 8)
    memory.add_form(REJECTED, 9)
    assert memory.form("abc") == (FACTS, 7)
    assert memory.form("def") == (REJECTED, 9)


def test_a_structure_is_known_by_its_first_member(memory: Memory) -> None:
    """With the facts of that member."""
    assert memory.structure("s") is None
    for facts, representative in ((FACTS, 7), (Facts("ghi", 9, 1, 1.0, None), 8)):
        memory.add_form(facts, representative)
        memory.add_structure("s", facts, representative)
    assert memory.structure("s") == (FACTS, 7)


def test_a_cell_has_what_was_filed_there_the_oldest_first(memory: Memory) -> None:
    """And nothing of its neighbours."""
    for cell, number in (((0, -3), 5), ((0, -3), 2), ((1, -3), 4)):
        memory.add_fingerprint(cell, number, TEXT)
    assert memory.in_cell((0, -3)) == [(5, TEXT), (2, TEXT)]
    assert memory.in_cell((1, -3)) == [(4, TEXT)]
    assert memory.in_cell((0, 0)) == []


def test_tunings_are_read_back(memory: Memory) -> None:
    """Settings to the last bit; the latest that were saved count."""
    assert (memory.tunings(3), memory.fitness(3)) == (None, 0.0)
    memory.save_tunings(3, Tunings(TEXT))
    assert memory.tunings(3) == Tunings(TEXT)
    setting = Setting(0.1 + 0.2, (1e-8, 1 / 3))
    known = Tunings(TEXT, 2, -0.1, False, True, {"a": setting}, ({"a": setting}, {}))
    memory.save_tunings(3, known)
    assert memory.tunings(3) == known
    assert memory.fitness(3) == -0.1


def test_the_best_of_those_with_so_many_rounds(memory: Memory) -> None:
    """As sorting all of them says, ties by their numbers."""
    draw = generator("classes")
    classes = {}
    for number in draw.permutation(200).tolist():
        one = Tunings(TEXT, int(draw.integers(4)), float(draw.integers(12)), draw.random() < 0.8)
        classes[number] = one
        memory.save_tunings(number, one)
    for rounds in (1, 2, 3):
        pool = [n for n, one in classes.items() if one.rounds >= rounds]
        pool.sort(key=lambda n: (-classes[n].fitness, n))
        expected = [
            (n, classes[n].fitness)
            for n in pool[: len(pool) // 4]
            if classes[n].rounds == rounds and classes[n].cleared
        ]
        assert expected
        assert list(memory.best_of(rounds, 1 / 4)) == expected


def test_the_population_is_who_was_born_last() -> None:
    """As a bounded queue has it; after a restart only those who were born since. Each by itself."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        database.executescript(SCHEMA + STATE)
        memory, alive = Memory(database), deque[int](maxlen=5)
        for number in range(30):
            columns = "id, block, mutations, text, digest, structure, outcome, twin, statements"
            database.execute(
                f"INSERT INTO candidates ({columns}, slots) "
                "VALUES (?, 0, '[]', ?, '', '', 'trained', ?, 1, 0)",
                (number, f"text {number}", number // 2),
            )
            memory.born(number, 0, 5)
            memory.born(number, 1, 100)
            alive.append(number)
            if number == 17:
                memory.extinct(0)
                alive.clear()
            assert memory.alive(0) == [(n, f"text {n}", n // 2, 1) for n in alive]
        assert [n for n, *_ in memory.alive(1)] == list(range(30))


def test_what_is_in_flight_lands_by_blocks(memory: Memory) -> None:
    """In the order of the candidates' numbers."""
    memory.add_in_flight(1, [(3, "c"), (4, "d")])
    memory.add_in_flight(2, [(5, "e")])
    assert memory.in_flight() == [(3, 1, "c"), (4, 1, "d"), (5, 2, "e")]
    memory.land(1)
    assert memory.in_flight() == [(5, 2, "e")]


def test_progress_is_what_was_saved_last(memory: Memory) -> None:
    """None at the beginning."""
    assert memory.progress is None
    memory.save_progress({"spent": 1, "best": None})
    memory.save_progress({"spent": 2, "best": 0.1 + 0.2})
    assert memory.progress == {"spent": 2, "best": 0.1 + 0.2}


def test_another_connection_finds_what_was_committed(tmp_path: Path) -> None:
    """Nothing is kept beside the tables."""
    path = tmp_path / "memory.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.executescript(SCHEMA + STATE)
        memory = Memory(database)
        memory.add_form(FACTS, 7)
        memory.save_tunings(7, Tunings(TEXT, 1, 0.5))
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        assert Memory(database).form("abc") == (FACTS, 7)
        assert Memory(database).fitness(7) == 0.5
