"""Trials outlive the process that carried them out."""

from pathlib import Path

from evosearch import parse
from evosearch.ablation.journal import Journal, journal_name
from evosearch.ablation.trials import Trial
from evosearch.scoring.setting import Setting

ONE = Trial({"a": 0.125, "b": -1.0}, {"a": Setting(2.0, (0.9, 1e-8)), "b": Setting(1.0, ())})
TWO = Trial({"a": float("-inf")}, {"a": Setting(1.0, ())}, given_up=True)


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    """By variant and number, and nothing else."""
    path = tmp_path / "new" / "x.jsonl"
    journal = Journal(path)
    journal.add("v", 0, ONE)
    journal.add("v", 1, TWO)
    for known in (journal, Journal(path)):
        assert known.find("v", 0) == ONE
        assert known.find("v", 1) == TWO
        assert known.find("v", 2) is None
        assert known.find("w", 0) is None


def test_a_line_that_a_kill_cut_short_is_passed_over(tmp_path: Path) -> None:
    """What comes after it is on a line of its own."""
    path = tmp_path / "x.jsonl"
    Journal(path).add("v", 0, ONE)
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole + whole[: len(whole) // 2], encoding="utf-8")
    Journal(path).add("v", 1, TWO)
    again = Journal(path)
    assert (again.find("v", 0), again.find("v", 1)) == (ONE, TWO)


def test_without_a_path_nothing_is_written(tmp_path: Path) -> None:
    """It is kept in memory."""
    journal = Journal()
    journal.add("v", 0, ONE)
    assert journal.find("v", 0) == ONE
    assert list(tmp_path.iterdir()) == []


def test_the_name_changes_with_all_that_trials_depend_on() -> None:
    """The rule, its constants, the tasks, the budget, the seed, the device."""
    rule = parse("def f(g, m): m = lerp(g, m, 0.9); return m, m")
    other = parse("def f(g, m): m = lerp(g, m, 0.8); return m, m")
    names = [
        journal_name(rule, ["a"], 48, 0),
        journal_name(other, ["a"], 48, 0),
        journal_name(rule, ["a", "b"], 48, 0),
        journal_name(rule, ["a"], 24, 0),
        journal_name(rule, ["a"], 48, 1),
        journal_name(rule, ["a"], 48, 0, "cuda:1"),
        journal_name(rule, ["a"], 48, 0, code="abc"),
    ]
    assert len(set(names)) == len(names)
    assert all(name.startswith("f-") for name in names)
