"""Yardsticks as files: kept to the last bit, and measured again where they cannot be read."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from evosearch import known_rule, lower
from evosearch.scoring import yardstick_cache
from evosearch.scoring.yardstick import OWN_SEEDS, Point, Yardstick
from evosearch.scoring.yardstick_cache import (
    cache_path,
    find,
    points_from_records,
    recorded,
    save,
    torch_version,
)
from evosearch.screening.family import Family
from evosearch.search.config_values import make_config
from evosearch.search.presets import PRESETS
from proxies import TASKS
from tests.support.tiny_task import TINY
from tests.support.yardsticks import curve

MEASURED = curve((1.0, 0.8, 0.6, 0.4, 0.2), "tiny", 16, budget=96)
SHIPPED = replace(MEASURED, default=replace(MEASURED.default, rate=0.7))


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The tiny task is among those whose yardsticks ship with the package."""
    record = asdict(SHIPPED) | {"digest": TINY.digest(), "losses": [1.0, 1.0]}
    records = {TINY.name: json.loads(json.dumps(record))}
    monkeypatch.setattr(yardstick_cache, "_records", lambda: records)
    return


def test_yardstick_is_saved_and_loaded(tmp_path: Path) -> None:
    """What is loaded equals what was saved, to the last bit; nothing else is left in the folder."""
    points = tuple(
        Point(n, 0.1 / 3, (1 / n, 2 / 3), (1 / 3, 0.1 + 0.2, 1e-8)) for n in (4, 8, 16, 32, 64)
    )
    measured = Yardstick("tiny", 16, points, replace(points[2], losses=(0.1 / 7,)), 96)
    folder = tmp_path / "new" / "folder"
    diverged = replace(points[0], losses=(math.inf, 0.1 + 0.2))
    for yardstick in (measured, replace(measured, points=(diverged, *points[1:]))):
        save(folder, TINY, yardstick)
        assert find(folder, TINY, 96) == yardstick
    assert list(folder.iterdir()) == [cache_path(folder, TINY)]


@pytest.mark.usefixtures("shipped")
def test_what_was_measured_here_comes_before_what_ships(tmp_path: Path) -> None:
    """The record that ships serves where there is no file, or one that cannot be read."""
    assert find(tmp_path, TINY, 96) == SHIPPED
    save(tmp_path, TINY, MEASURED)
    assert find(tmp_path, TINY, 96) == MEASURED
    cache_path(tmp_path, TINY).write_bytes(b"{")
    assert find(tmp_path, TINY, 96) == SHIPPED


@pytest.mark.usefixtures("shipped")
def test_a_yardstick_of_too_small_a_budget_is_passed_over(tmp_path: Path) -> None:
    """A candidate that is tuned with more than AdamW would look better than it is."""
    save(tmp_path, TINY, replace(MEASURED, budget=95))
    assert find(tmp_path, TINY, 95) == replace(MEASURED, budget=95)
    assert find(tmp_path, TINY, 96) == SHIPPED
    assert find(tmp_path, TINY, 97) is None
    save(tmp_path, TINY, replace(MEASURED, budget=98))
    assert find(tmp_path, TINY, 97) == replace(MEASURED, budget=98)


@pytest.mark.usefixtures("shipped")
def test_a_changed_task_is_not_on_record(tmp_path: Path) -> None:
    """Neither here nor in the package."""
    save(tmp_path, TINY, MEASURED)
    assert recorded(TINY) == SHIPPED
    assert recorded(replace(TINY, steps=17)) is None
    assert find(tmp_path, replace(TINY, steps=17), 1) is None


def test_what_ships_can_be_read() -> None:
    """The quick search's yardsticks are among them, with losses for every pairing."""
    for task in make_config(dict(PRESETS["quick"]), "test").training_tasks:
        yardstick = recorded(task)
        assert yardstick is not None
        assert (yardstick.task, yardstick.steps) == (task.name, task.steps)
        assert len(yardstick.baseline_losses) == len(yardstick.default.losses) == OWN_SEEDS


@pytest.mark.usefixtures("shipped")
def test_a_qualification_of_fewer_horizons_is_no_yardstick(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nor is one in which AdamW kept its default constants."""
    (record,) = yardstick_cache._records().values()
    for change in ({"points": record["points"][:4]}, {"budget": 0}):
        monkeypatch.setattr(yardstick_cache, "_records", lambda c=change: {TINY.name: record | c})
        assert recorded(TINY) is None


RECORD: dict[str, Any] = json.loads(json.dumps(asdict(MEASURED)))
POINT: dict[str, Any] = RECORD["points"][0]


def test_record_below_is_valid(tmp_path: Path) -> None:
    """The record that the next test damages can be read."""
    cache_path(tmp_path, TINY).write_text(json.dumps(RECORD))
    assert find(tmp_path, TINY, 1) == MEASURED


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        json.dumps(RECORD)[:-7].encode(),
        *(
            json.dumps(RECORD | change).encode()
            for change in (
                {"steps": "many"},
                {"budget": None},
                {"default": None},
                {"points": 5},
                {"points": []},
                {"points": [POINT] * 4},
                {"points": ["a"] * 5},
                {"points": [{"steps": 4, "rate": 0.1}] * 5},
                {"points": [POINT | {"rate": None}] * 5},
                {"points": [POINT | {"losses": ["x"]}] * 5},
                {"points": [POINT | {"constants": [0.9]}] * 5},
            )
        ),
        json.dumps({key: RECORD[key] for key in ("task", "steps", "points")}).encode(),
    ],
)
def test_damaged_cache_file_is_no_yardstick(content: bytes, tmp_path: Path) -> None:
    """A file that cannot be read as a yardstick gives None, so that it is measured again."""
    cache_path(tmp_path, TINY).write_bytes(content)
    assert find(tmp_path, TINY, 1) is None


def test_missing_cache_file_is_no_yardstick(tmp_path: Path) -> None:
    """A file that is not there, or is a folder, gives None."""
    assert find(tmp_path, TINY, 1) is None
    assert find(tmp_path / "none", TINY, 1) is None
    cache_path(tmp_path, TINY).mkdir()
    assert find(tmp_path, TINY, 1) is None


def test_points_of_before_constants_were_tuned_have_adamws_own() -> None:
    """As the known rule has them."""
    old = [{"steps": 4, "rate": 0.1, "losses": [1.0, 1.5]}, POINT]
    first, second = points_from_records(old)
    adamw = Family(lower(known_rule("adamw")))
    assert adamw.names == ("beta1", "beta2", "eps")
    assert (
        first
        == Point(4, 0.1, (1.0, 1.5), adamw.defaults)
        == Point(4, 0.1, (1.0, 1.5), (0.9, 0.999, 1e-8))
    )
    assert second == MEASURED.points[0]


def test_cache_names_tell_tasks_apart() -> None:
    """A task that changes gets another cache file."""
    tasks = [*TASKS.values(), TINY, replace(TINY, steps=17), replace(TINY, weight_decay=0.5)]
    assert len({cache_path(Path(), task) for task in tasks}) == len(tasks)


def test_the_name_tells_the_version_of_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its build: the same version gives the same losses."""
    monkeypatch.setattr("torch.__version__", "2.99.1+cu130")
    assert torch_version() == "2.99.1"
    assert "-torch2.99.1-" in cache_path(Path(), TINY).name
