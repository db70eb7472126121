"""What is kept of trainings is there again, and nothing else is."""

from __future__ import annotations

import json
from math import inf
from pathlib import Path

from evosearch.card.journal import Journal, Journals


def test_losses_are_there_again(tmp_path: Path) -> None:
    """By task, rate and seeds; a loss that is infinite stays so."""
    path = tmp_path / "deep" / "rule.jsonl"
    Journal(path).add("task", (0, 1), {0.1: (0.5, inf), 1 / 3: (0.25, 0.125)})
    again = Journal(path)
    assert again.find("task", 0.1, (0, 1)) == (0.5, inf)
    assert again.find("task", 1 / 3, range(2)) == (0.25, 0.125)
    assert again.find("task", 0.1, (0, 2)) is None
    assert again.find("task", 0.2, (0, 1)) is None
    assert again.find("other", 0.1, (0, 1)) is None
    for line in path.read_text(encoding="utf-8").splitlines():
        json.loads(line, parse_constant=lambda name: AssertionError(name))


def test_a_line_cut_short_is_trained_again(tmp_path: Path) -> None:
    """And what is added begins a line of its own."""
    path = tmp_path / "rule.jsonl"
    Journal(path).add("task", (0,), {0.1: (0.5,), 0.2: (0.25,)})
    text = path.read_text(encoding="utf-8")
    path.write_text(text[:-10], encoding="utf-8")
    cut = Journal(path)
    assert cut.find("task", 0.1, (0,)) == (0.5,)
    assert cut.find("task", 0.2, (0,)) is None
    cut.add("task", (0,), {0.2: (0.125,)})
    assert Journal(path).find("task", 0.2, (0,)) == (0.125,)


def test_a_byte_that_is_no_letter_spoils_one_line(tmp_path: Path) -> None:
    """As a failing disk leaves it; the others are read."""
    path = tmp_path / "rule.jsonl"
    Journal(path).add("task", (0,), {0.1: (0.5,)})
    path.write_bytes(b"\xff\n" + path.read_bytes())
    assert Journal(path).find("task", 0.1, (0,)) == (0.5,)


def test_what_another_torch_measured_does_not_count(tmp_path: Path) -> None:
    """Its losses may differ."""
    path = tmp_path / "rule.jsonl"
    Journal(path).add("task", (0,), {0.1: (0.5,)})
    record = json.loads(path.read_text(encoding="utf-8"))
    record["version"][1] = "1.0.0"
    path.write_text(json.dumps(record) + "\n", encoding="utf-8")
    assert Journal(path).find("task", 0.1, (0,)) is None


def test_each_rule_has_a_file(tmp_path: Path) -> None:
    """What AdamW did serves the next card; without a folder nothing is written."""
    journals = Journals(tmp_path)
    journals.of("a").add("task", (0,), {0.1: (0.5,)})
    assert journals.of("a") is journals.of("a")
    assert journals.of("b").find("task", 0.1, (0,)) is None
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]
    assert Journals(tmp_path).of("a").find("task", 0.1, (0,)) == (0.5,)
    memory = Journals()
    memory.of("a").add("task", (0,), {0.1: (0.5,)})
    assert memory.of("a").find("task", 0.1, (0,)) == (0.5,)
