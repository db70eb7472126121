"""Rules that do the same are one class, whatever their text; rules that do not are two."""

import numpy as np
import pytest
from numpy.typing import NDArray

from evosearch import known_rule, lower, parse, rule_names
from evosearch.screening import fingerprint as implementation
from evosearch.screening.fingerprint import (
    LENGTH,
    Fingerprint,
    fingerprint,
)
from evosearch.screening.fingerprint_index import FingerprintIndex
from evosearch.screening.long_probe import LONG_STEPS
from evosearch.screening.short_probe import run

Array = NDArray[np.float64]

ADAM = """
def adam(g, m, v, t):
    m = lerp(g, m, {beta1})
    v = lerp(square(g), v, {beta2})
    return {scale} * (m / (1 - {beta1} ** t)) / (sqrt(v / (1 - {beta2} ** t)) + {eps}), m, v
"""


def of(text: str) -> Fingerprint:
    return fingerprint(run(lower(parse(text), bind=True)))


def adam(
    beta1: str = "0.9", beta2: str = "0.999", eps: str = "1e-8", scale: str = "1"
) -> Fingerprint:
    return of(ADAM.format(beta1=beta1, beta2=beta2, eps=eps, scale=scale))


def same(a: Fingerprint, b: Fingerprint) -> bool:
    """Whether two fingerprints are one class of an index."""
    index = FingerprintIndex()
    index.add(a)
    return index.find(b) is not None


@pytest.mark.parametrize("scale", ["2", "0.001", "1e30", "1e-30", "3 * t / t"])
def test_positive_scale_does_not_matter(scale: str) -> None:
    """A direction and a positive multiple of it are one class."""
    assert same(adam(), adam(scale=scale))


def test_sign_matters() -> None:
    """A direction and its negative are two classes."""
    assert not same(adam(), adam(scale="-1"))


@pytest.mark.parametrize(
    "changed",
    [
        {"beta1": "0.909"},
        {"beta1": "0.891"},
        {"beta2": "0.98901"},
        {"beta2": "0.9991"},
        {"eps": "1e-6"},
    ],
    ids=str,
)
def test_changed_constant_is_another_class(changed: dict[str, str]) -> None:
    """A constant changed by one per cent, where that matters, makes another class."""
    assert not same(adam(), adam(**changed))


@pytest.mark.parametrize(
    "text",
    [
        "def f(g, m, v, t):\n m = m + 0.1 * (g - m)\n v = v + 0.001 * (g * g - v)\n"
        " return m / (1 - 0.9 ** t) / (sqrt(v / (1 - 0.999 ** t)) + 1e-8), m, v",
        "def f(g, m, v, a, b):\n m = 0.9 * m + g\n v = 0.999 * v + g ** 2\n"
        " a = 0.9 * a + 1\n b = 0.999 * b + 1\n"
        " return m / a / (sqrt(v / b) + 1e-8), m, v, a, b",
    ],
    ids=["increments", "unscaled-states"],
)
def test_same_function_written_otherwise_is_the_same_class(text: str) -> None:
    """Other algebra, other states and their rounding do not split a class."""
    assert same(adam(), of(text))


def test_known_rules_of_other_formulas_are_other_classes() -> None:
    """Momentum, its sign, and Adam are told apart."""
    texts = ["adamw", "lion", "signum"]
    assert set(texts) <= set(rule_names())
    vectors = [fingerprint(run(lower(known_rule(name), bind=True))) for name in texts]
    index = FingerprintIndex()
    for vector in vectors:
        assert index.find(vector) is None
        index.add(vector)


def test_fingerprint_is_the_direction_compressed() -> None:
    """It is the direction but for a factor, once the compression of large numbers is undone."""
    trace = run(lower(parse("def f(w, g):\n return 5 * g + w"), bind=True))
    vector = fingerprint(trace).short
    assert vector.shape == (LENGTH,)
    undone = np.sinh(vector) * 1e-6 * trace.update_size
    np.testing.assert_allclose(undone, trace.everything.ravel(), rtol=1e-12)


def test_the_long_trajectory_is_run_only_where_the_short_part_agrees(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rules that switch cost no more than others until two of them seem to be the same."""
    runs = []
    original = implementation.run_long
    monkeypatch.setattr(implementation, "run_long", lambda *a: runs.append(a) or original(*a))
    index = FingerprintIndex()
    text = "def f(g, m):\n m = lerp(g, m, {})\n return sign(m), m"
    for beta in (0.5, 0.7, 0.9, 0.99):
        assert index.find(of(text.format(beta))) is None
        index.add(of(text.format(beta)))
    assert not runs
    assert index.find(of(text.format(0.9))) == 2
    assert len(runs) == 2


@pytest.mark.parametrize("shape", ["sign(m)", "g * (1 + sign(g) * sign(m))", "m * (m * g > 0)"])
@pytest.mark.parametrize("beta", [0.6, 0.9, 0.965, 0.99, 0.995])
def test_decay_rates_show_through_signs(shape: str, beta: float) -> None:
    """One per cent of 1 - beta makes another class though beta decides nothing but signs."""
    text = "def f(g, m, *, beta={}):\n m = lerp(g, m, beta)\n return {}, m"
    assert not same(of(text.format(beta, shape)), of(text.format(1 - (1 - beta) * 1.01, shape)))


@pytest.mark.parametrize(
    ("text", "one", "other"),
    [
        ("m = lerp(g, m, {})\n return g * sign(sum(m)), m", "0.9", "0.901"),
        ("m = lerp(g, m, {})\n return g * (mean(g * m) > 0), m", "0.9", "0.901"),
        ("m = lerp(g, m, 0.9)\n return g * (mean(g * m > 0) > {}), m", "0.9", "0.89"),
        ("return g * cosine_sim({}, 1), m", "mean(g) + m", "numel() + m"),
        ("return sign(g + {}), m", "0", "1e-9"),
        ("return sign(g) * max(0.97 ** t, {}), m", "0.01", "0.0102"),
        ("return g * where(t > {}, 2, 1), m", "150", "153"),
        ("return sign(g) * {}, m", "1", "where(t > 20, exp(exp(t)), 1)"),
        ("return g / (sqrt(abs(sum(g))) + {}), m", "1e-8", "1.5e-8"),
    ],
    ids=["sum", "mean", "share", "cosine", "saturated", "size", "late", "overflow", "epsilon"],
)
def test_what_training_tells_apart_is_two_classes(text: str, one: str, other: str) -> None:
    """Rules that differ in what happens seldom, late, to few numbers or by little."""
    text = f"def f(g, m, t):\n {text}"
    assert same(of(text.format(one)), of(text.format(one)))
    assert not same(of(text.format(one)), of(text.format(other)))


def with_long_part(
    projections: Array, nudged: Array | None = None, switch: bool = True
) -> Fingerprint:
    """A fingerprint whose directions all have size one."""
    moved = projections if nudged is None else nudged
    parts = {False: projections, True: moved}
    return Fingerprint(
        np.zeros(LENGTH), switch, lambda n: np.stack([parts[n], np.ones(LONG_STEPS)])
    )


def test_long_parts_are_compared_if_either_rule_switches() -> None:
    """A rule without a switch is told from one that switches seldom, and found if it does not."""
    one, other = np.random.default_rng(6).standard_normal((2, LONG_STEPS))
    plain, switching = with_long_part(one, switch=False), with_long_part(other)
    assert not same(plain, switching)
    assert not same(switching, plain)
    assert same(plain, with_long_part(one))
    assert same(plain, with_long_part(other, switch=False))


def test_rules_part_on_the_long_trajectory_by_more_than_rounding_does() -> None:
    """What a nudge of the gradients does as well by then parts nothing."""
    still, sudden = np.zeros((2, LONG_STEPS))
    sudden[-20:] = 0.1
    chaos = np.zeros(LONG_STEPS)
    chaos[-26:-20] = 10.0 ** np.arange(-12, 0, 2)
    assert not same(with_long_part(still), with_long_part(sudden))
    assert not same(with_long_part(still), with_long_part(sudden, sudden + 1e-6 * chaos))
    assert same(with_long_part(still), with_long_part(sudden, sudden + chaos))


def test_overflow_parts_rules_unless_states_have_grown() -> None:
    """A rule that leaves the numbers at once is another; where states explode, spelling decides."""
    bounded = "def f(g, m):\n m = m + 1\n return sign(g) * where(m > 20, {}, 1), m"
    assert not same(of(bounded.format("1")), of(bounded.format("exp(exp(m))")))
    assert same(
        of("def f(g, m):\n m = 1e5 * m + 1\n return sign(g) * m ** 0.5 * m ** 0.5, m"),
        of("def f(g, m):\n m = 1e5 * m + 1\n return sign(g) * (m * m) ** 0.5, m"),
    )


def test_small_directions_count_like_large_ones() -> None:
    """What changes for small gradients alone makes another class, at any size of the others."""
    a = of("def f(g):\n return g * max(abs(g), 1e-4)")
    b = of("def f(g):\n return g * max(abs(g), 1.01e-4)")
    assert not same(a, b)
