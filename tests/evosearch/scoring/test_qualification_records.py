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
