"""The score over the course of a search."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from evosearch.plugins.additions import NOTHING_ADDED
from evosearch.reports.page.course_section import best_so_far, course_section, median_of_recent
from evosearch.reports.page.material import gather
from evosearch.search.schema import DATABASE
from evosearch.search.store_reader import StoreReader
from tests.support.made_outcome import outcome, two_rules, validate
from tests.support.page_reader import faults, read_page, text_of
from tests.support.recorded_run import record


def test_a_lucky_score_fades_from_the_best(finished: StoreReader) -> None:
    """Where a rule is tuned again, its later score takes the place of the first."""
    one = finished.candidate(0)
    scores = [(0, 0.0), (1, 2.0), (1, 1.0), (2, 0.5)]
    trained = [
        replace(one, id=place, representative=rule, fitness=fitness)
        for place, (rule, fitness) in enumerate(scores)
    ]
    assert best_so_far(trained) == [1.0, 4.0, 2.0, 2.0]


def test_the_median_is_of_the_last_fifty() -> None:
    """Of ninety-nine zeros and ones, fifty are ones in the end."""
    medians = median_of_recent([0.0] * 49 + [1.0] * 50)
    assert medians[0] == 0.0
    assert medians[-1] == 1.0
    assert medians[73] == 0.5


def test_the_description_tells_the_databases_numbers(finished: StoreReader) -> None:
    """How many were trained, the best in the end, and what the finals measured."""
    section = read_page(course_section(gather(finished, NOTHING_ADDED)).body)
    assert faults(section) == []
    told = text_of(next(section.iter("desc")))
    with closing(sqlite3.connect(finished.folder / DATABASE)) as database:
        trained = database.execute(
            "SELECT twin, fitness FROM candidates WHERE outcome IN ('trained', 'retuned') "
            "ORDER BY id"
        ).fetchall()
        finals = database.execute(
            "SELECT candidate, speedup, low, high FROM finalists WHERE stage = 'report'"
        ).fetchall()
    assert f"{len(trained)} trainings" in told
    assert f" to {2 ** max(dict(trained).values()):.2f} at candidate" in told
    for number, *measured in finals:
        speedup, low, high = (f"{value:.2f}" for value in measured)
        assert f"candidate {number} {speedup} [{low}, {high}]" in told


def test_validations_are_marked(tmp_path: Path) -> None:
    """Of candidates of this run, also where the interval excludes nothing."""
    folder = record(tmp_path / "run")
    ours, other = two_rules("run")
    endless = replace(other, origin="candidate 0 of run run")
    validate(folder, "late", outcome((ours, endless)))
    with StoreReader.open(folder) as store:
        section = read_page(course_section(gather(store, NOTHING_ADDED)).body)
    told = text_of(next(section.iter("desc")))
    assert "validation 1: candidate 1 1.20 [1.15, 1.25], candidate 0 1.01 [0.00, ∞]." in told
    assert "validation 1" in [text_of(one) for one in section.iter("text")]
