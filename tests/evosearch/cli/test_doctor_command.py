"""The command that looks at the machine."""

from __future__ import annotations

import json

import pytest

from evosearch.cli import doctor_command
from evosearch.doctor.finding import ILL, NOTE, WELL, Finding
from tests.support.commands import Run

FINE, ODD = Finding("one", WELL, "as it should"), Finding("two", NOTE, "odd", "look at it")
BROKEN = Finding("three", ILL, "gone", "bring it back")


@pytest.mark.parametrize("ill", [False, True])
def test_what_is_found_is_told_line_by_line(
    ill: bool, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With advice below; the status says whether something will fail."""
    found = [FINE, ODD, *([BROKEN] if ill else [])]
    monkeypatch.setattr(doctor_command, "_EXAMINATIONS", [lambda one=one: one for one in found])
    told = run("doctor")
    assert told.status == ill
    assert told.out.splitlines()[:3] == [
        "ok     one: as it should",
        "note   two: odd",
        "       look at it",
    ]
    record = run("doctor", "--json")
    assert record.status == ill
    assert json.loads(record.out)[1] == {
        "about": "two",
        "state": "note",
        "told": "odd",
        "advice": "look at it",
    }


@pytest.mark.ray
def test_this_machine_is_well(run: Run) -> None:
    """For the tests compile models and start workers on it."""
    assert run("doctor").status == 0
