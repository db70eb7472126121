"""The card as a whole: which sections it has, and that it is the same each time."""

from __future__ import annotations

import json
from typing import Any

import pytest

from evosearch import known_rule, lower, parse
from evosearch.card import card as module
from evosearch.card.card import full_card, quick_card
from evosearch.card.journal import Journals
from evosearch.card.sweeps import Means
from evosearch.graph.digest import digest
from tests.support import small_family
from tests.support.sampling import sampled
from tests.support.tiny_task import TINY, TINY_TOO

UNTRAINED = ["kinship", "gradient_scale", "sign_symmetry", "zero_gradients", "bfloat16", "cost"]
TRAINED = ["update_sizes", "constants", "advice", "transfer"]


def without_times(record: dict[str, Any]) -> dict[str, Any]:
    return {**record, "sections": [one for one in record["sections"] if one["key"] != "cost"]}


def test_a_quick_card_trains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what it left out; any program has one."""
    monkeypatch.setattr(module, "sweep", None)
    card = quick_card(known_rule("lion"))
    assert [section.key for section in card.sections] == UNTRAINED
    assert list(card.left_out) == TRAINED
    assert card.digest == digest(lower(known_rule("lion"), bind=True))
    record = json.loads(json.dumps(card.record(), allow_nan=False))
    assert set(record) == {"program", "digest", "sections", "left_out"}
    assert without_times(quick_card(known_rule("lion")).record()) == without_times(card.record())


@pytest.mark.parametrize(
    "text",
    sampled(
        [
            "def f(g): return 0 * g",
            "def f(g): return 1 / g",
            "def f(g): return 1.0",
            "def f(g, m):\n  m = 2 * m + g\n  return m, m",
            "def f(g): return exp(exp(exp(square(1000 * g))))",
            "def f(w, g, lr, t): return w * lr / t",
        ],
        3,
    ),
)
def test_odd_programs_have_cards_too(text: str) -> None:
    """What is zero, infinite or grows is told, and no number is missing for it in JSON."""
    card = quick_card(parse(text))
    assert [section.key for section in card.sections] == UNTRAINED
    json.dumps(card.record(), allow_nan=False)
    assert all(section.meaning for section in card.sections)


def test_a_full_card_has_all_sections(monkeypatch: pytest.MonkeyPatch) -> None:
    """On tiny tasks and a family of four; the same again, and other at another seed."""
    small_family.install(monkeypatch)
    lines: list[str] = []
    means = Means(Journals(), tell=lines.append)
    card = full_card(known_rule("lion"), [TINY, TINY_TOO], means)
    assert [section.key for section in card.sections] == UNTRAINED + TRAINED
    assert card.left_out == ()
    assert lines[:2] == ["learning rates on tiny: lion", "learning rates on tiny: adamw"]
    record = json.loads(json.dumps(card.record(), allow_nan=False))
    numbers = {section["key"]: section["numbers"] for section in record["sections"]}
    assert [one["task"] for one in numbers["advice"]["losses"]] == ["tiny", "tiny_too"]
    assert numbers["update_sizes"]["own"]["whole"] == 1.0
    assert numbers["bfloat16"]["recorded"] is not None
    again = full_card(known_rule("lion"), [TINY, TINY_TOO], Means(Journals()))
    assert without_times(again.record()) == without_times(card.record())
    other = full_card(known_rule("lion"), [TINY, TINY_TOO], Means(Journals()), seed=1)
    assert without_times(other.record()) != without_times(card.record())


def test_adamw_beside_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """All ratios are one, for both are trained alike."""
    small_family.install(monkeypatch)
    card = full_card(known_rule("adamw"), [TINY], Means())
    values = {section.key: section.values for section in card.sections}
    advice = values["advice"]
    assert (advice.rate_ratio, advice.rate_low, advice.rate_high) == pytest.approx((1, 1, 1))
    assert (advice.decay_ratio, advice.product_ratio) == pytest.approx((1, 1))
    assert values["transfer"].own == values["transfer"].adamw
