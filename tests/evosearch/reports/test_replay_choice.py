"""Choosing what of a run is trained again."""

from __future__ import annotations

import pytest

from evosearch.errors import EvosearchError
from evosearch.reports.replay_choice import everything, of_program, of_the_best, sample
from evosearch.search.schema import BASELINE_ID, HAS_RESULT
from evosearch.search.store_reader import StoreReader


def test_the_best_and_the_start_in_all_their_rounds(finished: StoreReader) -> None:
    """By class, the start rule before the best."""
    for limit in (1, 4):
        best = [one.id for one in finished.trained(limit)]
        numbers = of_the_best(finished, limit)
        classes = [finished.candidate(number).representative for number in numbers]
        assert list(dict.fromkeys(classes)) == list(dict.fromkeys([0, *best]))
        rounds = finished.candidates(HAS_RESULT)
        assert len(numbers) == sum(one.representative in classes for one in rounds)


def test_everything_is_all_that_was_trained_and_the_baseline(finished: StoreReader) -> None:
    """Each once."""
    trained = [one.id for one in finished.candidates(HAS_RESULT)]
    assert sorted(everything(finished)) == [BASELINE_ID, *trained]


def test_a_program_stands_for_its_class(finished: StoreReader) -> None:
    """A further round names the same trainings as the first candidate; `best` is the finals'."""
    (again, *_) = finished.candidates("outcome = 'retuned'")
    numbers = of_program(finished, str(again.representative))
    assert {again.id, again.representative} <= set(numbers)
    assert of_program(finished, str(again.id)) == numbers
    best = finished.finalists("report")[0][0]
    assert of_program(finished, "best")[0] == best


def test_what_was_never_trained_is_refused(finished: StoreReader) -> None:
    """With the gate that rejected it; a number that does not exist, and what is none."""
    (rejected, *_) = finished.candidates("gate IS NOT NULL")
    with pytest.raises(EvosearchError, match=rf"never trained \(gate '{rejected.gate}' rejected"):
        of_program(finished, str(rejected.id))
    with pytest.raises(EvosearchError, match="has no candidate 99999"):
        of_program(finished, "99999")
    with pytest.raises(EvosearchError, match="expected a candidate's number or #best"):
        of_program(finished, "first")


def test_a_sample_is_the_same_twice_and_grows(finished: StoreReader) -> None:
    """None stands in it twice, none that a race stopped whole, and it is not simply the first."""
    trained = [one.id for one in finished.candidates(HAS_RESULT) if finished.evaluations(one.id)]
    assert len(trained) < len(finished.candidates(HAS_RESULT))
    drawn = sample(finished, 5)
    assert drawn == sample(finished, 5)
    assert drawn == sample(finished, 9)[:5]
    assert len(set(drawn)) == 5
    assert sorted(sample(finished, 10_000)) == trained
    assert sample(finished, 10_000) != trained
