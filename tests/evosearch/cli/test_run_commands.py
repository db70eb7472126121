"""What `status` tells of a run."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from evosearch.progress.kept_pace import KeptPace
from evosearch.search.failures import DIED, REPEATED, FailureLog
from evosearch.search.schema import DATABASE
from evosearch.search.store_writer import StoreWriter
from tests.support.commands import Outcome, Run, read, refused
from tests.support.made_candidates import Made, add, begin
from tests.support.recorded_run import RECORDED


def test_a_run_without_results_has_no_best(run: Run, fresh: Path) -> None:
    """Before the first training there is nothing to show, and the other commands say so."""
    message = refused(run("show", f"{fresh}#best"))
    assert message == f"{fresh} has no trained candidate yet; `evosearch resume {fresh}`"
    assert run("top", fresh) == Outcome(0, f"{fresh}: nothing trained yet\n", "")
    assert json.loads(run("top", fresh, "--json").out) == []


def test_status_as_json(run: Run, recorded: Path) -> None:
    """Counts per stage; the rejections of each gate add up with the rest."""
    record = read(run("status", recorded, "--json"))
    keys = {"generated", "rejected", "cached", "trained", "retuned", "stopped_at_hurdle"}
    keys |= {"given_up", "failures", "funnel", "running", "phase", "seconds_left"}
    assert set(record) == keys | {"replica_steps", "wanted", "state", "best"}
    assert (record["retuned"], record["replica_steps"]) == (0, 2400)
    assert record["trained"] == 2
    assert record["state"] == "done"
    assert record["wanted"] == RECORDED.evaluations
    parts = sum(record["rejected"].values()) + record["cached"] + record["trained"]
    assert parts == record["generated"]


def test_a_run_that_goes_on_is_told_from_one_that_nobody_carries_out(run: Run, fresh: Path) -> None:
    """By who holds its folder; how long it will take is as its driver last said."""
    alone = read(run("status", fresh, "--json"))
    assert (alone["running"], alone["phase"], alone["seconds_left"]) == (False, None, None)
    assert "no process carries it out; `evosearch resume`" in run("status", fresh).out
    with StoreWriter.open(fresh) as store:
        watched = KeptPace(fresh)
        watched.phase("search", 60)
        told = read(run("status", fresh, "--json"))
        assert (told["running"], told["phase"]) == (True, "search: 0/60")
        assert told["seconds_left"] is None
        assert "unfinished, running, search: 0/60\n" in run("status", fresh).out
        assert not store.done
    assert read(run("status", fresh, "--json"))["phase"] is None


def test_the_best_is_that_of_the_fullest_measurement(run: Run, recorded: Path, fresh: Path) -> None:
    """With its interval, as `top` has it; of a run that has only begun there is none."""
    (top, *_) = read(run("top", recorded, "--json", "--no-recognise"))
    best = read(run("status", recorded, "--json"))["best"]
    assert best == {key: top[key] for key in ("id", "score", "interval")}
    assert best["interval"] == [1.25, 1.75]
    assert f"best               #{top['id']}, 1.50 [1.25, 1.75] on" in run("status", recorded).out
    assert read(run("status", fresh, "--json"))["best"] is None
    assert "best               none yet" in run("status", fresh).out


def test_a_best_of_the_search_has_no_interval(run: Run, tmp_path: Path) -> None:
    """And what it is worth is said."""
    folder = begin(tmp_path / "run")
    add(folder, Made(None, 0.0), Made(0, 1.0))
    best = read(run("status", folder, "--json"))["best"]
    assert best == {"id": 1, "score": 2.0, "interval": None}
    told = run("status", folder).out
    assert "best               #1, 2.00 on the seeds that selected it, which is too high" in told


def test_failures_of_workers_are_counted(run: Run, recorded: Path) -> None:
    """In the text those alone that happened."""
    record = read(run("status", recorded, "--json"))
    assert not any(record["failures"].values())
    assert "failures           none" in run("status", recorded).out
    for event in (DIED, REPEATED, REPEATED):
        FailureLog(recorded).note(event, "the work on digit_images")
    record = read(run("status", recorded, "--json"))
    assert record["failures"] == {
        **{"died": 1, "hung": 0, "out_of_memory": 0},
        **{"repeated": 2, "given_up": 0},
    }
    assert "failures           died 1, repeated 2" in run("status", recorded).out


def test_candidates_that_were_given_up_are_named(run: Run, tmp_path: Path) -> None:
    """They are among those that were tuned, and nothing was chosen for them."""
    folder = begin(tmp_path / "run")
    add(folder, Made(None, 0.0), Made(0, 1.0), Made(0, -4.0), Made(0, -4.0))
    assert read(run("status", folder, "--json"))["given_up"] == []
    assert "given up           none" in run("status", folder).out
    with closing(sqlite3.connect(folder / DATABASE)) as database, database:
        database.execute("DELETE FROM settings WHERE candidate > 1")
    assert read(run("status", folder, "--json"))["given_up"] == [2, 3]
    assert "given up           #2, #3" in run("status", folder).out
