"""Trainings are carried out many at once, and each is recorded as it ended."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from evosearch import known_rule, lower, parse
from evosearch.scoring import trainings
from evosearch.scoring.setting import Setting
from evosearch.scoring.trainings import Evaluation, Training, carry_out, evaluation, train_together
from evosearch.screening.family import Family
from proxies import PLAIN, Replica, Rungs, train
from tests.support.tiny_task import TINY

MOMENTUM = Family(lower(known_rule("momentum")))
STEPS = 40


def training(rate: float = 0.1, seed: int = 0, mu: float = 0.9) -> Training:
    contender = MOMENTUM.contender((mu,))
    assert contender is not None
    return Training(contender, rate, seed)


def test_trainings_are_recorded_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """With task, steps, seed, rate, constants and loss, in however many cohorts they ran."""
    asked = [training(rate, seed, mu) for rate in (0.01, 0.1) for seed in (0, 3) for mu in (0, 0.5)]
    done = carry_out(TINY, STEPS, asked)
    assert [(e.task, e.steps) for e in done] == [("tiny", STEPS)] * 8
    assert [(e.rate, e.seed, e.constants) for e in done] == [
        (t.rate, t.seed, t.contender.constants) for t in asked
    ]
    assert len({e.loss for e in done}) == 8
    assert [e.setting for e in done] == [t.setting for t in asked]
    monkeypatch.setattr(trainings, "LARGEST_COHORT", 3)
    assert carry_out(TINY, STEPS, asked) == done
    assert carry_out(TINY, STEPS, []) == []


def test_rates_are_relative_to_the_update_size() -> None:
    """A rule and a thousand times it train alike, their weight decay included."""
    decaying = replace(TINY, weight_decay=0.1)
    losses = []
    for text in ("def one(g):\n return g", "def other(g):\n return 1000 * g"):
        contender = Family(lower(parse(text))).contender(())
        assert contender is not None
        losses.append(carry_out(decaying, STEPS, [Training(contender, 0.1, 0)])[0].loss)
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    one = training()
    size = one.contender.update_size
    plain = Replica(one.contender.plan, 0.1 / size, 0, 0.1 * size, (0.9,))
    assert carry_out(decaying, STEPS, [one])[0].loss == train(decaying, [plain], STEPS)[0]


def test_a_diverged_training_is_infinite_and_a_stopped_one_nan() -> None:
    """The judge is told recent training losses, and what it lets go on ends with a loss."""
    asked = [training(0.1), training(1e30), training(0.05)]

    def judge(rung: int, losses: NDArray[np.float64]) -> NDArray[np.bool_]:
        assert rung == 0
        assert np.isinf(losses).tolist() == [False, True, False]
        return np.array([True, True, False])

    losses = train_together(TINY, STEPS, asked, PLAIN, Rungs((10,), judge))
    assert np.isfinite(losses[0])
    assert np.isinf(losses[1])
    assert np.isnan(losses[2])
    assert losses[0] == train_together(TINY, STEPS, asked[:1], PLAIN)[0]
    assert evaluation(TINY, STEPS, asked[1], losses[1]) == Evaluation(
        "tiny", STEPS, 0, 1e30, float("inf"), (0.9,)
    )


def test_a_setting_is_the_rate_and_the_constants() -> None:
    """Of a training that is asked for and of one that is done."""
    assert training(0.2, mu=0.5).setting == Setting(0.2, (0.5,))
    assert Evaluation("tiny", 1, 0, 0.2, 1.0, (0.5,)).setting == Setting(0.2, (0.5,))
