"""The search for a learning rate: where the grid grows, where it stops, and that it is fair."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from evosearch import known_rule, parse
from evosearch.scoring import sweep as tuning
from evosearch.scoring.sweep import Evaluation, Sweep, Training, carry_out, sweep
from evosearch.screening.contender import Contender
from evosearch.screening.screen import screen
from proxies import TASKS, Replica, Task
from tests.support.tiny_task import TINY

INF = math.inf


def contender(text: str) -> Contender:
    return screen(parse(text)).contender


ADAMW, LION = (screen(known_rule(name)).contender for name in ("adamw", "lion"))
SGD = contender("def sgd(g):\n    return g\n")
THREE = (0.5, 1.0, 2.0)
"""A grid of three rates, where the grid itself is not what is tested."""
SGD_TWICE = contender("def twice(g):\n    return 2 * g\n")


@pytest.fixture
def landscape(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[float], float]], list[int]]:
    """Puts in place of training a loss that depends on the relative rate; lists cohort sizes."""

    def install(loss: Callable[[float], float]) -> list[int]:
        cohorts: list[int] = []

        def train(task: Task, replicas: Sequence[Replica], steps: int, *_: object) -> np.ndarray:
            assert task is TINY
            assert steps == 5
            cohorts.append(len(replicas))
            return np.array([loss(r.rate * SGD.update_size / TINY.rate) for r in replicas])

        monkeypatch.setattr(tuning, "train", train)
        return cohorts

    return install


def valley(bottom: float) -> Callable[[float], float]:
    return lambda rate: (math.log2(rate) - bottom) ** 2


def tried(swept: Sweep) -> list[float]:
    """The base-2 logarithm of every rate, relative to the task's."""
    return [round(math.log2(rate / TINY.rate), 9) for rate in swept.rates]


@pytest.mark.parametrize(
    ("bottom", "expected"),
    [
        (0.0, [-1, 0, 1]),
        (3.0, [-1, 0, 1, 2, 3, 4]),
        (3.4, [-1, 0, 1, 2, 3, 4]),
        (1.0, [-1, 0, 1, 2]),
        (-1.0, [-2, -1, 0, 1]),
        (-4.0, [-5, -4, -3, -2, -1, 0, 1]),
    ],
)
def test_grid_grows_on_the_edge_side_until_the_best_is_inside(
    landscape: Callable[[Callable[[float], float]], list[int]],
    bottom: float,
    expected: list[float],
) -> None:
    """A rate is added at a time, on the side of the best, until one beyond the best is worse."""
    landscape(valley(bottom))
    (swept,) = sweep(TINY, [SGD], 5, [[0]], grid=THREE)
    assert tried(swept) == expected
    assert swept.best_rate == pytest.approx(TINY.rate * 2 ** round(bottom))


@pytest.mark.parametrize(
    ("limit", "expected"), [(0.0, [-1, 0, 1]), (1.0, [-1, 0, 1, 2]), (3.0, [-1, 0, 1, 2, 3, 4])]
)
def test_growth_stops_at_divergence(
    landscape: Callable[[Callable[[float], float]], list[int]],
    limit: float,
    expected: list[float],
) -> None:
    """Where the loss falls until it diverges, one diverging rate is tried and none beyond."""
    landscape(lambda rate: -math.log2(rate) if math.log2(rate) < limit + 0.5 else INF)
    (swept,) = sweep(TINY, [SGD], 5, [[0]], grid=THREE)
    assert tried(swept) == expected
    assert swept.best_rate == pytest.approx(TINY.rate * 2**limit)


def test_grid_moves_down_while_every_rate_diverges(
    landscape: Callable[[Callable[[float], float]], list[int]],
) -> None:
    """Rates that all diverge are halved until one does not, and then until the best is inside."""
    landscape(lambda rate: INF if rate > 0.2 else valley(-4.0)(rate))
    (swept,) = sweep(TINY, [SGD], 5, [[0]], grid=THREE)
    assert tried(swept) == [-5, -4, -3, -2, -1, 0, 1]
    assert swept.best_rate == pytest.approx(TINY.rate / 16)


@pytest.mark.parametrize("growths", [0, 1, 3])
def test_grid_grows_at_most_so_often(
    landscape: Callable[[Callable[[float], float]], list[int]], growths: int
) -> None:
    """A best rate out of reach does not hold up the search."""
    landscape(valley(20.0))
    (swept,) = sweep(TINY, [SGD], 5, [[0]], grid=THREE, growths=growths)
    assert tried(swept) == [-1, 0, 1, *range(2, 2 + growths)]


def test_rule_that_always_diverges_ends_with_an_infinite_loss(
    landscape: Callable[[Callable[[float], float]], list[int]],
) -> None:
    """Its best loss is infinite; nothing is raised."""
    landscape(lambda _: INF)
    (swept,) = sweep(TINY, [SGD], 5, [[0, 1]])
    assert swept.best_loss == INF
    assert set(swept.best_losses().values()) == {INF}


def test_single_rate_stays_single(
    landscape: Callable[[Callable[[float], float]], list[int]],
) -> None:
    """A grid of one rate has no edge to grow on."""
    landscape(valley(4.0))
    (swept,) = sweep(TINY, [SGD], 5, [[0]], grid=(1.0,))
    assert tried(swept) == [0]


def test_cohorts_are_of_limited_size(
    landscape: Callable[[Callable[[float], float]], list[int]],
) -> None:
    """Many contenders are trained in parts, each of which fits into memory."""
    cohorts = landscape(valley(0.0))
    swept = sweep(TINY, [SGD] * 40, 5, [[0, 1]] * 40, grid=THREE)
    assert sum(cohorts) == 40 * 3 * 2
    assert max(cohorts) <= 64
    assert [tried(s) for s in swept] == [[-1, 0, 1]] * 40


def test_every_rate_is_tried_with_every_seed() -> None:
    """A sweep holds one finished training per rate and seed, and says which."""
    (swept,) = sweep(TINY, [ADAMW], 8, [[3, 5]])
    runs = [(e.rate, e.seed) for e in swept.evaluations]
    assert sorted(runs) == [(rate, seed) for rate in swept.rates for seed in (3, 5)]
    assert {(e.task, e.steps) for e in swept.evaluations} == {("tiny", 8)}
    assert len({e.loss for e in swept.evaluations}) == len(runs)


@pytest.mark.parametrize("factor", [1 / 64, 1.0, 16.0])
def test_tuning_finds_the_rate_wherever_the_grid_starts(factor: float) -> None:
    """On a real training the best rate ends up inside, next to the best of a wide grid."""
    wide = [2.0**n for n in range(-8, 7)]
    (everything,) = sweep(TINY, [SGD], 16, [[0, 1]], grid=wide, growths=0)
    (swept,) = sweep(TINY, [SGD], 16, [[0, 1]], grid=(factor / 2, factor, 2 * factor), growths=9)
    assert swept.rates[0] < swept.best_rate < swept.rates[-1]
    assert swept.best_rate == everything.best_rate
    assert swept.best_loss == everything.best_loss


def test_contenders_are_tuned_each_as_if_alone() -> None:
    """The same procedure for all: what one tries and finds does not depend on the others."""
    contenders = [ADAMW, SGD, SGD_TWICE]
    together = sweep(TINY, contenders, 8, [[0, 1]] * len(contenders))
    alone = [sweep(TINY, [one], 8, [[0, 1]])[0] for one in contenders]
    assert together == alone


def test_rates_are_relative_to_the_update_size() -> None:
    """A rule and its double are tuned alike, the decay included, and have the same losses."""
    assert SGD_TWICE.update_size == 2 * SGD.update_size
    once, twice = sweep(TINY, [SGD, SGD_TWICE], 8, [[0, 1]] * 2)
    assert once == twice


def test_trainings_made_again_give_the_same_losses() -> None:
    """All or some of a sweep's trainings, by themselves, agree to the last bit."""
    (swept,) = sweep(TINY, [ADAMW], 8, [[0, 1]])
    for chosen in (swept.evaluations, swept.evaluations[1::2]):
        again = carry_out(TINY, 8, [Training(ADAMW, e.rate, e.seed) for e in chosen])
        assert again == list(chosen)


def test_best_is_the_lowest_mean_over_seeds() -> None:
    """One lucky seed does not make a rate the best, one diverged seed rules a rate out."""
    losses = {0.1: (2.0, 2.0), 0.2: (1.5, 1.7), 0.4: (0.1, INF), 0.8: (0.9, 2.4)}
    swept = Sweep(
        tuple(
            Evaluation("tiny", 8, seed, rate, loss)
            for seed in (0, 1)
            for rate, pair in losses.items()
            for loss in [pair[seed]]
        )
    )
    assert swept.rates == [0.1, 0.2, 0.4, 0.8]
    assert swept.best_rate == 0.2
    assert swept.best_loss == pytest.approx(1.6)
    assert swept.best_losses() == {0: 1.5, 1: 1.7}
    assert swept.mean_loss(0.4) == INF


@pytest.mark.parametrize("contender", [ADAMW, LION], ids=["adamw", "lion"])
def test_racing_changes_no_tuned_loss(
    contender: Contender, monkeypatch: pytest.MonkeyPatch
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


def test_rung_limits_make_a_sweep_end_early() -> None:
    """A rule that others beat at the first rung has no loss, and no rate is added for it."""
    task = replace(TASKS["digit_images"], name="short", steps=60)
    missed, reached = sweep(
        task, [ADAMW, ADAMW], 60, [[0]] * 2, rung_limits=[(0.01, 0.01), (9.0, 9.0)]
    )
    assert missed.halted
    assert missed.evaluations == ()
    assert len(missed.rungs) == 1
    assert not reached.halted
    assert len(reached.rungs) == 2
    assert reached.evaluations
