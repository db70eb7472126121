"""How far values can be moved: a rule whose loss is known to depend on one of them alone."""

import json
from dataclasses import replace

import pytest

from evosearch import parse
from evosearch.export.notation.provenance import Reference
from evosearch.scoring.sensitivity import Sensitivity
from evosearch.scoring.setting import Setting
from evosearch.validation import moving as module
from evosearch.validation.contestants import Contestant
from evosearch.validation.moving import from_record, moved, to_record
from tests.support.tiny_task import TINY

RULE = parse("def f(g, m, *, beta=0.9, idle=1e-9): m = lerp(g, m, beta); return m + idle, m")
"""`idle` moves nothing to speak of."""


def test_a_constant_without_effect_can_be_moved_as_far_as_is_tried() -> None:
    """The rate cannot: four times a good one is too far."""
    entry = Contestant(Reference(RULE, "f", ""), False).entry(TINY)
    best = Setting(0.15, entry.family.defaults)
    ranges = {one.name: one for one in moved(TINY, 24, entry, best)}
    assert set(ranges) == {"rate", *entry.family.names}
    idle = ranges["idle"]
    assert (idle.below, idle.above) == (pytest.approx(4, rel=1e-3), pytest.approx(4, rel=1e-3))
    assert idle.open_below
    assert idle.open_above
    assert not ranges["rate"].open_above
    assert 1 <= ranges["rate"].above < 4
    assert from_record(json.loads(json.dumps(to_record(tuple(ranges.values()))))) == tuple(
        ranges.values()
    )


def test_a_decay_rate_is_told_by_its_distance_from_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """From 0.9 down to 0.8 the distance is doubled; that is what it can be multiplied by."""
    given = (
        Sensitivity("rate", 0.1, 0.025, 0.1, True, False),
        Sensitivity("beta", 0.9, 0.8, 0.9, True, False),
    )
    monkeypatch.setattr(module, "sensitivities", lambda *_: given)
    text = "def f(g, m, *, beta=0.9): m = lerp(g, m, beta); return m, m"
    entry = Contestant(Reference(parse(text), "f", ""), False).entry(
        replace(TINY, weight_decay=0.0)
    )
    rate, beta = moved(TINY, 8, entry, Setting(0.1, (0.9,)))
    assert (rate.below, rate.above, rate.open_below) == (pytest.approx(4), pytest.approx(1), True)
    assert (beta.below, beta.above) == (pytest.approx(1), pytest.approx(2))
    assert (beta.open_below, beta.open_above) == (False, True)
