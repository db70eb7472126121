"""Estimates from the last minutes how fast work goes, and when it will be done."""

from __future__ import annotations

from collections import deque

WINDOW = 600.0
"""The seconds that a rate is taken over, once so many have passed."""
_LEAST_SECONDS, _LEAST_STEPS = 20.0, 3
"""What must have been seen before anything is said: the first piece of work is rarely like others,
and three that took a second each say little of the thousandth."""
_KEPT = 60
"""About so many points are kept of a window, however often work is noted."""


class Pace:
    """Is told how much work is done, and how long it took.

    Times are in seconds, by any clock that does not go back. The first point begins the
    measurement; what was done before it does not count.
    """

    def __init__(self, window: float = WINDOW) -> None:
        self._window = window
        self._points: deque[tuple[float, float]] = deque()
        self._latest = (0.0, 0.0)
        self._steps = 0

    def note(self, now: float, done: float) -> None:
        """Notes that so much is done in all."""
        if not self._points:
            self._points.append((now, done))
        elif done != self._latest[1]:
            self._steps += 1
        self._latest = now, done
        if now - self._points[-1][0] >= self._window / _KEPT:
            self._points.append(self._latest)
        # One point older than the window stays, or a pause would leave nothing to compare with.
        while len(self._points) > 1 and now - self._points[1][0] >= self._window:
            self._points.popleft()

    @property
    def rate(self) -> float | None:
        """Gives the work done in a second; None where there was none, or too little was seen."""
        if not self._points or self._steps < _LEAST_STEPS:
            return None
        (began, before), (now, done) = self._points[0], self._latest
        if now - began < _LEAST_SECONDS or done <= before:
            return None
        return (done - before) / (now - began)

    def left(self, total: float, now: float) -> float | None:
        """Gives the seconds until `total` is done, if it goes on so; None where it is not known."""
        rate = self.rate
        if rate is None:
            return None
        at, done = self._latest
        return max((total - done) / rate - (now - at), 0.0)


class LimitedPace:
    """Is the pace of a search, which ends at whichever of two limits comes first.

    They are how much is to be done, and how much may be spent on it; a limit of 0 is none.
    """

    def __init__(self, most: float, most_spent: float = 0) -> None:
        self.most, self.most_spent = most, most_spent
        self._doing, self._spending = Pace(), Pace()

    def note(self, now: float, done: float, spent: float = 0) -> None:
        """Notes that so much is done and spent in all."""
        self._doing.note(now, done)
        self._spending.note(now, spent)

    @property
    def rate(self) -> float | None:
        """Gives what is done in a second; None where too little was seen."""
        return self._doing.rate

    def left(self, now: float) -> float | None:
        """Gives the seconds until a limit is reached; None where it is not known."""
        limits = ((self._doing, self.most), (self._spending, self.most_spent))
        times = [pace.left(limit, now) for pace, limit in limits if limit]
        return min((time for time in times if time is not None), default=None)


def duration(seconds: float) -> str:
    """Writes a time in its two largest units, and no more exactly than an estimate is.

    >>> [duration(s) for s in (8, 47, 100, 5000, 200000)]
    ['10 s', '50 s', '2 min', '1 h 23 min', '2 d 8 h']
    """
    if seconds < 55:
        return f"{10 * max(round(seconds / 10), 1)} s"
    minutes = max(round(seconds / 60), 1)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    hours = round(minutes / 60)
    return f"{hours // 24} d {hours % 24} h"


def per_time(rate: float) -> str:
    """Writes how much is done in an hour or, where it is fast, in a minute; `rate` is in a second.

    >>> per_time(0.5), per_time(0.001)
    ('30/min', '3.6/h')
    """
    each, unit = (60 * rate, "min") if rate > 1 / 6 else (3600 * rate, "h")
    return f"{each:.0f}/{unit}" if each >= 10 else f"{each:.1f}/{unit}"
