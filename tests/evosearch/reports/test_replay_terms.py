"""How near losses must come that are made again, and what differs."""

from __future__ import annotations

from dataclasses import replace

from evosearch.reports.replay_terms import NOT_RECORDED, TOLERANCE, Terms, terms
from evosearch.search.circumstances import Circumstances

HERE = Circumstances("1", "2.13.0", "2", "cpu", "some processor", "AVX512", {"a": "1", "b": "2"})


def test_the_same_circumstances_ask_for_every_bit() -> None:
    """Nothing differs then."""
    assert terms([HERE], HERE) == Terms(0.0)


def test_another_version_is_named_and_a_tolerance_applies() -> None:
    """Also where only a part of the run was made with it."""
    older = replace(HERE, torch="2.12.0")
    expected = Terms(TOLERANCE, ("torch 2.12.0 there, 2.13.0 here",))
    assert terms([older], HERE) == expected
    assert terms([HERE, older], HERE) == expected


def test_a_task_that_changed_is_named_and_the_others_stay_exact() -> None:
    """Its digest says so."""
    then = replace(HERE, tasks={"a": "0", "b": "2"})
    differs = ("task a 0 there, 1 here: cannot be compared",)
    assert terms([then], HERE) == Terms(0.0, differs, frozenset({"a"}))


def test_what_was_not_recorded_is_said() -> None:
    """As of runs from before it was kept."""
    assert terms([], HERE) == Terms(TOLERANCE, (NOT_RECORDED,))
