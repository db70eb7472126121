"""Stages in words; their counts on a real search are in search/test_checks.py."""

from __future__ import annotations

from evosearch.reports.funnel import StageCounts, funnel, lines, record
from evosearch.search.store_reader import StoreReader


def test_a_stage_is_told_in_a_phrase() -> None:
    """What is not known is said to be, and lots where there were any."""
    known = StageCounts("micro", 120, 70, 4, 0.625, 0.6)
    assert known.told() == "120 came, 70 went on and 4 by lot; foresight 0.62, now 60% go on"
    unknown = StageCounts("search", 12, 1, 0, None, 0.125)
    assert unknown.told() == "12 came, 1 went on; foresight not known yet, now 12% of all go on"
    last = StageCounts("select", 5, 0, 0, None, None)
    assert last.told() == "5 measured, rank correlation with the search's score not known yet"


def test_a_search_without_other_tasks_has_one_stage(finished: StoreReader) -> None:
    """Its first rounds, of which some were tuned further; the best were measured in the end."""
    (stage,) = funnel(finished)
    assert stage.stage == "search"
    assert stage.came == len(finished.candidates("outcome = 'trained'"))
    again = finished.candidates("outcome = 'retuned' AND round = 1")
    assert stage.passed + stage.by_lot == len(again) > 0
    measured = record(finished)["measured"]
    assert all(one["select"] is None for one in measured)
    assert len(measured) == finished.config.finalists
    assert "select" not in " ".join(lines(finished))
    assert lines(finished)[-1].endswith("tuned again")
