"""Whether a task can tell rules apart, from losses whose noise and slope are known."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from evosearch import known_rule, lower
from evosearch.scoring.qualification import (
    _FIRST_NOISE_SEED,
    COMPANION,
    LIMIT,
    STEADY,
    candidate_seconds,
    qualify,
)
from evosearch.scoring.setting import Setting
from evosearch.scoring.trainings import Training, carry_out
from evosearch.scoring.tuner import Tuned, Wish, tune
from evosearch.scoring.yardstick import BUDGET, SEEDS, measure_yardstick
from evosearch.screening.family import Family
from proxies import Engine, Task
from tests.support.qualifications import made, spread
from tests.support.tiny_task import TINY
from tests.support.yardsticks import curve


def test_resolution_is_noise_over_slope_as_a_speedup() -> None:
    """Noise 0.01 where a doubling gains 0.2 is a twentieth of a doubling."""
    assert made().resolution == pytest.approx(2**0.05 - 1)
    assert made(noise=0.02).resolution == pytest.approx(2**0.1 - 1)


def test_paired_resolution_is_that_of_the_difference() -> None:
    """What both rules have in common with the seed cancels; what they have not adds up."""
    own = spread(1.6, 0.01)
    shifted = tuple(loss - 0.3 for loss in own)
    assert made(companion=shifted).paired_resolution == pytest.approx(0, abs=1e-12)
    opposed = tuple(3.2 - loss for loss in own)
    assert made(companion=opposed).paired_resolution == pytest.approx(2**0.1 - 1)


def test_the_slope_is_that_around_the_tasks_own_steps() -> None:
    """The mean of the doublings before and after; that before, where the other is not measured."""
    bent = (9.0, 1.8, 1.5, 1.4, 0.1)
    assert made(bent).gain == pytest.approx(0.2)
    assert made(bent[:3]).gain == pytest.approx(0.3)


def test_a_good_task_qualifies() -> None:
    """Nothing speaks against it."""
    assert made().verdict == "qualified"
    assert made().faults == ()
    assert made().unmeasured == ()


def test_a_coarse_task_does_not_qualify() -> None:
    """The limit is 10% per seed."""
    assert LIMIT == 0.1
    fine, coarse = 0.2 * math.log2(1.099), 0.2 * math.log2(1.101)
    assert made(noise=fine).verdict == "qualified"
    assert made(noise=coarse).verdict == "not qualified"
    assert made(noise=coarse).faults == ("resolution 10% per seed, expected 10%",)


def test_a_saturated_task_does_not_qualify() -> None:
    """DESIGN's example of a fixed small set: past its own steps the loss falls within the noise."""
    saturated = made((0.30, 0.17, 0.142, 0.137, 0.122), noise=0.0005)
    assert saturated.verdict == "qualified"  # without noise there is nothing to doubt
    noisy = made((0.30, 0.17, 0.142, 0.137, 0.122), noise=0.015)
    assert noisy.verdict == "not qualified"
    assert "falls by 0.3 standard deviations to 200 steps" in noisy.faults[1]


def test_each_doubling_must_gain_three_deviations() -> None:
    """Also at the ends of the range, in units of the noise at the longer of the two."""
    assert STEADY == 3
    assert made((2.0, 1.8, 1.6, 1.4, 1.369)).verdict == "qualified"
    qualification = made((2.0, 1.8, 1.6, 1.4, 1.371))
    assert qualification.faults == (
        "the loss falls by 2.9 standard deviations to 400 steps, expected 3",
    )


def test_a_part_of_the_range_is_not_enough() -> None:
    """Honest about what was not measured."""
    qualification = made((2.0, 1.8, 1.6))
    assert qualification.verdict == "not fully qualified"
    assert qualification.unmeasured == (2.0, 4.0)
    assert made((2.0, 1.8, 1.6), noise=0.1).verdict == "not qualified"


def test_a_task_that_diverges_does_not_qualify() -> None:
    """Infinite losses are a fault and not an error."""
    own = replace(made(), losses=(1.6, math.inf, 1.6, 1.6))
    with np.errstate(invalid="ignore"):
        assert own.verdict == "not qualified"


def test_a_rising_loss_does_not_qualify() -> None:
    """No slope, no resolution."""
    qualification = made((1.0, 1.2, 1.4, 1.6, 1.8))
    assert qualification.verdict == "not qualified"
    assert qualification.resolution == math.inf
    assert "falls by too little around its own steps" in qualification.faults[-1]


def test_a_flat_loss_resolves_nothing() -> None:
    """With noise or without, by whatever rounding leaves of a fall."""
    for noise, fall in ((0.0, 0.0), (0.01, 0.0), (0.01, 1e-12)):
        flat = made((1.0, 1.0, 1.0, 1.0 - fall, 1.0 - 2 * fall), noise)
        assert flat.resolution == math.inf
        assert flat.verdict == "not qualified"
    assert made(noise=2.0).resolution == pytest.approx(2**10 - 1)


def test_a_structure_costs_a_round_of_tuning() -> None:
    """The usual budget, in trainings over the task's steps."""
    assert candidate_seconds(TINY, 1e-3) == pytest.approx(BUDGET * 16 * 1e-3)


SMALL = 24
"""The trainings of a budget with which a tiny task is measured."""


def losses_at(setting: Setting, rule: str, seeds: range) -> list[float]:
    """A known rule's losses on the tiny task at one setting, by a training of their own."""
    contender = Family(lower(known_rule(rule))).contender(setting.constants)
    assert contender is not None
    trainings = [Training(contender, setting.rate, seed) for seed in seeds]
    return [e.loss for e in carry_out(TINY, 16, trainings)]


def test_measuring_a_task() -> None:
    """A task of milliseconds: its points are the yardstick's, its noise is that of other seeds, as
    many as asked for.
    """
    yardstick = measure_yardstick(TINY, SMALL)
    qualification = qualify(TINY, seeds=6, budget=SMALL)
    assert qualification.points == yardstick.points
    assert qualification.default == yardstick.default
    assert qualification.budget == SMALL
    own = yardstick.own
    noise = range(_FIRST_NOISE_SEED, _FIRST_NOISE_SEED + 6)
    assert list(qualification.losses) == losses_at(Setting(own.rate, own.constants), "adamw", noise)
    assert not set(qualification.losses) & set(own.losses)
    assert (
        len(set(qualification.losses))
        == len(qualification.losses)
        == len(qualification.companion_losses)
        == 6
    )
    assert qualification.replica_step_seconds > 0
    assert qualification.digest == TINY.digest()


def test_a_part_can_be_measured_and_known_points_are_taken() -> None:
    """Up to the task's own steps; a yardstick is not measured again, and brings its budget."""
    plain = curve((1.0, 0.8, 0.6, 0.4, 0.2), "tiny", 16, budget=77)
    points = tuple(replace(p, constants=(0.5, 0.9, 1e-6)) for p in plain.points)
    known = replace(plain, points=points)
    qualification = qualify(TINY, longest=1, seeds=SEEDS, known=known, budget=SMALL)
    assert qualification.points == known.points[:3]
    assert qualification.default == known.default
    assert qualification.budget == 77
    noise = range(_FIRST_NOISE_SEED, _FIRST_NOISE_SEED + SEEDS)
    setting = Setting(known.own.rate, known.own.constants)
    assert list(qualification.losses) == losses_at(setting, "adamw", noise)


def test_the_companion_is_tuned_as_adamw_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """In its rate and its constants, with the same budget, on seeds that the noise is not of."""
    wishes: list[Wish] = []
    settings: list[Setting] = []

    def watch(task: Task, asked: list[Wish], steps: int, engine: Engine) -> list[Tuned]:
        results = tune(task, asked, steps, engine)
        wishes.extend(asked)
        settings.extend(result.best for result in results)
        return results

    monkeypatch.setattr("evosearch.scoring.qualification.tune", watch)
    known = curve((1.0, 0.8, 0.6, 0.4, 0.2), "tiny", 16)
    qualification = qualify(TINY, seeds=SEEDS, known=known, budget=SMALL)
    (wish,), (setting,) = wishes, settings
    assert wish.family.names
    assert wish.budget == SMALL * 16
    noise = range(_FIRST_NOISE_SEED, _FIRST_NOISE_SEED + SEEDS)
    assert not {*wish.seeds, *wish.fresh_seeds} & set(noise)
    assert list(qualification.companion_losses) == losses_at(setting, COMPANION, noise)
