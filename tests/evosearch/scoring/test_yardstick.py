"""Reading speed-ups off AdamW's loss curve."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evosearch.scoring.rounds import ROUNDS
from evosearch.scoring.setting import Setting
from evosearch.scoring.trainings import Training, carry_out
from evosearch.scoring.tuner import Tuned, Wish, tune
from evosearch.scoring.yardstick import (
    BUDGET,
    CONSTANTS,
    HORIZONS,
    OWN_SEEDS,
    SEEDS,
    Point,
    Yardstick,
    baseline,
    horizons,
    measure_default,
    measure_point,
    measure_yardstick,
)
from proxies import Engine, Task
from tests.support.tiny_task import TINY
from tests.support.yardsticks import curve, point, straight

TOP, SLOPE = 2.0, 0.25
CURVE = straight(TOP - SLOPE * math.log2(100), SLOPE)


def loss_after(steps: float) -> float:
    """The analytic curve on which the points of `CURVE` lie."""
    return TOP - SLOPE * math.log2(steps)


@pytest.mark.parametrize("steps", [6.25, 10, 25, 33, 50, 70.7, 100, 130, 200, 399, 400])
def test_speedup_inverts_the_curve(steps: float) -> None:
    """The loss that AdamW has after some steps is a speed-up of those steps, between points too."""
    assert CURVE.speedup(loss_after(steps)) == pytest.approx(steps / 100, rel=1e-6)


def test_points_of_any_curve_are_met_exactly() -> None:
    """Where the curve bends, each measured loss still gives its own steps."""
    bent = [3.0, 2.0, 1.8, 1.1, 1.0]
    speedups = [curve(bent).speedup(loss) for loss in bent]
    assert speedups == pytest.approx(HORIZONS, rel=1e-6)
    # Halfway in loss is halfway in the logarithm of the steps.
    assert curve(bent).speedup(2.5) == pytest.approx(2**-1.5, rel=1e-6)
    assert curve(bent).speedup(1.45) == pytest.approx(2**0.5, rel=1e-6)


def test_speedup_is_clipped() -> None:
    """Nothing is told apart under 1/16 or over 4, however bad or good."""
    assert CURVE.speedup(loss_after(3)) == 1 / 16
    assert CURVE.speedup(1e30) == 1 / 16
    assert CURVE.speedup(loss_after(500)) == pytest.approx(4, rel=1e-6)
    assert CURVE.speedup(-1e30) == pytest.approx(4, rel=1e-6)
    assert CURVE.speedup(-1e30) <= 4


@pytest.mark.parametrize("loss", [math.inf, math.nan])
def test_diverged_run_is_the_slowest(loss: float) -> None:
    """A loss that is no number counts as the lowest speed-up."""
    assert CURVE.speedup(loss) == 1 / 16


@given(
    st.lists(st.floats(0.0, 5.0), min_size=5, max_size=5),
    st.lists(st.floats(-1.0, 8.0), min_size=2, max_size=20),
)
def test_lower_loss_is_never_slower(measured: list[float], losses: list[float]) -> None:
    """The speed-up falls with the loss, and stays in its bounds, even where noise bends the curve
    upwards.
    """
    speedups = [curve(measured).speedup(loss) for loss in sorted(losses)]
    assert speedups == sorted(speedups, reverse=True)
    assert all(1 / 16 <= speedup <= 4 for speedup in speedups)


@pytest.mark.parametrize("speedup", [1 / 16, 0.1, 0.25, 0.3, 0.5, 0.8, 1, 1.3, 2, 3.9, 4])
def test_loss_at_inverts_speedup(speedup: float) -> None:
    """On a straight curve and a bent one, between points and beyond the first."""
    assert CURVE.loss_at(speedup) == pytest.approx(loss_after(100 * speedup))
    for yardstick in (CURVE, curve([3.0, 2.0, 1.8, 1.1, 1.0])):
        assert yardstick.speedup(yardstick.loss_at(speedup)) == pytest.approx(speedup, rel=1e-5)


def test_loss_at_is_clipped() -> None:
    """There is no loss of a speed-up of 0, and none beyond what was measured."""
    assert CURVE.loss_at(0) == CURVE.loss_at(1 / 16)
    assert CURVE.loss_at(8) == CURVE.loss_at(4)


@pytest.mark.parametrize("steps", [1, 2])
def test_curves_of_very_short_tasks_can_be_read(steps: int) -> None:
    """Whose first horizons are one step all; the task's own steps are 1 as ever."""
    numbers = horizons(replace(TINY, steps=steps))
    points = tuple(point(n, [loss_after(n)] * 2) for n in numbers)
    yardstick = replace(CURVE, steps=steps, points=points)
    assert yardstick.own.steps == steps
    for speedup in (1 / 16, 0.3, 1, 3):
        assert yardstick.loss_at(speedup) == pytest.approx(loss_after(steps * speedup))
        assert yardstick.speedup(loss_after(steps * speedup)) == pytest.approx(speedup, rel=1e-5)


def test_longer_run_that_came_out_worse_does_not_make_its_loss_faster() -> None:
    """AdamW's loss at the task's own steps is no speed-up only because 2x came out worse."""
    noisy = curve([3.0, 2.0, 1.5, 1.6, 1.0])
    assert noisy.speedup(1.6) == pytest.approx(2**-0.2, rel=1e-6)
    assert noisy.speedup(1.5 + 1e-3) < 1


def test_baseline_over_itself_is_one() -> None:
    """Relative speed-ups of the baseline's own losses are 1 for every seed, exactly."""
    losses = {0: 0.3, 1: 0.4, 2: 0.35, 3: math.inf}
    assert CURVE.relative_speedups(losses, losses) == dict.fromkeys(losses, 1.0)


def test_speedups_are_paired_by_seed() -> None:
    """A seed's speed-up is over the baseline's on that seed, in whatever order they are given."""
    baseline_losses = {0: loss_after(100), 1: loss_after(50), 2: loss_after(200)}
    losses = {2: loss_after(100), 0: loss_after(150), 1: loss_after(100)}
    speedups = CURVE.relative_speedups(losses, baseline_losses)
    assert speedups == pytest.approx({0: 1.5, 1: 2.0, 2: 0.5}, rel=1e-6)


def test_baseline_losses_are_those_at_the_tasks_own_steps() -> None:
    """Seeds are numbered from 0."""
    points = list(CURVE.points)
    points[2] = point(100, (0.5, 0.7, 0.6))
    assert replace(CURVE, points=tuple(points)).baseline_losses == {0: 0.5, 1: 0.7, 2: 0.6}


def test_deviation_is_that_between_seeds() -> None:
    """Of two losses it is the square root of 2 times their distance from the mean."""
    measured = point(100, (1.5 - 0.05, 1.5 + 0.05))
    assert measured.loss == pytest.approx(1.5)
    assert measured.deviation == pytest.approx(0.05 * math.sqrt(2))


def test_horizons_are_a_quarter_to_four_times_the_steps() -> None:
    """Whole numbers of steps, at least one."""
    assert horizons(replace(TINY, steps=120)) == [30, 60, 120, 240, 480]
    assert horizons(replace(TINY, steps=1)) == [1, 1, 1, 2, 4]


def test_default_speedup_is_paired_by_seed() -> None:
    """A default that needs 1/0.8 of the steps on every seed is at 0.8, however the seeds differ."""
    luck = [1.0, 1.3, 0.8, 1.1]
    points = list(CURVE.points)
    points[2] = point(100, [loss_after(100 * x) for x in luck])
    default = point(100, [loss_after(80 * x) for x in luck])
    yardstick = replace(CURVE, points=tuple(points), default=default)
    assert yardstick.default_speedup == pytest.approx(0.8, rel=1e-2)
    assert replace(yardstick, default=points[2]).default_speedup == 1.0


@dataclass
class Watched:
    """A yardstick that was measured, with what was asked of the tuner and what came of it."""

    yardstick: Yardstick
    wishes: list[Wish]
    tuned: list[Tuned]


SMALL = 80
"""The trainings of a budget that is enough for generations after the first."""


@pytest.fixture(scope="module")
def watched() -> Iterator[Watched]:
    """The tiny task's yardstick."""
    wishes: list[Wish] = []
    tuned: list[Tuned] = []

    def watch(task: Task, asked: Sequence[Wish], steps: int, engine: Engine) -> list[Tuned]:
        results = tune(task, asked, steps, engine)
        wishes.extend(asked)
        tuned.extend(results)
        return results

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("evosearch.scoring.yardstick.tune", watch)
        yield Watched(measure_yardstick(TINY, SMALL), wishes, tuned)


def test_measured_yardstick_has_adamws_tuned_losses(watched: Watched) -> None:
    """One point per horizon, a loss per seed, four times the steps better, 1 at its own steps."""
    measured = watched.yardstick
    assert (measured.task, measured.steps, measured.budget) == ("tiny", 16, SMALL)
    assert [own.steps for own in measured.points] == [4, 8, 16, 32, 64]
    counts = [OWN_SEEDS if own.steps == 16 else SEEDS for own in measured.points]
    assert [len(own.losses) for own in measured.points] == counts
    losses = [own.loss for own in measured.points]
    assert all(longer < shorter for shorter, longer in zip(losses, losses[2:], strict=False))
    assert measured.speedup(measured.own.loss) == pytest.approx(1, rel=1e-6)
    assert set(measured.baseline_losses) == set(range(OWN_SEEDS))
    assert len(measured.default.losses) == OWN_SEEDS


def test_adamw_gets_the_budget_of_all_rounds_of_a_candidate(watched: Watched) -> None:
    """At each horizon, unless another is asked for, and AdamW with its defaults gets it too; it is
    spent but for a generation that did not fit.
    """
    for measure in (measure_point, measure_default, measure_yardstick):
        default = inspect.signature(measure).parameters["budget"].default
        assert default == BUDGET * ROUNDS == 288
    lengths = [4, 8, 16, 32, 64, 16]
    for wish, tuned, steps in zip(watched.wishes, watched.tuned, lengths, strict=True):
        assert wish.budget == SMALL * steps
        assert SMALL * steps / 2 < tuned.spent <= SMALL * steps
        # Trainings that lagged were stopped, and count as far as they came.
        assert tuned.spent >= sum(e.steps for e in tuned.evaluations)


def test_adamw_is_measured_on_seeds_it_was_not_tuned_with(watched: Watched) -> None:
    """Settings are compared on some seeds, and the losses are of others, by the settings alone."""
    for wish, tuned in zip(watched.wishes, watched.tuned, strict=True):
        assert not set(wish.seeds) & set(range(OWN_SEEDS))
        assert wish.fresh_seeds == tuple(range(SEEDS))
        assert {e.seed for e in tuned.evaluations} == {*wish.seeds, *wish.fresh_seeds}
    for own in watched.yardstick.points:
        assert list(own.losses) == trained(own, len(own.losses))


def test_adamw_is_tuned_in_its_constants(watched: Watched) -> None:
    """Each horizon tries many, and has the best of them; the defaults are tried at all rates."""
    for own, tuned in zip(watched.yardstick.points, watched.tuned, strict=False):
        tried = {e.constants for e in tuned.evaluations}
        assert len(tried) > 2
        assert baseline().defaults in tried
        assert all(len(set(values)) > 1 for values in zip(*tried, strict=True))
        assert Setting(own.rate, own.constants) == tuned.best
    assert CONSTANTS == ("beta1", "beta2", "eps")


def test_the_default_is_adamw_tuned_in_its_rate_alone(watched: Watched) -> None:
    """Its constants stay at their defaults in every training."""
    measured, tuned = watched.yardstick, watched.tuned[-1]
    assert watched.wishes[-1].family.names == ()
    assert len({e.rate for e in tuned.evaluations}) > 4
    default = measured.default
    assert default.constants == (0.9, 0.999, 1e-8)
    assert default.rate == tuned.best.rate
    # As bound constants it may round otherwise than with constants that a replica brings.
    assert list(default.losses) == pytest.approx(trained(default, OWN_SEEDS), rel=1e-3)
    logs = [
        math.log2(measured.speedup(ours) / measured.speedup(theirs))
        for ours, theirs in zip(default.losses, measured.own.losses, strict=True)
    ]
    assert math.log2(measured.default_speedup) == pytest.approx(sum(logs) / OWN_SEEDS)


def test_a_yardstick_is_measured_alike_every_time(watched: Watched) -> None:
    """Point by point, as workers do, to the last bit; another budget has another."""
    measured = watched.yardstick
    assert measure_point(TINY, 32, SMALL) == measured.points[3]
    assert measure_default(TINY, SMALL) == measured.default
    assert measure_point(TINY, 32, 2 * SMALL) != measured.points[3]


def trained(own: Point, seeds: int) -> list[float]:
    """AdamW's losses at a point's setting on the seeds from 0, by a training of their own."""
    made = baseline().contender(own.constants)
    assert made is not None
    trainings = [Training(made, own.rate, seed) for seed in range(seeds)]
    return [e.loss for e in carry_out(TINY, own.steps, trainings)]


def test_baseline_has_the_update_size_of_a_normalised_rule() -> None:
    """AdamW's direction is about 1 in size, so that relative rates are close to its own."""
    made = baseline().contender(baseline().defaults)
    assert made is not None
    assert 0.3 < made.update_size < 1.5
