"""Tuning comes near the best rate and constants at a known cost, and depends on its key alone."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from evosearch import known_rule, lower, parse
from evosearch.scoring import tuner
from evosearch.scoring.proposals import RATES
from evosearch.scoring.racing import FEWEST_STEPS, racing_steps
from evosearch.scoring.setting import Setting
from evosearch.scoring.trainings import Training
from evosearch.scoring.tuner import ELITE, GENERATIONS, Tuned, Wish, tune
from evosearch.screening.family import Family
from proxies import PLAIN, Engine, Rungs, Task
from tests.support.tiny_task import TINY

LION = Family(lower(known_rule("lion")))
SIGNS = Family(lower(parse("def signs(g):\n return sign(g)")))
INF = float("inf")
STEPS = 100
WISH = Wish(LION, ("a key", 1), 64 * STEPS, (100, 101), (7, 8, 9))
Landscape = Callable[[Setting, int], float]


class Bowl:
    """A quadratic in logarithms whose optimum is known, with noise by seed and rate."""

    def __init__(self, rate: float, constants: Sequence[float] = (), noise: float = 0.0) -> None:
        self.rate, self.constants, self.noise = rate, constants, noise

    def distance(self, setting: Setting) -> float:
        """The squared distance from the optimum, on scales on which draws are made."""
        memories = [
            np.log((1 - ours) / (1 - best))
            for ours, best in zip(setting.constants, self.constants, strict=False)
        ]
        return float(np.sum(np.square([np.log(setting.rate / self.rate), *memories])))

    def __call__(self, setting: Setting, seed: int) -> float:
        draw = np.random.default_rng([seed, int(setting.rate * 1e9)])
        return 1.0 + self.distance(setting) + self.noise * float(draw.standard_normal())


class Trained:
    """Stands in for the trainer: losses are those of a landscape, at rungs as at the end."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, landscape: Landscape) -> None:
        self.landscape = landscape
        self.cohorts: list[list[Training]] = []
        self.asked_at: list[list[Setting]] = []
        self.taken = 0
        monkeypatch.setattr(tuner, "train_together", self.train)

    def train(
        self, task: Task, steps: int, trainings: Sequence[Training], engine: Engine, rungs: Rungs
    ) -> NDArray[np.float64]:
        assert task.name == "tiny"
        assert engine is PLAIN
        self.cohorts.append(list(trainings))
        losses = np.array([self.landscape(t.setting, t.seed) for t in trainings])
        going, before = np.ones(len(losses), dtype=bool), 0
        for rung, mark in enumerate(rungs.steps):
            self.taken += (mark - before) * int((going & np.isfinite(losses)).sum())
            before = mark
            shown = np.where(going | np.isinf(losses), losses, np.nan)
            going &= rungs.judge(rung, shown)
        self.taken += (steps - before) * int((going & np.isfinite(losses)).sum())
        return np.where(going | np.isinf(losses), losses, np.nan)


def tuned(wish: Wish, steps: int = STEPS) -> Tuned:
    (result,) = tune(TINY, [wish], steps)
    return result


# What it comes to.


@pytest.mark.parametrize(
    ("rate", "constants", "near"),
    [
        (0.17, (0.85, 0.97), 0.1),
        (0.2, (0.5, 0.999), 0.1),
        (TINY.rate * 500, (0.95, 0.98), 0.5),  # far above all rates of the first generation
        (TINY.rate / 500, (0.95, 0.98), 0.5),
    ],
)
def test_the_optimum_is_approached(
    monkeypatch: pytest.MonkeyPatch, rate: float, constants: tuple[float, ...], near: float
) -> None:
    """Wherever it is, from as far as 30; and more nearly for a larger budget, on average."""
    bowl = Bowl(rate, constants)
    Trained(monkeypatch, bowl)
    means = []
    for trainings in (32, 256):
        wishes = [replace(WISH, key=(n,), budget=trainings * STEPS) for n in range(8)]
        means.append(np.mean([bowl.distance(one.best) for one in tune(TINY, wishes, STEPS)]))
    assert means[1] < near
    assert means[1] < means[0] / 2


def test_noise_is_averaged_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Losses that vary between seeds by as much as a factor of e in the rate costs."""
    bowl = Bowl(0.2, (0.8, 0.98), noise=0.5)
    Trained(monkeypatch, bowl)
    wishes = [replace(WISH, key=(n,), budget=128 * STEPS) for n in range(8)]
    assert np.mean([bowl.distance(one.best) for one in tune(TINY, wishes, STEPS)]) < 1.0


def test_a_rule_without_constants_is_tuned_in_the_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the same procedure."""
    Trained(monkeypatch, Bowl(3.3))
    best = tuned(replace(WISH, family=SIGNS)).best
    assert best.constants == ()
    assert best.rate == pytest.approx(3.3, rel=0.1)


def test_tuning_starts_from_settings_that_were_good(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small budget comes nearer from near the optimum than from the defaults."""
    bowl = Bowl(10.0, (0.3, 0.5))
    trained = Trained(monkeypatch, bowl)
    start = Setting(8.0, (0.4, 0.4))
    wish = replace(WISH, budget=32 * STEPS)
    near, far = tuned(replace(wish, starts=(start,))), tuned(wish)
    assert bowl.distance(near.best) <= bowl.distance(start) < bowl.distance(far.best)
    assert trained.cohorts[0][0].setting == start


def test_real_training_is_tuned() -> None:
    """On a line with noise it comes below the defaults at the task's own rate."""
    wish = replace(WISH, family=Family(lower(known_rule("momentum"))))
    one = tuned(wish)
    (plain,) = [
        np.mean([e.loss for e in one.evaluations if e.setting == setting])
        for setting in [Setting(TINY.rate, (0.9,))]
        if any(e.setting == setting for e in one.evaluations)
    ] or [INF]
    assert one.loss < plain
    assert one.loss < 0.02  # of which 0.01 is noise


# What it costs.


@pytest.mark.parametrize("steps", [STEPS, FEWEST_STEPS - 1])
@pytest.mark.parametrize("trainings", [1, 32, 50, 64, 128])
@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_the_budget_is_kept_and_used(
    monkeypatch: pytest.MonkeyPatch, steps: int, trainings: int, noise: float
) -> None:
    """It is exceeded by nothing, but one generation and the last trainings are always paid.

    What is left over would not have paid for another generation of eight settings.
    """
    trained = Trained(monkeypatch, Bowl(0.2, (0.8, 0.98), noise))
    one = tuned(replace(WISH, budget=trainings * steps), steps)
    assert one.spent == trained.taken
    generation = racing_steps(8, steps) * len(WISH.seeds)
    least = generation + ELITE * len(WISH.fresh_seeds) * steps
    assert one.spent <= max(trainings * steps, least)
    assert one.spent > trainings * steps - generation
    if trainings >= 64 and steps == STEPS:
        assert len(trained.cohorts) == GENERATIONS + 1


def test_what_diverges_costs_no_more_than_it_took(monkeypatch: pytest.MonkeyPatch) -> None:
    """It counts up to the next rung, and what it leaves is spent on more settings."""
    bowl = Bowl(0.05, (0.8, 0.98))
    trained = Trained(monkeypatch, lambda s, seed: INF if s.rate > 0.1 else bowl(s, seed))
    one = tuned(WISH)
    diverged = sum(t.setting.rate > 0.1 for cohort in trained.cohorts for t in cohort)
    assert diverged
    assert one.spent == trained.taken + diverged * STEPS // 4
    assert one.spent <= WISH.budget
    assert bowl.distance(one.best) < 0.3


def test_short_trainings_are_never_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every one that was begun is among the evaluations."""
    trained = Trained(monkeypatch, Bowl(0.2, (0.8, 0.98)))
    steps = FEWEST_STEPS - 1
    one = tuned(replace(WISH, budget=64 * steps), steps)
    begun = [(t.setting, t.seed) for cohort in trained.cohorts for t in cohort]
    assert [(e.setting, e.seed) for e in one.evaluations] == begun
    assert one.rungs == ()


def test_a_generation_is_halved_with_all_seeds_of_a_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of its settings, the best quarter ends, on both seeds."""
    bowl = Bowl(0.2, (0.8, 0.98))
    trained = Trained(monkeypatch, bowl)
    one = tuned(WISH)
    first = {t.setting for t in trained.cohorts[0]}
    ended = {e.setting for e in one.evaluations} & first
    kept = int(np.ceil(np.ceil(len(first) / 2) / 2))
    assert ended == set(sorted(first, key=bowl.distance)[:kept])
    for setting in ended - {one.best}:
        assert {100, 101} <= {e.seed for e in one.evaluations if e.setting == setting}


# What it depends on.


def test_the_same_key_draws_the_same_and_another_key_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every part of the key matters, and nothing that was drawn before."""
    Trained(monkeypatch, Bowl(0.2, (0.8, 0.98), 0.1))
    one = tuned(WISH)
    assert tuned(WISH) == one
    for key in (("a key", 2), ("another", 1), ("a key",)):
        assert tuned(replace(WISH, key=key)).evaluations != one.evaluations


def test_what_is_tuned_beside_it_does_not_matter() -> None:
    """In real training too, where all of them share a cohort."""
    wishes = [
        replace(WISH, budget=32 * STEPS),
        replace(WISH, family=Family(lower(known_rule("adamw"))), budget=64 * STEPS),
        replace(WISH, family=SIGNS, key=("third",), budget=40 * STEPS),
    ]
    assert tune(TINY, wishes, STEPS) == [tuned(wish) for wish in wishes]


def test_nobody_wishes_for_anything() -> None:
    """Then nothing is trained."""
    assert tune(TINY, [], STEPS) == []


# What it tells.


def test_losses_are_those_on_fresh_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """No generation is trained on them, and no tuning seed is among them."""
    bowl = Bowl(0.2, (0.8, 0.98), 0.3)
    trained = Trained(monkeypatch, bowl)
    one = tuned(WISH)
    assert one.losses == {seed: bowl(one.best, seed) for seed in WISH.fresh_seeds}
    assert one.loss == pytest.approx(np.mean(list(one.losses.values())))
    *generations, last = trained.cohorts
    assert {t.seed for cohort in generations for t in cohort} == set(WISH.seeds)
    assert {t.seed for t in last} == set(WISH.fresh_seeds)
    assert len({t.setting for t in last}) == ELITE
    assert not one.given_up


def test_a_setting_that_diverges_on_a_fresh_seed_is_not_the_best(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However well it did on the seeds that it was chosen on."""
    bowl = Bowl(0.2, (0.8, 0.98))
    Trained(monkeypatch, bowl)
    fragile = tuned(WISH).best
    Trained(monkeypatch, lambda s, seed: INF if (s, seed) == (fragile, 8) else bowl(s, seed))
    one = tuned(WISH)
    assert one.best != fragile
    assert np.isfinite(one.loss)


def test_a_hopeless_rule_is_given_up_after_the_first_generation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is told so, with what its best setting came to; one that is just good enough is not."""
    trained = Trained(monkeypatch, Bowl(0.2, (0.8, 0.98)))
    whole = tuned(WISH)
    first = {t.setting for t in trained.cohorts[0]}
    least = min(e.loss for e in whole.evaluations if e.setting in first)
    trained.cohorts.clear()
    one = tuned(replace(WISH, hopeless=np.nextafter(least, 0)))
    assert len(trained.cohorts) == 1
    assert one.given_up
    assert one.losses == {}
    assert one.loss == least
    assert one.rungs == whole.rungs
    assert tuned(replace(WISH, hopeless=least)) == whole


def test_a_rule_beyond_a_limit_is_given_up_at_the_rung(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits are those of the first generation; its best at each rung is told."""
    trained = Trained(monkeypatch, Bowl(0.2, (0.8, 0.98)))
    whole = tuned(WISH)
    assert len(whole.rungs) == 2
    assert tuned(replace(WISH, limits=whole.rungs)) == whole
    trained.taken = 0
    one = tuned(replace(WISH, limits=(whole.rungs[0], whole.rungs[1] - 1e-9)))
    assert (one.given_up, one.losses, one.loss, one.evaluations) == (True, {}, INF, ())
    assert one.rungs == whole.rungs
    assert one.spent == trained.taken < racing_steps(20, STEPS) * 2


def test_a_rule_that_always_diverges_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a generation, whose trainings are told."""
    Trained(monkeypatch, lambda _, __: INF)
    one = tuned(WISH)
    assert one.given_up
    assert one.loss == INF
    assert {e.loss for e in one.evaluations} == {INF}


def test_settings_that_cannot_be_trained_are_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no setting can be, nothing is trained and the rule is given up."""
    trained = Trained(monkeypatch, Bowl(0.2, (0.8, 0.98)))
    plain = Family.contender
    monkeypatch.setattr(Family, "contender", lambda f, c: plain(f, c) if min(c) > 0.5 else None)
    one = tuned(WISH)
    assert not one.given_up
    assert all(min(t.contender.constants) > 0.5 for cohort in trained.cohorts for t in cohort)
    assert one.spent <= WISH.budget
    trained.cohorts.clear()
    monkeypatch.setattr(Family, "contender", lambda _, __: None)
    none = tuned(WISH)
    assert (none.given_up, none.losses, none.spent, none.loss) == (True, {}, 0, INF)
    assert none.best == Setting(TINY.rate, LION.defaults)
    assert trained.cohorts == []


def test_where_no_new_setting_can_be_trained_the_best_so_far_is_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As where only the defaults are in the rule's domain, which the first generation tried."""
    Trained(monkeypatch, Bowl(TINY.rate * RATES[2]))
    plain = Family.contender
    calls: list[object] = []

    def once(family: Family, constants: Sequence[float]) -> object:
        calls.append(constants)
        return plain(family, constants) if len(calls) <= len(RATES) else None

    monkeypatch.setattr(Family, "contender", once)
    one = tuned(WISH)
    assert one.best == Setting(TINY.rate * RATES[2], LION.defaults)
    assert set(one.losses) == set(WISH.fresh_seeds)
