"""Looking functions up: by digest, then by fingerprint; and the scores of classes."""

from __future__ import annotations

import pytest

from evosearch import known_rule, parse
from evosearch.graph.digest import digest
from evosearch.graph.lowering import lower
from evosearch.language.program import Program
from evosearch.screening.screen import Facts
from evosearch.search import catalogue as module
from evosearch.search.catalogue import Catalogue

LION = known_rule("lion")
TWICE_LION = parse(
    "def mine(g, mom, *, b=0.99):\n    u = sign(mom * 0.9 + g * 0.1) * 2\n"
    "    return u, interp(g, mom, b)\n"
)
DRIFT = parse("def drift(w):\n    return w\n")


def look_up(catalogue: Catalogue, program: Program, number: int) -> tuple[Facts, int]:
    graph = lower(program, bind=True)
    return catalogue.look_up(graph, digest(graph), number)


def test_a_new_function_represents_itself() -> None:
    """Other functions after it do so too."""
    catalogue = Catalogue()
    facts, representative = look_up(catalogue, LION, 7)
    assert representative == 7
    assert facts.digest == digest(lower(LION, bind=True))
    assert facts.gate is None
    assert look_up(catalogue, known_rule("sgd"), 8)[1] == 8


def test_the_same_function_is_represented_by_the_first_that_had_it() -> None:
    """Spelt alike or otherwise, and up to a positive factor; each keeps its own facts."""
    catalogue = Catalogue()
    first, _ = look_up(catalogue, LION, 1)
    again, representative = look_up(catalogue, LION, 2)
    assert (again, representative) == (first, 1)
    other, representative = look_up(catalogue, TWICE_LION, 3)
    assert representative == 1
    assert other.digest != first.digest
    assert other.update_size == pytest.approx(2 * first.update_size)
    assert look_up(catalogue, TWICE_LION, 4) == (other, 1)


def test_a_rejected_function_names_its_gate_and_joins_no_class() -> None:
    """Two that are rejected are not the same because of that."""
    catalogue = Catalogue()
    facts, representative = look_up(catalogue, DRIFT, 1)
    assert (facts.gate, representative) == ("ignores-gradient", 1)
    ascending = parse("def ascending(g):\n    return -g\n")
    assert look_up(catalogue, ascending, 2)[1] == 2


def test_a_known_digest_is_not_screened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hit costs no run of the probe, for a rejected function neither."""
    catalogue = Catalogue()
    known = [look_up(catalogue, program, n) for n, program in enumerate((LION, DRIFT))]
    monkeypatch.delattr(module, "screen_graph")
    assert [look_up(catalogue, program, 9) for program in (LION, DRIFT)] == known


def test_the_fitness_of_a_class_is_the_mean_of_its_trainings() -> None:
    """Before any training it is that of tuned AdamW, from which a search starts."""
    catalogue = Catalogue()
    assert catalogue.fitness(3) == 0.0
    for fitness in (1.0, 0.0, -0.4):
        catalogue.record(3, fitness)
    catalogue.record(4, 9.0)
    assert catalogue.fitness(3) == pytest.approx(0.2)
    assert catalogue.fitness(4) == 9.0


def test_hits_are_counted_by_class() -> None:
    """The first hit is number one."""
    catalogue = Catalogue()
    assert [catalogue.count_hit(c) for c in (5, 5, 6, 5)] == [1, 2, 1, 3]
