"""Speed-ups paired by seed, with Student's interval."""

import math
from statistics import mean, stdev

import pytest

from evosearch.scoring.statistics import measure_speedup
from tests.support.yardsticks import straight

T_975 = {1: 12.706204736432095, 3: 3.182446305284263, 7: 2.364624251592785}
"""Student's t from printed tables: the 97.5% point by degrees of freedom."""

FIRST, SECOND = straight(3, 0.5, "first"), straight(3, 0.1, "second")


def losses_after(doublings: list[float], slope: float) -> dict[int, float]:
    """Seed to the loss that AdamW has after so many doublings of the task's steps."""
    return {2000 + n: 3 - slope * d for n, d in enumerate(doublings)}


@pytest.mark.parametrize("count", [2, 4, 8])
def test_interval_is_students(count: int) -> None:
    """Mean and standard error of the logarithms, times the tabulated t of n - 1."""
    logs = [0.31, 0.22, 0.4, 0.18, 0.35, 0.27, -0.05, 0.5][:count]
    still = losses_after([0.0] * count, 0.5)
    measured = measure_speedup([FIRST], {"first": losses_after(logs, 0.5)}, {"first": still})
    reach = T_975[count - 1] * stdev(logs) / math.sqrt(count)
    assert math.log2(measured.speedup) == pytest.approx(mean(logs), rel=1e-6)
    assert math.log2(measured.low) == pytest.approx(mean(logs) - reach, rel=1e-6)
    assert math.log2(measured.high) == pytest.approx(mean(logs) + reach, rel=1e-6)


def test_tasks_are_averaged_before_the_interval() -> None:
    """The interval is of the mean over tasks, seed by seed; each task's own speed-up is told."""
    first, second = [0.5, 0.1, 0.3, 0.2], [-0.3, 0.2, 0.1, 0.3]
    still = [0.0] * 4
    measured = measure_speedup(
        [FIRST, SECOND],
        {"first": losses_after(first, 0.5), "second": losses_after(second, 0.1)},
        {"first": losses_after(still, 0.5), "second": losses_after(still, 0.1)},
    )
    per_seed = [(a + b) / 2 for a, b in zip(first, second, strict=True)]
    reach = T_975[3] * stdev(per_seed) / 2
    assert math.log2(measured.speedup) == pytest.approx(mean(per_seed), rel=1e-6)
    assert math.log2(measured.low) == pytest.approx(mean(per_seed) - reach, rel=1e-6)
    assert math.log2(measured.high) == pytest.approx(mean(per_seed) + reach, rel=1e-6)
    assert measured.per_task == pytest.approx(
        {"first": 2 ** mean(first), "second": 2 ** mean(second)}, rel=1e-6
    )


def test_pairing_removes_what_seeds_have_in_common() -> None:
    """A rule that needs 1/1.25 of AdamW's steps on every seed has no interval, however much the
    seeds differ.
    """
    luck = [0.5, -0.7, 1.1, 0.0]
    faster = [x + math.log2(1.25) for x in luck]
    measured = measure_speedup(
        [FIRST], {"first": losses_after(faster, 0.5)}, {"first": losses_after(luck, 0.5)}
    )
    assert [measured.speedup, measured.low, measured.high] == pytest.approx([1.25] * 3, rel=1e-6)


def test_baseline_against_itself_is_exactly_one() -> None:
    """A rule with AdamW's losses has speed-up 1 and an interval of no width."""
    losses = {"first": losses_after([0.5, -0.7, 1.1], 0.5)}
    measured = measure_speedup([FIRST], losses, losses)
    assert (measured.speedup, measured.low, measured.high) == (1.0, 1.0, 1.0)
    assert measured.per_task == {"first": 1.0}


def test_diverged_rule_is_slow_and_not_an_error() -> None:
    """Infinite losses give the lowest speed-up."""
    still = losses_after([0.0] * 4, 0.5)
    measured = measure_speedup([FIRST], {"first": dict.fromkeys(still, math.inf)}, {"first": still})
    assert measured.speedup == pytest.approx(1 / 16, rel=1e-6)
