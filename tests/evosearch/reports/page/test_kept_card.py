"""The card of a run's best rule is made once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evosearch import known_rule
from evosearch.card.card import quick_card
from evosearch.errors import EvosearchError
from evosearch.export.notation.provenance import Reference
from evosearch.reports.page import kept_card as module
from evosearch.reports.page.kept_card import kept_parts, made_parts, parts_of
from tests.support.sampling import sampled

LION = Reference(known_rule("lion"), "lion", "known rule lion")
SIGNUM = Reference(known_rule("signum"), "signum", "known rule signum")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The rules that a full card was asked of, which is a quick one here."""
    names: list[str] = []

    def full(program: Any, *_: object) -> Any:
        names.append(program.name)
        return quick_card(program)

    monkeypatch.setattr(module, "full_card", full)
    return names


def test_it_is_made_once_and_then_read(tmp_path: Path, asked: list[str]) -> None:
    """Of another rule it is made anew."""
    assert kept_parts(tmp_path, LION) == []
    first = made_parts(tmp_path, LION, lambda _: None)
    assert made_parts(tmp_path, LION, lambda _: None) == first == kept_parts(tmp_path, LION)
    assert asked == ["lion"]
    assert kept_parts(tmp_path, SIGNUM) == []
    assert made_parts(tmp_path, SIGNUM, lambda _: None) != first
    assert asked == ["lion", "signum"]


def test_its_parts_are_the_cards_sections() -> None:
    """Title, facts, and both sentences: what it means and what was measured."""
    card = quick_card(known_rule("sgd"))
    titles = [title for title, _, _ in parts_of(card)]
    assert titles == [section.title for section in card.sections]
    _, facts, sentence = parts_of(card)[1]
    assert facts[0] == (
        card.sections[1].facts[0].label,
        "equivariant: c times as large",
    )
    assert card.sections[1].meaning in sentence
    assert card.sections[1].measured in sentence


@pytest.mark.slow
def test_a_rule_that_cannot_train_has_a_card_without_trainings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page is written all the same, and says so meanwhile."""

    def fails(*_: object) -> Any:
        raise EvosearchError("all losses are infinite")

    monkeypatch.setattr(module, "full_card", fails)
    told: list[str] = []
    parts = made_parts(tmp_path, LION, told.append)
    assert [title for title, _, _ in parts] == [
        section.title for section in quick_card(known_rule("lion")).sections
    ]
    assert told[-1] == "without trainings: all losses are infinite"


@pytest.mark.parametrize("text", sampled(["", "[]", "{}", '{"digest": 1, "card": 2}'], 4))
def test_a_damaged_file_is_as_none(tmp_path: Path, asked: list[str], text: str) -> None:
    """It is made again."""
    path = tmp_path / "report" / "card.json"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    assert kept_parts(tmp_path, LION) == []
    assert made_parts(tmp_path, LION, lambda _: None)
    assert asked == ["lion"]
