"""Making stored trainings again."""

from __future__ import annotations

from pathlib import Path

import pytest

from evosearch.reports.replay import Replayed, replay, to_replay
from evosearch.search.schema import HAS_RESULT
from evosearch.search.store_reader import StoreReader
from tests.support.small_search import copy_database


def test_replay_agrees_to_the_last_bit_and_notices_a_changed_loss(
    finished: StoreReader, tmp_path: Path
) -> None:
    """A stored loss that is off by one part in ten thousand does not pass."""
    (again, *_) = finished.candidates("outcome = 'retuned'")
    results = list(replay(finished, [0, 1, again.id]))
    assert [result.candidate for result in results] == [0, 1, again.id]
    assert all(result.identical == result.runs > 0 for result in results)
    assert len({e.constants for e in finished.evaluations(again.id)}) > 1
    change = "UPDATE evaluations SET loss = loss * 1.0001 WHERE candidate = 1 AND seed = 0"
    with StoreReader.open(copy_database(finished, tmp_path, change)) as copy:
        tampered = {r.candidate: r.agrees for r in replay(copy, [0, 1])}
    assert tampered == {0: True, 1: False}


def test_what_is_replayed_are_all_rounds_of_the_best_and_of_the_start(
    finished: StoreReader,
) -> None:
    """By class, the start rule before the best; without a limit, all that was trained."""
    for limit in (1, 4):
        best = [one.id for one in finished.trained(limit)]
        chosen = list(dict.fromkeys([0, *best]))
        numbers = to_replay(finished, limit)
        classes = [finished.candidate(number).representative for number in numbers]
        assert list(dict.fromkeys(classes)) == chosen
        rounds = finished.candidates(HAS_RESULT)
        assert len(numbers) == sum(one.representative in chosen for one in rounds)
    everything = [one.id for one in finished.candidates(HAS_RESULT)]
    assert sorted(to_replay(finished, -1)) == everything


@pytest.mark.parametrize(
    ("deviation", "agrees"), [(0.0, True), (1e-6, True), (1.1e-6, False), (float("inf"), False)]
)
def test_losses_agree_to_one_in_a_million(deviation: float, agrees: bool) -> None:
    """Relative; a training that diverged only once does not agree."""
    assert Replayed(1, "task", 2, 1, deviation).agrees == agrees
