"""The best rate of a sweep: against valleys whose lowest points are known."""

from __future__ import annotations

from math import inf, log2
from pathlib import Path

import pytest

from evosearch import EvosearchError, known_rule
from evosearch.card.journal import Journals
from evosearch.card.sweeps import Means, Rule, Sweep, losses_at, setting, sweep
from evosearch.scoring.trainings import Training, carry_out
from proxies import PLAIN, Task
from tests.support.made_losses import install
from tests.support.tiny_task import TINY

RULE = Rule(known_rule("lion"))
SEEDS = (3, 4)


@pytest.mark.parametrize("best", [0.7, 1.0, 1.2, 5.0, 0.06, 30.0])
def test_the_lowest_point_of_a_parabola(monkeypatch: pytest.MonkeyPatch, best: float) -> None:
    """It lies where it was put, between rates and beyond those that were tried first."""
    centre = TINY.rate * best

    def valley(_: Task, one: Training) -> float:
        return 2.0 + log2(one.rate / centre) ** 2 + 0.01 * one.seed

    install(monkeypatch, valley)
    swept = sweep(Means(most=20), TINY, RULE, SEEDS)
    assert swept.enclosed
    assert swept.best() == pytest.approx(centre)
    assert swept.best([1]) == pytest.approx(centre)
    assert abs(log2(swept.grid_best / centre)) <= 0.5
    assert swept.mean(swept.grid_best) == pytest.approx(2.035 + log2(swept.grid_best / centre) ** 2)
    ratios = [b / a for a, b in zip(swept.rates, swept.rates[1:], strict=False)]
    assert ratios == [2.0] * len(ratios)


def test_the_most_rates_are_kept_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the best lies beyond them, that is said."""
    asked = install(monkeypatch, lambda _, one: 1 / one.rate)
    swept = sweep(Means(most=8), TINY, RULE, SEEDS)
    assert len(swept.rates) == 8
    assert len(asked) == 8 * len(SEEDS)
    assert not swept.enclosed
    assert swept.best() == swept.grid_best == swept.rates[-1] == TINY.rate * 2**5


def test_what_diverges_is_no_neighbour(monkeypatch: pytest.MonkeyPatch) -> None:
    """A parabola through infinity has no lowest point, so the best tried is the best."""
    install(monkeypatch, lambda task, one: inf if one.rate > task.rate else 1 / one.rate)
    swept = sweep(Means(), TINY, RULE, SEEDS)
    assert swept.best() == swept.grid_best == TINY.rate
    assert swept.enclosed


def test_a_rule_that_trains_at_no_rate_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """In words for people."""
    install(monkeypatch, lambda *_: inf)
    with pytest.raises(EvosearchError, match="lion trains on tiny at no learning rate"):
        sweep(Means(), TINY, RULE, SEEDS)


def test_rates_that_are_asked_for_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside those of the sweep."""
    install(monkeypatch, lambda task, one: 2.0 + log2(one.rate / task.rate) ** 2)
    far = TINY.rate * 2**6
    swept = sweep(Means(), TINY, RULE, SEEDS, also=[far, TINY.rate])
    assert swept.mean(far) == 38.0
    assert swept.enclosed
    assert swept.best() == pytest.approx(TINY.rate)


def test_nothing_is_trained_twice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Not in another process either; other constants are another rule."""
    asked = install(monkeypatch, lambda task, one: 2.0 + log2(one.rate / task.rate) ** 2)
    first = sweep(Means(Journals(tmp_path)), TINY, RULE, SEEDS)
    count = len(asked)
    assert sweep(Means(Journals(tmp_path)), TINY, RULE, SEEDS) == first
    assert len(asked) == count
    sweep(Means(Journals(tmp_path)), TINY, Rule(known_rule("tiger")), SEEDS)
    assert len(asked) == 2 * count


def test_losses_are_those_of_the_trainer() -> None:
    """The rule with its own constants, at the relative rate, on each seed."""
    contender = RULE.contender
    rate = 0.05
    made = losses_at(Means(), TINY, RULE, [rate], SEEDS)[rate]
    trainings = [Training(contender, rate, seed) for seed in SEEDS]
    assert list(made) == [one.loss for one in carry_out(TINY, TINY.steps, trainings, PLAIN)]
    assert contender.constants == setting(RULE, rate).constants
    assert sorted(contender.constants) == [0.9, 0.99]


def test_a_tuning_reads_its_own_seeds() -> None:
    """Two seeds with valleys at different rates."""
    swept = Sweep((1.0, 2.0, 4.0, 8.0), ((3.0, 9.0), (1.0, 3.0), (3.0, 1.0), (9.0, 3.0)), True)
    assert swept.best([0]) == pytest.approx(2.0)
    assert swept.best([1]) == pytest.approx(4.0)
    # Of both, 2 and 4 are as good, so the lowest point is halfway between them.
    assert swept.best() == pytest.approx(2 * 2**0.5)
