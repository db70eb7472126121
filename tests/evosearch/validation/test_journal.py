"""What was measured outlives the process that measured it."""

from pathlib import Path
from typing import Any

from evosearch.validation.journal import Journal, address
from proxies import Engine
from tests.support.tiny_task import TINY, TINY_TOO

ONE, TWO = ("lion", "tiny", 1), ("lion", "tiny", 2)


def journal(*paths: Path) -> Journal[float]:
    return Journal(*paths, write=lambda value: {"value": value}, read=_value)


def _value(record: Any) -> float:
    return float(record["value"])


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    """By its address and nothing else."""
    path = tmp_path / "new" / "x.jsonl"
    first = journal(path)
    first.add(ONE, 0.25)
    for known in (first, journal(path)):
        assert (known.find(ONE), known.find(TWO)) == (0.25, None)


def test_a_line_that_a_kill_cut_short_is_passed_over(tmp_path: Path) -> None:
    """What comes after it is on a line of its own."""
    path = tmp_path / "x.jsonl"
    journal(path).add(ONE, 0.25)
    path.write_text(path.read_text(encoding="utf-8") + '{"address": ["lio', encoding="utf-8")
    journal(path).add(TWO, 0.5)
    again = journal(path)
    assert (again.find(ONE), again.find(TWO)) == (0.25, 0.5)


def test_a_byte_that_is_no_letter_spoils_one_line(tmp_path: Path) -> None:
    """As a failing disk leaves it; the others are read."""
    path = tmp_path / "x.jsonl"
    journal(path).add(ONE, 0.25)
    path.write_bytes(path.read_bytes() + b'{"address": \xff}\n')
    journal(path).add(TWO, 0.5)
    again = journal(path)
    assert (again.find(ONE), again.find(TWO)) == (0.25, 0.5)


def test_what_is_shared_is_found_by_others_and_copied(tmp_path: Path) -> None:
    """So that the first file has all that its validation used."""
    shared = tmp_path / "shared.jsonl"
    first = journal(tmp_path / "a.jsonl", shared)
    first.add(ONE, 0.25, shared=True)
    first.add(TWO, 0.5)
    other = journal(tmp_path / "b.jsonl", shared)
    assert (other.find(ONE), other.find(TWO)) == (0.25, None)
    assert journal(tmp_path / "b.jsonl").find(ONE) == 0.25
    assert len(shared.read_text(encoding="utf-8").splitlines()) == 1


def test_without_files_it_is_kept_in_memory() -> None:
    """It is found all the same."""
    memory = journal()
    memory.add(ONE, 0.25)
    assert memory.find(ONE) == 0.25


def test_an_address_changes_with_all_that_a_trial_depends_on() -> None:
    """Rule, task, steps, budget, number, seed, device."""
    addresses = [
        address("a", TINY, 16, 8, 0, 0, Engine()),
        address("b", TINY, 16, 8, 0, 0, Engine()),
        address("a", TINY_TOO, 16, 8, 0, 0, Engine()),
        address("a", TINY, 32, 8, 0, 0, Engine()),
        address("a", TINY, 16, 9, 0, 0, Engine()),
        address("a", TINY, 16, 8, 1, 0, Engine()),
        address("a", TINY, 16, 8, 0, 1, Engine()),
        address("a", TINY, 16, 8, 0, 0, Engine(device="cuda")),
    ]
    assert len(set(addresses)) == len(addresses)
