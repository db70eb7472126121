"""Qualifications on record: those that ship, and those measured here."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from evosearch.scoring.qualification_records import (
    from_record,
    load,
    recorded,
    save,
    to_record,
)
from proxies import SUITES, TASKS
from tests.support.qualifications import made
from tests.support.tiny_task import TINY


def test_what_is_kept_is_what_was_measured(tmp_path: Path) -> None:
    """To the last bit, for the task as it is now; the folder is made."""
    qualification = replace(made(), task="tiny", digest=TINY.digest(), losses=(1 / 3, 0.1 + 0.2))
    save(tmp_path / "new", TINY, qualification)
    assert load(tmp_path / "new", TINY) == qualification
    assert load(tmp_path / "new", replace(TINY, steps=17)) is None
    assert load(tmp_path / "empty", TINY) is None


def test_what_was_measured_here_comes_before_what_ships(tmp_path: Path) -> None:
    """A damaged file does not: then the record that ships is taken."""
    task = TASKS["logistic"]
    shipped = load(tmp_path, task)
    assert shipped is not None
    own = replace(shipped, replica_step_seconds=123.0)
    save(tmp_path, task, own)
    assert load(tmp_path, task) == own
    (file,) = tmp_path.iterdir()
    file.write_bytes(b"{")
    assert load(tmp_path, task) == shipped


def test_tuned_constants_are_kept(tmp_path: Path) -> None:
    """And AdamW at its default constants, and the budget, here and in what ships."""
    plain = made()
    points = tuple(replace(p, constants=(0.5, 1 / 3, 1e-9)) for p in plain.points)
    tuned = replace(plain, digest=TINY.digest(), points=points, default=plain.points[2], budget=288)
    save(tmp_path, TINY, tuned)
    assert load(tmp_path, TINY) == tuned
    shipped = from_record(json.loads(json.dumps(to_record(tuned))))
    assert shipped is not None
    assert shipped.points[0].constants == (0.5, 0.333333, 1e-9)
    assert shipped.default is not None
    assert shipped.default.constants == (0.9, 0.999, 1e-8)
    assert shipped.budget == 288


def test_records_of_before_constants_were_tuned_are_of_adamws_defaults() -> None:
    """They say so by a budget of 0; there is nothing to put beside them."""
    record = json.loads(json.dumps(to_record(made())))
    del record["budget"], record["default"]
    for point in record["points"]:
        del point["constants"]
    old = from_record(record)
    assert old is not None
    assert {point.constants for point in old.points} == {(0.9, 0.999, 1e-8)}
    assert (old.budget, old.default) == (0, None)
    assert old.verdict == "qualified"


@pytest.mark.parametrize("record", [None, [], {}, {"points": []}, {"points": [{"steps": 4}]}])
def test_damaged_records_are_none(record: object) -> None:
    """They are measured again."""
    assert from_record(record) is None


def test_records_are_rounded_and_read_back() -> None:
    """What ships with the package has six digits."""
    qualification = replace(made(), losses=(1.23456789, 1.2, 1.3, 1.4))
    record = json.loads(json.dumps(to_record(qualification)))
    assert record["losses"][0] == 1.23457
    again = from_record(record)
    assert again is not None
    assert again.losses == (1.23457, 1.2, 1.3, 1.4)
    assert again.resolution == pytest.approx(qualification.resolution, rel=1e-4)


def test_tasks_of_the_suites_qualify_on_record(tmp_path: Path) -> None:
    """What the package says of its tasks is of the tasks as they are; none that failed, or was not
    measured in full, is in a suite.
    """
    assert set(recorded()) <= set(TASKS)
    for names in SUITES.values():
        for name in names:
            qualification = load(tmp_path, TASKS[name])
            assert qualification is not None, f"{name} changed; measure it again"
            assert qualification.steps == TASKS[name].steps
            assert qualification.verdict == "qualified", name
