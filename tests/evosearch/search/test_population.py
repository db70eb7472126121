"""Aging, tournaments and plateaus, on individuals that are only numbers."""

from __future__ import annotations

import numpy as np

from evosearch.language.library import known_rule
from evosearch.search.candidate import Individual
from evosearch.search.population import Plateau, Population

RULE = known_rule("sgd")


def individual(number: int) -> Individual:
    return Individual(number, RULE, number)


def parents(population: Population, draws: int = 400) -> set[int]:
    """Who is ever chosen where all are equally fit."""
    draw = np.random.default_rng(0)
    return {population.choose_parent(draw, lambda _: 0.0).id for _ in range(draws)}


def test_at_first_all_are_the_founder() -> None:
    """Its children are all there is in the first block."""
    assert parents(Population([individual(0)], 5, 2)) == {0}


def test_the_oldest_dies_whatever_its_fitness() -> None:
    """With five alive, the sixth newborn puts an end to the first."""
    population = Population([individual(0)], 5, 1)
    for number in range(1, 5):
        population.add(individual(number))
    assert parents(population) == {0, 1, 2, 3, 4}
    population.add(individual(5))
    assert parents(population) == {1, 2, 3, 4, 5}
    population.add(individual(6))
    assert parents(population) == {2, 3, 4, 5, 6}


def test_the_fittest_of_a_tournament_breeds() -> None:
    """Of many drawn it is the fittest of all; of one, anybody."""
    population = Population([individual(0)], 5, 60)
    for number in range(1, 6):
        population.add(individual(number))
    draw = np.random.default_rng(1)
    fittest = {population.choose_parent(draw, lambda one: -abs(one.id - 3)).id for _ in range(20)}
    assert fittest == {3}


def test_a_tournament_draws_as_many_numbers_as_it_has_entrants() -> None:
    """All draws of a search are reproducible, so their number is part of what it is."""
    population, draw, other = Population([individual(0)], 7, 3), *map(np.random.default_rng, (5, 5))
    population.choose_parent(draw, lambda _: 0.0)
    other.integers(7, size=3)
    assert draw.random() == other.random()


def test_a_restart_puts_the_founder_in_everybodys_place() -> None:
    """Whoever lived before has no more children."""
    population = Population([individual(0)], 5, 1)
    for number in range(1, 6):
        population.add(individual(number))
    population.restart([individual(0)])
    assert parents(population) == {0}


def test_a_plateau_is_so_many_trainings_without_a_better_class() -> None:
    """An equal is no better; a better one begins the count anew, and so does a restart."""
    plateau = Plateau(patience=3)
    for fitness in (1.0, 1.0, 0.5):
        plateau.note(fitness)
    assert not plateau.reached
    plateau.note(1.0)
    assert plateau.reached
    plateau.restart(0.2)
    assert not plateau.reached
    for fitness in (0.1, 0.3, 0.3, 0.3):
        plateau.note(fitness)
    assert not plateau.reached
    plateau.note(0.3)
    assert plateau.reached
