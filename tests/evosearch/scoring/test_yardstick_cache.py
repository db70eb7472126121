"""Yardsticks as files: kept to the last bit, and measured again where they cannot be read."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from evosearch.scoring.yardstick import Point, Yardstick
from evosearch.scoring.yardstick_cache import cache_path, load, save, torch_version
from proxies import TASKS
from tests.support.tiny_task import TINY


def test_yardstick_is_saved_and_loaded(tmp_path: Path) -> None:
    """What is loaded equals what was saved, to the last bit; nothing else is left in the folder."""
    points = tuple(Point(n, 0.1 / 3, (1 / n, 2 / 3)) for n in (4, 8, 16, 32, 64))
    measured = Yardstick("tiny", 16, points)
    path = cache_path(tmp_path / "new" / "folder", TINY)
    diverged = replace(points[0], losses=(math.inf, 0.1 + 0.2))
    for yardstick in (measured, replace(measured, points=(diverged, *points[1:]))):
        save(path, yardstick)
        assert load(path) == yardstick
    assert list(path.parent.iterdir()) == [path]


POINT = {"steps": 4, "rate": 0.1, "losses": [1.0]}


VALID = {"task": "t", "steps": 4, "points": [POINT] * 5}


def test_record_below_is_valid(tmp_path: Path) -> None:
    """The record that the next test damages can be read."""
    path = tmp_path / "yardstick.json"
    path.write_text(json.dumps(VALID))
    assert load(path) == Yardstick("t", 4, (Point(4, 0.1, (1.0,)),) * 5)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        json.dumps(VALID)[:-7].encode(),
        json.dumps(VALID | {"steps": "many"}).encode(),
        json.dumps(VALID | {"points": 5}).encode(),
        json.dumps(VALID | {"points": []}).encode(),
        json.dumps(VALID | {"points": [POINT] * 4}).encode(),
        json.dumps(VALID | {"points": ["a"] * 5}).encode(),
        json.dumps(VALID | {"points": [{"steps": 4, "rate": 0.1}] * 5}).encode(),
        json.dumps(VALID | {"points": [{"steps": 4, "rate": None, "losses": [1.0]}] * 5}).encode(),
        json.dumps(VALID | {"points": [{"steps": 4, "rate": 0.1, "losses": ["x"]}] * 5}).encode(),
    ],
)
def test_damaged_cache_file_is_no_yardstick(content: bytes, tmp_path: Path) -> None:
    """A file that cannot be read as a yardstick gives None, so that it is measured again."""
    path = tmp_path / "yardstick.json"
    path.write_bytes(content)
    assert load(path) is None


def test_missing_cache_file_is_no_yardstick(tmp_path: Path) -> None:
    """A file that is not there, or is a folder, gives None."""
    assert load(tmp_path / "none.json") is None
    assert load(tmp_path) is None


def test_cache_names_tell_tasks_apart() -> None:
    """A task that changes gets another cache file."""
    tasks = [*TASKS.values(), TINY, replace(TINY, steps=17), replace(TINY, weight_decay=0.5)]
    assert len({cache_path(Path(), task) for task in tasks}) == len(tasks)


def test_the_name_tells_the_version_of_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its build: the same version gives the same losses."""
    monkeypatch.setattr("torch.__version__", "2.99.1+cu130")
    assert torch_version() == "2.99.1"
    assert "-torch2.99.1-" in cache_path(Path(), TINY).name
