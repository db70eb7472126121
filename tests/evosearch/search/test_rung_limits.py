"""The limits at rungs: a quantile of what recent candidates had there."""

from __future__ import annotations

import numpy as np

from evosearch.search.rung_limits import RecentRungs

INF = float("inf")


def test_limits_are_a_quantile_of_recent_losses() -> None:
    """There is none until twenty candidates reached the rung."""
    rungs = RecentRungs(["digit_images"], 0.25)
    losses = np.random.default_rng(0).random(40)
    for number, loss in enumerate(losses):
        assert number >= 20 or rungs.limits() == {"digit_images": (INF, INF)}
        rungs.record({"digit_images": (loss, 10 * loss) if number % 2 else (loss,)})
    first, second = rungs.limits()["digit_images"]
    assert first == np.sort(losses)[9]  # the tenth of forty
    assert second == 10 * np.sort(losses[1::2])[4]


def test_the_whole_quantile_limits_nobody() -> None:
    """At 1 no training is ever stopped."""
    rungs = RecentRungs(["a"], 1.0)
    for _ in range(50):
        rungs.record({"a": (1.0, 1.0)})
    assert rungs.limits() == {"a": (INF, INF)}


def test_only_the_last_two_hundred_count_and_tasks_are_apart() -> None:
    """The search moves on, and its limits with it."""
    rungs = RecentRungs(["a", "b"], 0.5)
    for number in range(300):
        rungs.record({"a": (float(number), 0.0)})
    assert rungs.limits()["a"][0] == 199.0  # the lower median of 100 … 299
    assert rungs.limits()["b"] == (INF, INF)
