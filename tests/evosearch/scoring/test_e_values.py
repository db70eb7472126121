"""E-values of means, against integrals over the sphere and over prior and spread."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import dblquad, quad
from scipy.stats import norm

from evosearch.scoring import e_values

SERIES = (
    [0.3, 0.1],
    [0.3, -0.1, 0.25],
    [0.3, 0.1, -0.05, 0.4, 0.2],
    [-0.2, 0.1, -0.3, -0.1, -0.15, -0.25, 0.05],
)
LEVEL = 0.05


def by_integration(values: list[float], lowest: float) -> float:
    """The likelihood ratio with µ/σ = d from N(0, 9) above `lowest`, and dσ/σ integrated away."""

    def likelihood(d: float) -> float:
        def given(inverse: float) -> float:
            squares = sum((inverse * x - d) ** 2 for x in values)
            return inverse ** (len(values) - 1) * math.exp(-squares / 2)

        return float(quad(given, 0, 200, limit=400, points=[1, 5, 10, 20])[0])

    mixture = quad(lambda d: likelihood(d) * norm.pdf(d, 0, 3), lowest, 20, limit=400)[0]
    return float(mixture) / likelihood(0)


def looks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Evidence for a gain after each seed: runs `[M, N]` to `[M, N]`."""
    counts = range(1, values.shape[1] + 1)
    return np.stack([e_values.for_gain(values[:, :n]) for n in counts], axis=1)


def stopped(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Evidence for a gain at the first look at which it is clear, else at the last: `[M]`."""
    seen = looks(values)
    crossed = seen >= 1 / LEVEL
    stop = np.where(crossed.any(axis=1), crossed.argmax(axis=1), values.shape[1] - 1)
    return np.asarray(seen[np.arange(len(seen)), stop])


@pytest.mark.parametrize("values", SERIES)
def test_formula_is_the_integral(values: list[float]) -> None:
    """Over both sides for a difference, over one for a gain or a loss, of twice the density."""
    assert e_values.for_difference(values) == pytest.approx(by_integration(values, -20), rel=1e-6)
    assert e_values.for_gain(values) == pytest.approx(2 * by_integration(values, 0), rel=1e-6)
    turned = [-x for x in values]
    assert e_values.for_loss(values) == pytest.approx(2 * by_integration(turned, 0), rel=1e-6)


def test_two_values_by_hand() -> None:
    """With g = 9 and n = 2, s = 19; Q / R is 19 for equal values, and 1 for opposite ones."""
    assert e_values.for_difference([0.7, 0.7]) == pytest.approx(math.sqrt(19))
    assert e_values.for_difference([0.7, -0.7]) == pytest.approx(1 / math.sqrt(19))
    assert e_values.for_difference([0.7]) == pytest.approx(1)
    assert e_values.for_difference([0.0, 0.0]) == pytest.approx(1 / math.sqrt(19))


@pytest.mark.parametrize("weigh", [e_values.for_difference, e_values.for_gain, e_values.for_loss])
def test_expectation_is_one_without_effect(
    weigh: Callable[[list[float]], NDArray[np.float64]],
) -> None:
    """Two and three normal values of mean zero have a direction uniform on circle and sphere."""

    def on_circle(angle: float) -> float:
        return float(weigh([math.cos(angle), math.sin(angle)]))

    def on_sphere(height: float, angle: float) -> float:
        radius = math.sqrt(1 - height**2)
        return float(weigh([height, radius * math.cos(angle), radius * math.sin(angle)]))

    circle = quad(on_circle, 0, 2 * math.pi, limit=400)[0] / (2 * math.pi)
    sphere = dblquad(on_sphere, 0, 2 * math.pi, -1, 1, epsabs=1e-2, epsrel=1e-3)[0] / (4 * math.pi)
    assert circle == pytest.approx(1, rel=1e-6)
    assert sphere == pytest.approx(1, rel=2e-3)


@pytest.mark.parametrize("scale", [1e-200, 1e-3, 7.0, 1e200])
def test_scale_and_order_change_nothing(scale: float) -> None:
    """The evidence is the same in any unit, and whichever seed came first."""
    values = np.array(SERIES[2])
    for weigh in (e_values.for_difference, e_values.for_gain):
        assert weigh(values * scale) == pytest.approx(float(weigh(values)), rel=1e-9)
        assert weigh(values[::-1]) == pytest.approx(float(weigh(values)), rel=1e-9)


@pytest.mark.parametrize(("mean", "spread"), [(0.0, 1.0), (0.0, 1e-4), (-0.1, 1.0), (-1.0, 1.0)])
def test_no_gain_is_rarely_taken_for_one(mean: float, spread: float) -> None:
    """Looking after each of 40 seeds, 1/α is reached in at most α of runs; stopped there, the
    evidence is at most 1 on average.
    """
    generator = np.random.default_rng(1)
    evidence = stopped(generator.normal(mean * spread, spread, (4000, 40)))
    assert (evidence >= 1 / LEVEL).mean() <= LEVEL
    assert evidence.mean() <= 1 + 2 * evidence.std() / math.sqrt(len(evidence))


def test_a_gain_is_seen_soon() -> None:
    """A mean of three spreads is told within six seeds, of one spread within twenty-four."""
    generator = np.random.default_rng(2)
    noise = generator.normal(size=(1000, 24))
    assert (looks(noise + 3)[:, :6] >= 1 / LEVEL).any(axis=1).mean() > 0.95
    assert (looks(noise + 1) >= 1 / LEVEL).any(axis=1).mean() > 0.9


def test_tasks_are_averaged() -> None:
    """Strong evidence on one task and none on two others is a third of it."""
    assert e_values.over_tasks([[60.0, 0.0, 0.0], [1.0, 2.0, 3.0]]) == pytest.approx([20, 2])


def test_discoveries_by_hand() -> None:
    """Of four at 10%, one needs 40, two need 20 each, three need 13.3, four need 10."""

    def told(*evidence: float) -> list[bool]:
        return [bool(one) for one in e_values.discoveries(evidence, 0.1)]

    assert told(39, 19, 13, 9) == [False] * 4
    assert told(1, 41, 2, 3) == [False, True, False, False]
    assert told(21, 0, 20, 12) == [True, False, True, False]
    assert told(13.4, 13.5, 9, 13.6) == [True, True, False, True]
    assert told(10, 11, 12, 13) == [True] * 4
    assert told() == []


@pytest.mark.parametrize("shared", [0.0, 0.5, 0.95])
def test_false_discoveries_are_few_whatever_the_dependence(shared: float) -> None:
    """Of 30 candidates whose noise has a share in common by seed, 10 are better, and are found.

    Where none is better, all discoveries are false, so there are some in at most 5% of runs,
    though each candidate stops at a seed of its own; uncorrected there are many more.
    """
    generator = np.random.default_rng(3)
    runs, seeds, candidates = 1000, 12, 30
    common = generator.normal(size=(runs, 1, seeds))
    own = generator.normal(size=(runs, candidates, seeds))
    better = np.arange(candidates) % 3 == 0
    noise = math.sqrt(shared) * common + math.sqrt(1 - shared) * own
    null = stopped(noise.reshape(-1, seeds)).reshape(runs, candidates)
    assert np.mean([e_values.discoveries(e, LEVEL).any() for e in null]) <= LEVEL
    assert shared > 0 or (null >= 1 / LEVEL).any(axis=1).mean() > 4 * LEVEL
    gains = e_values.for_gain(noise + 2.5 * better[:, None])
    told = np.stack([e_values.discoveries(e, LEVEL) for e in gains])
    false = (told & ~better).sum(axis=1) / np.maximum(told.sum(axis=1), 1)
    assert false.mean() <= LEVEL
    assert told[:, better].mean() > 0.9


def test_bad_input_is_told() -> None:
    """In one line that says what to do."""
    with pytest.raises(ValueError, match="expected finite values; give a diverged training"):
        e_values.for_gain([0.1, -math.inf])
    with pytest.raises(ValueError, match="at least one seed, got none"):
        e_values.for_difference([])
    with pytest.raises(ValueError, match="at least one task, got none"):
        e_values.over_tasks([])
    with pytest.raises(ValueError, match="expected a level between 0 and 1, got 5"):
        e_values.discoveries([1.0], 5)
