"""What `replay` tells, and its exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evosearch.search.schema import HAS_RESULT
from evosearch.search.store_reader import StoreReader
from tests.support.commands import Outcome, Run, refused
from tests.support.evolving import TASK
from tests.support.small_search import copy_database


def test_a_run_without_results_has_nothing_to_replay(run: Run, fresh: Path) -> None:
    """That is no disagreement."""
    assert run("replay", fresh) == Outcome(0, f"{fresh}: nothing trained yet\n", "")
    assert json.loads(run("replay", fresh, "--json").out) == []


def test_replay_of_a_whole_run_is_equal_to_the_last_bit(run: Run, finished: StoreReader) -> None:
    """Each training at its own rate and constants, of each round, the finals among them."""
    outcome = run("replay", finished.folder, "--all", "--json")
    assert outcome.status == 0
    results = json.loads(outcome.out)
    assert {one["stage"] for one in results} == {"search", "ranking", "report"}
    trained = {one.id for one in finished.candidates(HAS_RESULT) if finished.evaluations(one.id)}
    assert {one["candidate"] for one in results if one["stage"] == "search"} == trained
    for one in results:
        assert (one["agrees"], one["identical"], one["tolerance"]) == (True, one["runs"], 0.0)
        assert one["differs"] == []
    assert "left out: what races stopped" in outcome.err
    assert f"replay: {len(results)}/{len(results)}" in outcome.err


@pytest.mark.slow
def test_a_tampered_loss_is_found(run: Run, finished: StoreReader, tmp_path: Path) -> None:
    """With exit status 1; of the same run, what was not touched agrees."""
    change = "UPDATE evaluations SET loss = loss * 1.0001 WHERE candidate = 0"
    copy = copy_database(finished, tmp_path, change)
    status, out, _ = run("replay", f"{copy}#0")
    assert status == 1
    assert "DIFFERS" in out
    assert "trainings made again: some differ" in out
    best = run("replay", copy)
    assert best.status == 0
    assert best.out.endswith("trainings made again: all agree\n")
    assert best.out == run("replay", copy, "--program", "best").out


def test_another_version_is_named(run: Run, finished: StoreReader, tmp_path: Path) -> None:
    """And the tolerance applies, within which a loss that is off by a little agrees."""
    change = (
        "UPDATE meta SET value = json_set(value, '$[0].torch', '1.2.3') WHERE key = 'circumstances'"
    )
    status, out, _ = run("replay", copy_database(finished, tmp_path, change), "--program", "0")
    assert status == 0
    assert "losses agree that differ by 0.01 at most" in out
    assert "torch 1.2.3 there, " in out


def test_a_task_that_changed_cannot_be_compared(
    run: Run, finished: StoreReader, tmp_path: Path
) -> None:
    """Which is not agreement."""
    change = (
        f"UPDATE meta SET value = json_set(value, '$[0].tasks.{TASK}', 'abc') "
        "WHERE key = 'circumstances'"
    )
    status, out, _ = run("replay", copy_database(finished, tmp_path, change), "--sample", "2")
    assert status == 1
    assert f"task {TASK} abc there, " in out
    assert "0 trainings made again" in out
    assert "could not be compared" in out


def test_a_run_of_before_says_that_nothing_was_recorded(
    run: Run, finished: StoreReader, tmp_path: Path
) -> None:
    """It is replayed all the same; a sample is the same twice."""
    change = "DELETE FROM meta WHERE key = 'circumstances'"
    copy = copy_database(finished, tmp_path, change)
    first = run("replay", copy, "--sample", "2")
    assert first.status == 0
    assert "is not recorded" in first.out
    assert run("replay", copy, "--sample", "2").out == first.out


def test_a_rule_that_a_race_stopped_whole_has_no_loss(run: Run, finished: StoreReader) -> None:
    """That is said, and is no disagreement."""
    stopped = next(
        one
        for one in finished.candidates(HAS_RESULT)
        if not finished.evaluations(one.id) and one.representative == one.id
    )
    expected = f"{finished.folder}: a race stopped all trainings of it\n"
    assert run("replay", f"{finished.folder}#{stopped.id}") == Outcome(0, expected, "")


@pytest.mark.slow
def test_on_ray_the_result_is_the_same(run: Run, finished: StoreReader) -> None:
    """The workers' circumstances are those that made the run, and so is each loss."""
    inline = run("replay", finished.folder, "--sample", "3")
    parallel = run("replay", finished.folder, "--sample", "3", "--workers", "1")
    assert (parallel.status, parallel.out) == (0, inline.out)


@pytest.mark.parametrize(
    "options", [("--all", "--sample", "2"), ("--program", "0", "-n", "1"), ("-n", "1", "--all")]
)
def test_one_choice_at_a_time(run: Run, finished: StoreReader, options: tuple[str, ...]) -> None:
    """Anything else is wrong usage."""
    assert "expected one of RUN#ID" in refused(run("replay", finished.folder, *options))
