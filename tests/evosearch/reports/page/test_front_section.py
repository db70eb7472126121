"""The rules that none as cheap beats."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from evosearch.plugins.additions import NOTHING_ADDED
from evosearch.reports.front import front
from evosearch.reports.page.front_section import front_section
from evosearch.reports.page.material import gather
from evosearch.search.store_reader import StoreReader
from tests.support.page_reader import faults, read_page, rows, text_of


def test_a_front_holds_what_nothing_dominates(finished: StoreReader) -> None:
    """As found by comparing each with each."""
    one = finished.candidate(0)
    pairs = [*product((3, 5, 7), (0.0, 0.5, 0.25)), (7, 0.75), (9, 0.1)]
    every = [
        replace(one, id=place, size=size, fitness=fitness)
        for place, (size, fitness) in enumerate(pairs)
    ]
    undominated = [
        a for a in pairs if not any(b != a and b[0] <= a[0] and b[1] >= a[1] for b in pairs)
    ]
    assert [(a.size, a.fitness) for a in front(every, lambda a: a.size)] == sorted(undominated)


def test_the_points_are_named(finished: StoreReader) -> None:
    """In the picture, in the words for it and in the table, where it is said which rule each is."""
    material = gather(finished, NOTHING_ADDED)
    section = read_page(front_section(material).body)
    assert faults(section) == []
    cleared = [one for one in material.trained if one.cleared]
    names = [f"#{one.id}" for one in front(cleared, lambda one: one.size)]
    size, slots = section.iter("svg")
    shown = {text_of(one) for one in size.iter("text")}
    assert set(names) <= shown
    assert all(name in text_of(next(size.iter("desc"))) for name in names)
    listed = rows(section, "The rules on the fronts")
    assert {row[0] for row in listed} >= set(names)
    for row in listed:
        one = finished.candidate(int(row[0][1:]))
        assert (row[3], row[4]) == (str(one.size), str(one.slots))
        assert row[6].startswith("It ")
    assert "state slots" in text_of(next(slots.iter("title")))


def test_without_a_rule_that_came_through_there_is_no_front(finished: StoreReader) -> None:
    """And that is said."""
    material = replace(gather(finished, NOTHING_ADDED), trained=())
    assert "No rule came through" in text_of(read_page(front_section(material).body))
