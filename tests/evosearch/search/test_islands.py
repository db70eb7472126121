"""Several populations: apart, with travellers, and anew from the start or from the best."""

from __future__ import annotations

import pytest

from evosearch.errors import EvosearchError
from evosearch.language.library import known_rule
from evosearch.language.parser import parse
from evosearch.search.candidate import DUPLICATE, REJECTED, RETUNED, Candidate, Individual
from evosearch.search.config_values import make_config
from evosearch.search.evolution import Evolution
from evosearch.search.islands import Islands
from evosearch.search.memory import Memory, Tunings
from tests.support.evolving import TASK, advance, grow, shortness

TEXT = "def f(g):\n    return g\n"


def children(history: list[Candidate]) -> list[Candidate]:
    """Those that were bred from a parent."""
    return [c for c in history if c.parent is not None and c.outcome != RETUNED]


def test_each_population_breeds_from_its_own() -> None:
    """Until somebody travels: every third block has parents of every third block, and founders."""
    history = grow(shortness, 18, populations=3, migrate_after=1000)
    blocks = {c.id: c.block for c in history}
    own = [(c.block, blocks[c.parent or 0]) for c in children(history)]
    assert all(parent in (0,) or parent % 3 == block % 3 for block, parent in own)
    for place in range(3):
        assert any(parent and parent % 3 == place for _, parent in own)
    assert {blocks[c.parent or 0] for c in children(history) if c.block < 4} == {0}


def test_one_population_is_as_if_there_were_no_others() -> None:
    """Of one the blocks are those of a search without travellers."""
    alone, too = (grow(shortness, 8, migrate_after=n) for n in (1, 1000))
    assert [c.facts.digest for c in alone] == [c.facts.digest for c in too]


def test_the_best_travel_in_a_ring() -> None:
    """Each is born into the next population too, where it is the youngest."""
    fitness = {0: 0.0, 1: 3.0, 2: 1.0, 3: 2.0}
    config = make_config({"population": 4, "populations": 3, "migrate_after": 3}, "test")
    memory = Memory.in_ram()
    start = Individual(0, parse(TEXT), 0, 1)
    islands = Islands(config, [start], memory, fitness.__getitem__)
    for block, number in ((0, 1), (1, 2), (2, 3)):
        islands.born(block, Individual(number, parse(TEXT), number, 1))
        islands.end_of(block)
    rows = memory._db.execute("SELECT island, candidate FROM population ORDER BY island, place")
    assert rows.fetchall() == [(0, 1), (0, 3), (1, 2), (1, 1), (2, 3), (2, 2)]


def test_restarts_are_from_the_start_and_from_the_best_in_turn() -> None:
    """Each population for itself, when it came to no better rule for long."""
    fitness = {0: 0.0, 7: 5.0, 8: 1.0}
    config = make_config({"population": 4, "restart_after": 2, "populations": 2}, "test")
    memory = Memory.in_ram()
    for number, value in fitness.items():
        memory.save_tunings(number, Tunings(TEXT, 1, value))
        columns = "id, block, mutations, text, digest, structure, outcome, twin, statements, slots"
        row = (number, 0, "[]", TEXT, "", "", "trained", number, 1, 0)
        places = ", ".join("?" * len(row))
        memory._db.execute(f"INSERT INTO candidates ({columns}) VALUES ({places})", row)
    islands = Islands(config, [Individual(0, parse(TEXT), 0, 1)], memory, fitness.__getitem__)
    islands.born(0, Individual(8, parse(TEXT), 8, 1))
    founders = []
    for _ in range(4):
        for _ in range(3):
            islands.note(0, -1.0)
        islands.end_of(0)
        founders.append(islands.state()[0]["founders"])
    assert founders == [[0], [7], [0], [7]]
    assert islands.of(0).best(islands.fitness).id == 7
    assert islands.state()[1]["founders"] == [0]
    assert memory.alive(0) == []


def test_several_start_rules_found_every_population() -> None:
    """They are the first candidates, and all of them have children."""
    config = make_config({"population": 20, "tasks": [TASK], "populations": 2}, "test")
    start = [known_rule(name) for name in ("adamw", "lion", "sgd")]
    evolution = Evolution(config, start, Memory.in_ram())
    first, *_ = advance(evolution, 0, 1, lambda _: 0.0)
    assert [(c.id, c.parent, c.block) for c in first] == [(n, None, 0) for n in range(3)]
    for block in (1, 2):
        bred = children(advance(evolution, block, 30, lambda _: 0.0)[0])
        assert {c.parent for c in bred if c.outcome != REJECTED} == {0, 1, 2}


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ("def f(g):\n    return g * 2\n", "the start rules sgd and f are one structure"),
        ("def f(w):\n    return w\n", "cannot start from f: the gate 'ignores-gradient'"),
    ],
)
def test_start_rules_that_are_one_or_none_are_refused(other: str, message: str) -> None:
    """Each would have half of the places for nothing."""
    config = make_config({"population": 20, "tasks": [TASK]}, "test")
    evolution = Evolution(config, [known_rule("sgd"), parse(other)], Memory.in_ram())
    with pytest.raises(EvosearchError, match=message):
        evolution.breed(0, 1)


@pytest.mark.slow
def test_of_equally_fit_ones_the_shorter_breeds() -> None:
    """Where all are as fit, parents are shorter than those whom they beat."""
    history = grow(lambda _: 0.0, 30, tournament=20)
    sizes = {c.id: c.facts.size for c in history}
    valid = [c for c in history if c.outcome not in (REJECTED, RETUNED)]
    parents = [sizes[c.parent or 0] for c in valid if c.block > 10]
    alive = [sizes[c.id] for c in valid if c.block > 10 and c.outcome != DUPLICATE]
    assert sum(parents) / len(parents) < 0.7 * sum(alive) / len(alive)
