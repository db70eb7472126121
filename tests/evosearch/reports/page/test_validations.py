"""Reading a run's validations."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from evosearch.reports.page.validations import Validations, candidate_of, read_validations
from evosearch.validation.openings import Opening
from tests.support.made_outcome import open_final, outcome, two_rules, validate


def test_validations_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    """With the openings; baselines are no rules."""
    for name in ("second", "first"):
        validate(tmp_path, name, outcome(two_rules("run")))
    open_final(tmp_path, 1, 2)
    known = read_validations(tmp_path)
    assert [one.name for one in known.every] == ["first", "second"]
    assert [rule.name for rule in known.every[0].rules] == ["rule_1", "other"]
    assert known.openings[1] == Opening(2, "question-2", "final", ("rule_1", "other"), "2026-11-02")
    assert known.unread == ()
    assert known.every[0].chose(["digits_wide", "spirals"]) == ["digits_wide"]


def test_what_cannot_be_read_is_named_and_hides_nothing(tmp_path: Path) -> None:
    """Neither another validation, nor the openings."""
    validate(tmp_path, "good", outcome(two_rules("run")))
    for name, text in (("cut", '{"suite"'), ("empty", "{}"), ("list", "[]")):
        (tmp_path / "validation" / name).mkdir()
        (tmp_path / "validation" / name / "outcome.json").write_text(text)
    (tmp_path / "validation" / "openings.jsonl").write_text("no JSON\n")
    known = read_validations(tmp_path)
    assert [one.name for one in known.every] == ["good"]
    named = [sentence.split(" cannot be read")[0] for sentence in known.unread]
    assert named == [
        "validation/cut/outcome.json",
        "validation/empty/outcome.json",
        "validation/list/outcome.json",
        "validation/openings.jsonl",
    ]
    assert read_validations(tmp_path / "nowhere") == Validations()


def test_a_candidate_of_the_run_is_known_by_its_origin() -> None:
    """As the reference `RUN#ID` words it, whatever the folder was called then."""
    ours, other = two_rules("first")
    assert candidate_of(ours) == 1
    assert candidate_of(other) is None
    assert candidate_of(replace(ours, origin="candidate 3 of run a b")) == 3
    assert candidate_of(replace(ours, origin="candidate 3 of run ")) == 3
