"""What was measured of a task's foresight comes back from its record, and only for that task."""

from dataclasses import replace

import pytest

from evosearch.scoring import foresight_records
from evosearch.scoring.foresight import Agreement
from evosearch.scoring.foresight_records import ENOUGH, Foresight, foresight, to_record
from evosearch.scoring.inclusion import Inclusion
from tests.support.tiny_task import TINY

HOLDS, FAILS = Inclusion("adam", "rmsprop", 0.1, 0.2), Inclusion("momentum", "sgd", 0.3, 0.2)
KNOWN = Foresight(TINY.steps, 20, Agreement(0.75, 0.5, 0.9), (HOLDS,), {"select": 0.5})


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    records = {TINY.name: to_record(TINY, KNOWN)}
    monkeypatch.setattr(foresight_records, "_records", lambda: records)


@pytest.mark.usefixtures("recorded")
def test_a_record_comes_back() -> None:
    assert foresight(TINY) == KNOWN


@pytest.mark.usefixtures("recorded")
def test_a_changed_task_is_not_measured_yet() -> None:
    """Other steps are another task: its order of rules is another."""
    assert foresight(replace(TINY, steps=TINY.steps + 1)) is None
    assert foresight(replace(TINY, name="other")) is None


def test_faults_name_the_figure_and_the_rule() -> None:
    """A task without faults has enough foresight, and all inclusions hold."""
    assert KNOWN.faults == ()
    poor = replace(KNOWN, ahead=Agreement(0.4, 0.1, 0.6), inclusions=(HOLDS, FAILS))
    low, worse = poor.faults
    assert "0.40" in low
    assert f"{ENOUGH:g}" in low
    assert "momentum is 0.3 worse than sgd" in worse


def test_a_task_not_trained_for_longer_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    near = replace(KNOWN, ahead=None)
    monkeypatch.setattr(foresight_records, "_records", lambda: {TINY.name: to_record(TINY, near)})
    assert foresight(TINY) == near
    assert near.faults == ("foresight at 8 times the steps not measured",)
