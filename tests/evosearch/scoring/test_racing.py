"""Trainings that are plainly beaten are stopped, and those that might win are not."""

from dataclasses import replace

import numpy as np
import pytest

from evosearch import known_rule
from evosearch.scoring import racing
from evosearch.scoring import sweep as tuning
from evosearch.scoring.evaluation import Result
from evosearch.scoring.racing import RUNGS, Racer, marks
from evosearch.scoring.sweep import sweep
from evosearch.screening.screen import screen
from evosearch.search.config import make_config
from evosearch.search.evolution import Evolution
from proxies import TASKS

ADAMW, LION = (screen(known_rule(name)).contender for name in ("adamw", "lion"))
INF, NAN = float("inf"), float("nan")


def started(hurdles: tuple[float, ...] = ()) -> Racer:
    """A racer whose trainings all began at a loss of 3."""
    racer = Racer(hurdles)
    assert racer.judge(0, np.array([3.0, 3.0, INF]), [0.1, 0.2, 0.4]).all()
    return racer


def test_rungs_are_shares_of_the_steps() -> None:
    """The start, a quarter and a half; nothing is stopped in short trainings."""
    assert marks(400) == (8, 100, 200)
    assert marks(100) == (2, 25, 50)
    assert marks(racing.FEWEST_STEPS - 1) == ()


@pytest.mark.parametrize(
    ("losses", "going"),
    [
        # The best has gained 2; at the first rung another may lag by half of that.
        ([1.0, 1.9, 2.1], [True, True, False]),
        ([2.1, 1.0, 1.9], [False, True, True]),
        ([1.0, INF, NAN], [True, False, True]),  # one diverged, another was stopped before
        ([3.5, 3.4, 3.6], [False, True, False]),  # none has gained anything
        ([INF, INF, INF], [True, True, True]),  # diverged ones are not computed anyway
    ],
)
def test_a_rate_that_lags_plainly_is_stopped(losses: list[float], going: list[bool]) -> None:
    """By the margin of the rung, relative to what the best rate has gained."""
    assert RUNGS[0].margin == 0.5
    racer = started()
    assert racer.judge(1, np.array(losses), [0.1, 0.2, 0.4]).tolist() == going
    assert racer.best == [min(loss for loss in losses if not np.isnan(loss))]


def test_a_rate_is_judged_by_the_mean_of_its_seeds() -> None:
    """One lucky seed does not save a rate, and one bad one does not sink it."""
    racer = started()
    rates = [0.1, 0.1, 0.2, 0.2]
    going = racer.judge(1, np.array([1.0, 1.0, 0.5, 4.0]), rates)
    assert going.tolist() == [True, True, False, False]
    going = started().judge(1, np.array([1.0, 1.0, 0.5, 2.5]), rates)
    assert going.all()


def test_a_rate_that_is_tried_later_races_the_earlier_ones() -> None:
    """Where the grid grows, the new rate must keep up with the best so far."""
    racer = started()
    racer.judge(1, np.array([1.0]), [0.2])
    assert racer.judge(1, np.array([2.5]), [0.8]).tolist() == [False]
    assert racer.beaten == {0.8}
    assert racer.judge(1, np.array([0.8]), [0.4]).tolist() == [True]
    assert racer.best == [0.8]


def test_a_rule_that_misses_a_hurdle_is_stopped() -> None:
    """All its trainings, where its best rate is worse than the hurdle."""
    racer = started((1.5, 1.0))
    assert racer.judge(1, np.array([1.5, 2.0]), [0.1, 0.2]).all()
    assert not racer.judge(2, np.array([1.01, 1.02]), [0.1, 0.2]).any()
    assert racer.halted
    assert racer.best == [1.5, 1.01]


@pytest.mark.parametrize("contender", [ADAMW, LION], ids=["adamw", "lion"])
def test_racing_changes_no_tuned_loss(
    contender: tuning.Contender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The best rate and its losses are those of a sweep in which nothing is stopped."""
    task = replace(TASKS["digit_images"], name="short", steps=60)
    (raced,) = sweep(task, [contender], 60, [[0, 1]])
    monkeypatch.setattr(tuning, "marks", lambda _: ())
    (whole,) = sweep(task, [contender], 60, [[0, 1]])
    assert raced.beaten
    assert not whole.beaten
    assert raced.best_losses() == whole.best_losses()
    assert raced.rates == whole.rates


def test_hurdles_make_a_sweep_end_early() -> None:
    """A rule that others beat at the first rung has no loss, and no rate is added for it."""
    task = replace(TASKS["digit_images"], name="short", steps=60)
    missed, reached = sweep(task, [ADAMW, ADAMW], 60, [[0]] * 2, hurdles=[(0.01, 0.01), (9.0, 9.0)])
    assert missed.halted
    assert missed.evaluations == ()
    assert len(missed.rungs) == 1
    assert not reached.halted
    assert len(reached.rungs) == 2
    assert reached.evaluations


def test_hurdles_are_a_quantile_of_what_was_committed() -> None:
    """Of the losses at a rung, once there are enough; a training again is not held to them."""
    config = make_config({"tasks": ["digit_images"], "population": 4, "rung_quantile": 0.25}, "x")
    evolution = Evolution(config, known_rule("adamw"))
    draw = np.random.default_rng(0)
    losses = draw.random(40)
    for number, loss in enumerate(losses):
        assert number >= 20 or evolution.hurdles()["digit_images"] == (INF, INF)
        rungs = {"digit_images": (loss, 10 * loss) if number % 2 else (loss,)}
        evolution._record(number, Result(0.0, True, (), rungs))
    first, second = evolution.hurdles()["digit_images"]
    assert first == np.sort(losses)[9]  # the tenth of forty
    assert second == 10 * np.sort(losses[1::2])[4]
    everyone = config.model_copy(update={"rung_quantile": 1.0})
    evolution._config = everyone
    assert evolution.hurdles()["digit_images"] == (INF, INF)
