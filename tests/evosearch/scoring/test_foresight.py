"""The agreement of two orders of rules is Kendall's tau-b; what is not told apart is a tie."""

import numpy as np
import pytest
from scipy.stats import kendalltau

from evosearch.scoring.foresight import agreement
from proxies.keys import generator

INF = float("inf")
Order = dict[str, list[float]]


def certain(places: list[float]) -> Order:
    """Rules whose tunings hardly differ, so that any difference between rules is telling."""
    return {f"rule{n}": [place, place + 1e-9] for n, place in enumerate(places)}


@pytest.mark.parametrize("seed", range(5))
def test_without_ties_it_is_kendalls_tau(seed: int) -> None:
    """As scipy computes it."""
    draw = generator("orders", seed)
    a, b = (draw.permutation(12).astype(float).tolist() for _ in range(2))
    assert agreement(certain(a), certain(b)).tau == pytest.approx(kendalltau(a, b).statistic)


@pytest.mark.parametrize("seed", range(5))
def test_with_equal_rules_it_is_tau_b(seed: int) -> None:
    """Where ties are between equals, as in scipy; orders agree in their ties too."""
    draw = generator("tied orders", seed)
    a, b = (draw.integers(4, size=12).astype(float).tolist() for _ in range(2))
    expected = kendalltau(a, b, variant="b").statistic
    assert agreement(certain(a), certain(b)).tau == pytest.approx(expected)
    assert agreement(certain(a), certain(a)).tau == pytest.approx(1.0)


def test_differences_within_two_standard_errors_are_ties() -> None:
    """Of three rules two are alike in one order, and all are told apart in the other.

    3 pairs: one tie against a sign, two signs agree. So tau-b is 2 / sqrt(2 * 3).
    """
    noisy = {"a": [1.0, 1.2, 0.8], "b": [1.1, 1.0, 1.2], "c": [5.0, 5.1, 4.9]}
    apart = {"a": [1.0, 1.1, 1.0], "b": [2.0, 2.1, 2.0], "c": [3.0, 3.1, 3.0]}
    assert agreement(noisy, apart).tau == pytest.approx(2 / np.sqrt(6))
    assert agreement(apart, noisy).tau == pytest.approx(2 / np.sqrt(6))


def test_a_lucky_variance_tells_nothing_apart() -> None:
    """Two rules whose two tunings happen to agree are a tie where those of others spread widely."""
    usual = {f"other{n}": [10.0 * n, 10.0 * n + 1.0] for n in range(1, 6)}
    ours = {"a": [0.0, 0.0], "b": [0.1, 0.1], **usual}
    theirs = {"a": [0.0, 0.0], "b": [0.0, 0.0], **usual}
    assert agreement(ours, theirs).tau == pytest.approx(1.0)


def test_a_rule_that_diverged_on_a_seed_is_the_worst() -> None:
    """It is told apart from all that did not, and not from another that did."""
    theirs = {"a": [1.0, 1.1, 1.2], "b": [2.0, 2.1, 2.2], "c": [3.0, 3.1, 3.2]}
    ours = {**theirs, "c": [0.1, INF, 0.1]}
    assert agreement(ours, theirs).tau == pytest.approx(1.0)
    both = {**ours, "b": [INF, INF, INF]}
    assert agreement(both, theirs).tau == pytest.approx(2 / np.sqrt(6))
    assert agreement({**theirs, "c": [0.1, float("nan"), 0.1]}, theirs).tau == pytest.approx(1.0)


def test_the_interval_holds_the_value_and_shrinks_with_rules() -> None:
    """It is a bootstrap over rules, the same at every call."""
    draw = generator("many orders")
    widths = []
    for count in (8, 60):
        a = draw.standard_normal(count)
        one, other = (certain(x.tolist()) for x in (a, a + draw.standard_normal(count)))
        tau, low, high = agreement(one, other)
        assert low < tau < high
        assert agreement(one, other) == (tau, low, high)
        widths.append(high - low)
    assert widths[1] < widths[0] / 2


def test_rules_that_only_one_order_knows_are_left_out() -> None:
    """Also where the other order has them in other places."""
    ours, theirs = certain([0.0, 1.0, 2.0]), certain([0.0, 1.0, 2.0])
    assert agreement({"x": [9.0, 9.0], **ours}, {**theirs, "y": [0.0, 0.0]}).tau == 1.0


@pytest.mark.parametrize("places", [[], [1.0], [1.0, 1.0, 1.0]])
def test_an_order_that_tells_nothing_apart_has_no_agreement(places: list[float]) -> None:
    """Then it is not a number, and nothing is warned of."""
    assert np.isnan(agreement(certain(places), certain(list(range(len(places)))))).all()
