"""Making stored trainings again."""

from __future__ import annotations

from pathlib import Path

import pytest

from evosearch.reports.replay import Replayed, halted, jobs, replay
from evosearch.reports.replay_choice import everything
from evosearch.reports.replay_terms import Terms
from evosearch.search.schema import DATABASE
from evosearch.search.store_reader import StoreReader
from evosearch.search.work import Inline
from tests.support.evolving import TASK
from tests.support.small_search import copy_database


def test_replay_agrees_to_the_last_bit_and_notices_a_changed_loss(
    finished: StoreReader, tmp_path: Path
) -> None:
    """A stored loss that is off by one part in a million million does not pass."""
    (again, *_) = finished.candidates("outcome = 'retuned'")
    listed = jobs(finished, [0, 1, again.id])
    results = list(replay(finished, listed, Terms(0.0), Inline()))
    assert {result.candidate for result in results} == {0, 1, again.id}
    assert all(result.identical == result.runs > 0 and result.agrees for result in results)
    change = "UPDATE evaluations SET loss = loss * (1 + 1e-12) WHERE candidate = 1"
    with StoreReader.open(copy_database(finished, tmp_path, change)) as copy:
        for tolerance, agrees in ((0.0, False), (1e-6, True)):
            (one, *_) = replay(copy, jobs(copy, [1]), Terms(tolerance), Inline())
            assert one.agrees == agrees
            assert one.identical == 0


def test_nothing_is_trained_on_a_task_that_changed(finished: StoreReader) -> None:
    """So nothing agrees, and nothing is said of a deviation."""
    terms = Terms(0.0, changed=frozenset({TASK}))
    for one in replay(finished, jobs(finished, [0]), terms, Inline()):
        assert (one.identical, one.deviation, one.agrees) == (0, None, False)


def test_every_stored_loss_is_among_the_jobs(finished: StoreReader) -> None:
    """Of search and finals, the baseline's too; what races stopped is counted."""
    listed = jobs(finished, everything(finished))
    (stored,) = finished._db.execute("SELECT COUNT(*) FROM evaluations").fetchone()
    assert sum(len(job.stored) for job in listed) == stored, DATABASE
    assert all(job.left_out >= 0 for job in listed)
    (none_ended,) = finished._db.execute(
        "SELECT COUNT(*) FROM settings AS s WHERE NOT EXISTS (SELECT 1 FROM evaluations AS e "
        "WHERE (e.candidate, e.stage, e.task) = (s.candidate, s.stage, s.task))"
    ).fetchone()
    assert halted(finished, everything(finished)) == none_ended


@pytest.mark.parametrize(
    ("deviation", "tolerance", "agrees"),
    [
        *((0.0, 0.0, True), (1e-16, 0.0, False), (0.01, 0.01, True), (0.011, 0.01, False)),
        *((float("inf"), 0.01, False), (None, 0.01, False)),
    ],
)
def test_losses_agree_within_the_tolerance(
    deviation: float | None, tolerance: float, agrees: bool
) -> None:
    """Relative; a training that diverged only once does not agree, nor what was not compared."""
    assert Replayed(1, "search", "task", 2, 1, deviation, tolerance, 0).agrees == agrees
