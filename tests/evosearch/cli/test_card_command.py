"""The command that makes a card: its forms, its files, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evosearch.card import sweeps
from evosearch.cli import card_command
from tests.support import small_family
from tests.support.commands import Run, read, refused
from tests.support.user_files import task_text


def test_a_quick_card_in_all_forms(run: Run, tmp_path: Path) -> None:
    """Text, JSON with the same facts, and a page that is not overwritten."""
    outcome = run("card", "lion", "--quick", "--out", "card.md")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.startswith("Card of known rule lion\n")
    page = (tmp_path / "card.md").read_text(encoding="utf-8")
    record = read(run("card", "lion", "--quick", "--json"))
    assert record["left_out"] == ["update_sizes", "constants", "advice", "transfer"]
    for section in record["sections"]:
        assert section["title"] in outcome.out
        assert f"## {section['title']}" in page
    assert refused(run("card", "sgd", "--quick", "--out", "card.md")).startswith("card.md: exists")
    assert run("card", "sgd", "--quick", "--out", "card.md", "--force").status == 0
    assert "known rule sgd" in (tmp_path / "card.md").read_text(encoding="utf-8")
    assert not (tmp_path / "runs").exists()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A task that trains in no time, and a family of four."""
    (tmp_path / "mine.py").write_text(task_text(1.0), encoding="utf-8")
    small_family.install(monkeypatch)


@pytest.mark.usefixtures("small")
def test_a_whole_card_tells_its_progress_and_keeps_its_losses(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """On stderr; the same command again trains for ranges and recordings alone."""
    arguments = ("card", "sgd", "--task", "mine.py:MINE", "--budget", "5")
    outcome = run(*arguments)
    assert outcome.status == 0
    assert outcome.err.splitlines()[0] == "learning rates on mine: sgd"
    assert "transfer of adamw: 4/4, width 64, batches of 64" in outcome.err
    assert "Learning rate and weight decay" in outcome.out
    assert len(list((tmp_path / "runs" / "card").glob("*.jsonl"))) == 2  # of the rule, of AdamW
    monkeypatch.setattr(sweeps, "carry_out", None)
    second = run(*arguments, "--json")
    assert second.status == 0
    again = json.loads(second.out)
    assert again["left_out"] == []
    assert [section["key"] for section in again["sections"]][-1] == "transfer"


@pytest.mark.usefixtures("small")
def test_an_interrupt_says_that_it_goes_on(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the status of a program that was interrupted."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(card_command, "model_card", interrupted)
    outcome = run("card", "sgd", "--task", "mine.py:MINE")
    assert outcome.status == 130
    assert "the same command goes on" in outcome.err


def test_what_has_no_card_is_refused(run: Run, tmp_path: Path) -> None:
    """In one line, with what to do."""
    (tmp_path / "up.py").write_text("def up(g):\n    return -g\n", encoding="utf-8")
    message = refused(run("card", "up.py"))
    assert message.startswith("up cannot be trained: ")
    assert "--quick" in message
    assert refused(run("card", "lion", "--task", "chess")).startswith("no task named 'chess'")
    assert "without --task" in refused(run("card", "lion", "--quick", "--task", "spirals"))
    assert "--budget" in refused(run("card", "lion", "--budget", "2"))
    assert refused(run("card", "nosuchrule")).startswith("no known rule named 'nosuchrule'")
    assert run("card", "up.py", "--quick").status == 0
