"""What `status` and `top` tell of a run."""

from __future__ import annotations

import json
from pathlib import Path

from evosearch.language.parser import parse
from tests.support.commands import Outcome, Run, read, refused
from tests.support.recorded_run import RECORDED


def test_a_run_without_results_has_no_best(run: Run, fresh: Path) -> None:
    """Before the first training there is nothing to show, and the other commands say so."""
    message = refused(run("show", f"{fresh}#best"))
    assert message == f"{fresh} has no trained candidate yet; `evosearch resume {fresh}`"
    assert run("top", fresh) == Outcome(0, f"{fresh}: nothing trained yet\n", "")
    assert json.loads(run("top", fresh, "--json").out) == []


def test_top_as_json(run: Run, recorded: Path) -> None:
    """Best first, with the score on fresh seeds and its interval where there is one."""
    best, start = read(run("top", recorded, "--json"))
    keys = {"id", "score", "interval", "search_score", "statements", "slots", "text"}
    keys.add("recognised")
    assert set(best) == set(start) == keys
    assert (best["score"], best["interval"], best["search_score"]) == (1.5, [1.25, 1.75], 2.0)
    assert (start["id"], start["score"], start["interval"]) == (0, 1.0, None)
    assert parse(best["text"]).name == f"rule_{best['id']}"
    assert read(run("top", recorded, "--json", "-n", "1")) == [best]
    # The start rule is a moving average, which is momentum.
    assert (start["recognised"]["rule"], start["recognised"]["relation"]) == (
        "momentum",
        "identical",
    )


def test_top_says_which_rule_each_is(run: Run, recorded: Path) -> None:
    """In a comment above its text."""
    assert "# This is identical to momentum, times 0.1." in run("top", recorded).out


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
