"""The rate of work and the time that is left, by arithmetic on times that were made up."""

from __future__ import annotations

import pytest

from evosearch.progress.pace import LimitedPace, Pace, duration, per_time


def told(*points: tuple[float, float], window: float = 600.0) -> Pace:
    """A pace that was told of (time, done)."""
    pace = Pace(window)
    for now, done in points:
        pace.note(now, done)
    return pace


def test_a_steady_pace() -> None:
    """Two a second, of which 100 are to do after 40."""
    pace = told(*((float(t), 2 * t) for t in range(21)))
    assert pace.rate == 2.0
    assert pace.left(100, now=20.0) == 30.0


def test_time_passes_between_pieces_of_work() -> None:
    """What is left is counted from the last one on, and never below zero."""
    pace = told(*((float(t), t) for t in range(0, 31, 10)))
    assert pace.left(50, now=30.0) == 20.0
    assert pace.left(50, now=35.0) == 15.0
    assert pace.left(50, now=1000.0) == 0.0


@pytest.mark.parametrize(
    "points",
    [
        [],
        [(0.0, 0.0)],
        [(0.0, 0.0), (500.0, 100.0)],  # one piece
        [(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (19.0, 3.0)],  # too short
        [(0.0, 0.0), (30.0, 0.0), (60.0, 0.0), (90.0, 0.0), (120.0, 0.0)],  # nothing done
    ],
)
def test_nothing_is_said_of_too_little(points: list[tuple[float, float]]) -> None:
    """Three pieces of work in twenty seconds are the least."""
    pace = told(*points)
    assert pace.rate is None
    assert pace.left(10, now=1000.0) is None


def test_what_was_done_before_does_not_count() -> None:
    """A search that goes on at 1000 has not done these in no time."""
    pace = told((0.0, 1000.0), (10.0, 1010.0), (20.0, 1020.0), (30.0, 1030.0))
    assert pace.rate == 1.0


def test_the_pace_is_that_of_the_last_minutes() -> None:
    """An hour at one a second, then ten minutes at a quarter: the hour is forgotten."""
    pace = Pace(window=600.0)
    for t in range(3600):
        pace.note(float(t), t)
    for t in range(0, 660, 4):
        pace.note(3600.0 + t, 3600 + t / 4)
    rate = pace.rate
    assert rate is not None
    assert rate == pytest.approx(0.25, rel=0.05)
    # However often it was told, little is kept.
    assert len(pace._points) < 100


@pytest.mark.parametrize(
    ("most", "most_spent", "left"),
    [(100, 0, 70.0), (100, 400, 10.0), (100, 10000, 70.0), (0, 500, 20.0), (0, 0, None)],
)
def test_the_limit_that_comes_first(most: int, most_spent: int, left: float | None) -> None:
    """One is done in a second, and ten are spent on it."""
    pace = LimitedPace(most, most_spent)
    for t in range(31):
        pace.note(float(t), t, 10 * t)
    assert pace.rate == 1.0
    assert pace.left(now=30.0) == left


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "10 s"),
        (34.0, "30 s"),
        (59.0, "1 min"),
        (89.0, "1 min"),
        (3570.0, "1 h 0 min"),
        (3600.0 * 23 + 1800, "23 h 30 min"),
        (3600.0 * 24 * 3, "3 d 0 h"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    """In units that people use, no unit above its limit."""
    assert duration(seconds) == text


def test_rates_have_a_fitting_unit() -> None:
    """So that there are digits to read."""
    assert per_time(1.0) == "60/min"
    assert per_time(1 / 60) == "60/h"
    assert per_time(0.4 / 3600) == "0.4/h"
