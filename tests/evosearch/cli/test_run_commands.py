"""What `status` tells of a run."""

from __future__ import annotations

import json
from pathlib import Path

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
    assert set(record) == keys | {"replica_steps", "wanted", "state", "funnel", "best"}
    assert (record["retuned"], record["replica_steps"]) == (0, 2400)
    assert record["trained"] == 2
    assert record["state"] == "done"
    assert record["wanted"] == RECORDED.evaluations
    parts = sum(record["rejected"].values()) + record["cached"] + record["trained"]
    assert parts == record["generated"]


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
