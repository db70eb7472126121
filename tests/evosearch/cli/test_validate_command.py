"""What `validate` tells, and with which exit status."""

import json
from pathlib import Path

import pytest

from evosearch.validation import validate as module
from evosearch.validation.price import Price
from tests.support.commands import Outcome, Run, refused
from tests.support.user_files import task_text

ASTRAY = "def astray(g):\n    return 1 / g\n"


@pytest.fixture(autouse=True)
def _files(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that trains in no time, and a rule that hardly learns."""
    assert run  # in whose folder the files are
    monkeypatch.setattr(module, "price", lambda _: Price(8.0, 1.5))
    (tmp_path / "mine.py").write_text(task_text(1.0), encoding="utf-8")
    (tmp_path / "astray.py").write_text(ASTRAY, encoding="utf-8")


def validated(run: Run, *arguments: str) -> Outcome:
    fixed = ("--task", "mine.py:MINE", "--budget", "12", "--seeds", "7", "--baselines", "momentum")
    return run("validate", *fixed, *arguments)


def test_verdicts_come_first_and_then_the_tables(run: Run) -> None:
    """A rule in a sentence, against AdamW and against the best baseline."""
    status, out, err = validated(run, "adamw", "astray.py", "--no-sensitivity")
    assert status == 0
    first, second, *_ = out.splitlines()
    assert first.startswith("adamw: not distinguishable from tuned AdamW, ")
    assert second.startswith("astray: worse than tuned AdamW, ")
    assert "worse than the best baseline, " in second
    assert "over all tasks, the tasks' own steps" in out
    assert "mine, 40 steps" in out
    assert "room" not in out
    assert "hold for all 2 rules at once" in out
    assert "trial 1: 1/1, mine, 40 steps" in err
    assert Path(out.splitlines()[-1].removeprefix("Kept in "), "outcome.json").is_file()


def test_json_is_for_machines(run: Run) -> None:
    """Per rule and task: speed-up, interval, verdict; the same when asked again."""
    outcome = validated(run, "astray.py", "--horizon", "0.5,1", "--json")
    assert outcome.status == 0
    record = json.loads(outcome.out)
    (rule,) = record["rules"]
    assert rule["name"] == "astray"
    assert rule["verdict"] == "worse"
    low, high = rule["interval"]
    assert low < rule["speedup"] < high < 1
    assert [(task["task"], task["horizon"]) for task in rule["tasks"]] == [
        ("mine", 0.5),
        ("mine", 1),
    ]
    names = [*rule["tasks"][0]["constants"], "weight_decay"]
    for task in rule["tasks"]:
        assert {"speedup", "interval", "verdict", "rank", "loss", "diverged"} <= set(task)
    assert [one["name"] for one in task["sensitivity"]] == ["rate", *names]
    assert {"slope", "shrinks_with_horizon", "horizons"} <= set(rule)
    assert [one["name"] for one in record["baselines"]] == ["adamw", "momentum"]
    again = validated(run, "astray.py", "--horizon", "1,0.5", "--json")
    assert json.loads(again.out) == record
    assert "trial" not in again.err


def test_what_cannot_be_compared_is_told_in_a_line(run: Run) -> None:
    """With exit status 2."""
    for arguments, message in (
        (["lion", "lion"], "lion and lion are the same program; give it once"),
        (["lionn"], "did you mean"),
        (["lion", "--horizon", "1,x"], "expected numbers parted by commas, such as 1,8, got '1,x'"),
        (["lion", "--horizon", "0"], "expected positive numbers, got '0'"),
        (["lion", "--seeds", "1"], "1 is not in the range x>=2"),
        ([], "Missing argument 'PROGRAM...'"),
    ):
        assert message in refused(run("validate", *arguments))
