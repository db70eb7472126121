"""How far a setting can move: against a landscape whose walls are known."""

from collections.abc import Sequence

import numpy as np
import pytest

from evosearch import lower, parse
from evosearch.scoring import sensitivity
from evosearch.scoring.sensitivity import sensitivities
from evosearch.scoring.setting import Setting
from evosearch.scoring.trainings import Evaluation, Training
from evosearch.screening.family import Family
from proxies import Engine, Task
from tests.support.tiny_task import TINY

FAMILY = Family(lower(parse("def f(g, m, *, b=0.9, c=3.0): m = lerp(g, m, b); return c * m, m")))
NAMES = ("rate", *FAMILY.names)
BEST = Setting(0.1, (0.9, 3.0))
SEEDS = (0, 1, 2, 3)
NOISE = (0.0, 0.01, -0.01, 0.02)
"""Added to the losses, alike for all settings, so that the pairing takes it out."""


def install(monkeypatch: pytest.MonkeyPatch, walls: dict[str, tuple[float, float]]) -> None:
    """Puts in place of training a loss of 1 between walls, and of 2 outside any of them."""

    def carry_out(
        task: Task, steps: int, trainings: Sequence[Training], _: Engine
    ) -> list[Evaluation]:
        outcomes = []
        for one in trainings:
            values = dict(zip(NAMES, (one.rate, *one.contender.constants), strict=True))
            inside = all(low <= values[name] <= high for name, (low, high) in walls.items())
            loss = (1.0 if inside else 2.0) + NOISE[one.seed]
            outcomes.append(
                Evaluation(task.name, steps, one.seed, one.rate, loss, one.contender.constants)
            )
        return outcomes

    monkeypatch.setattr(sensitivity, "carry_out", carry_out)


def test_ranges_reach_to_the_walls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values are moved by factors of e ** (1/4, 1/2, 1, 2, 4); those inside count."""
    install(monkeypatch, {"rate": (0.1 * np.exp(-0.6), 0.1 * np.exp(1.1)), "b": (0.0, 0.95)})
    losses = [1.0 + noise for noise in NOISE]
    rate, b, c = sensitivities(TINY, FAMILY, BEST, losses, SEEDS)
    assert rate.low == pytest.approx(0.1 * np.exp(-0.5), rel=1e-3)
    assert rate.high == pytest.approx(0.1 * np.exp(1.0), rel=1e-3)
    assert not rate.open_low
    assert not rate.open_high
    # A decay is moved on the scale of 1 - b, down to 0, which is the end of its domain.
    assert b.low == 0.0
    assert b.open_low
    assert b.high == pytest.approx(1 - 0.1 * np.exp(-0.5), rel=1e-3)
    assert not b.open_high
    assert (c.name, c.open_low, c.open_high) == ("c", True, True)
    assert c.low == pytest.approx(3 * np.exp(-4.0), rel=1e-3)
    assert c.high == pytest.approx(3 * np.exp(4.0), rel=1e-3)


def test_a_difference_within_its_noise_is_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Losses that differ by chance alone, seed by seed, leave every value inside."""
    install(monkeypatch, {})
    unpaired = [1.0 + noise for noise in reversed(NOISE)]
    for one in sensitivities(TINY, FAMILY, BEST, unpaired, SEEDS):
        assert one.low < one.value < one.high
