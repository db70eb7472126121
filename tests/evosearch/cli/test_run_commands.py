"""What `status` and `replay` tell of a run."""

from __future__ import annotations

import json
from pathlib import Path

from evosearch.search.schema import HAS_RESULT
from evosearch.search.store_reader import StoreReader
from tests.support.commands import Outcome, Run, read, refused
from tests.support.recorded_run import RECORDED


def test_a_run_without_results_has_no_best(run: Run, fresh: Path) -> None:
    """Before the first training there is nothing to show, and the other commands say so."""
    message = refused(run("show", f"{fresh}#best"))
    assert message == f"{fresh} has no trained candidate yet; `evosearch resume {fresh}`"
    assert run("top", fresh) == Outcome(0, f"{fresh}: nothing trained yet\n", "")
    assert json.loads(run("top", fresh, "--json").out) == []
    assert run("replay", fresh) == Outcome(0, f"{fresh}: nothing trained yet\n", "")
    assert json.loads(run("replay", fresh, "--json").out) == []


def test_status_as_json(run: Run, recorded: Path) -> None:
    """Counts per stage; the rejections of each gate add up with the rest."""
    record = read(run("status", recorded, "--json"))
    keys = {"generated", "rejected", "cached", "trained", "retuned", "stopped_at_hurdle"}
    assert set(record) == keys | {"replica_steps", "wanted", "state"}
    assert (record["retuned"], record["replica_steps"]) == (0, 2400)
    assert record["trained"] == 2
    assert record["state"] == "done"
    assert record["wanted"] == RECORDED.evaluations
    parts = sum(record["rejected"].values()) + record["cached"] + record["trained"]
    assert parts == record["generated"]


def test_replay_of_a_tuned_run_agrees(run: Run, finished: StoreReader) -> None:
    """Each training at its own rate and constants, of each round; to the last bit here."""
    results = read(run("replay", finished.folder, "--all", "--json"))
    trained = finished.candidates(HAS_RESULT)
    assert [one["candidate"] for one in results] != [one.id for one in trained]  # by class
    assert sorted(one["candidate"] for one in results) == [
        one.id for one in trained if finished.evaluations(one.id)
    ]
    assert all(one["agrees"] and one["identical"] == one["runs"] for one in results)
    few = run("replay", finished.folder, "-n", "1")
    assert few.status == 0
    assert few.out.endswith("trainings made again: all agree\n")
