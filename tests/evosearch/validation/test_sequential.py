"""Adding trials until verdicts are clear."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evosearch.validation.evidence import judge, judge_one
from evosearch.validation.outcome import BETTER
from evosearch.validation.sequential import last_horizon, measure_until_clear
from tests.support.known_trials import Array, Drawn, drawn

LEVEL = 0.05
TRUTHS = [0.0, 0.05, -2.0, 0.0, 0.4, 0.1, 0.3]
"""Of two baselines and five rules."""
LOGS = drawn(np.random.default_rng(5), TRUTHS, 9)


def lasted(logs: Array, baselines: int, limit: int, level: float = LEVEL) -> list[int]:
    """How many trials each member got."""
    rules = logs.shape[1] - baselines
    series = measure_until_clear(Drawn(logs), baselines, rules, limit, level)
    return [len(own) for own in series]


def test_each_rule_gets_trials_until_it_is_clear() -> None:
    """To be read off what was drawn; baselines get as many as the rule with the most."""
    known = [LOGS[:, place, -1] for place in (0, 1)]
    first_clear = [
        next(
            (
                count
                for count in range(1, 10)
                if judge_one(
                    LOGS[:count, rule, -1],
                    known[0][:count],
                    [one[:count] for one in known],
                    LEVEL / 5,
                ).clear
            ),
            9,
        )
        for rule in range(2, 7)
    ]
    assert len(set(first_clear)) > 2
    assert first_clear[1] == 9  # which is as fast as AdamW: nothing to be clear of
    assert lasted(LOGS, 2, 9) == [9, 9, *first_clear]


def test_what_was_measured_is_given_and_nothing_is_asked_for_twice() -> None:
    """Each trial once, of the baselines and of those rules that are not clear yet."""
    laboratory = Drawn(LOGS)
    series = measure_until_clear(laboratory, 2, 5, 9, LEVEL)
    for place, own in enumerate(series):
        assert np.array_equal(own, LOGS[: len(own), place])
    counts = [len(own) for own in series]
    assert laboratory.asked == [
        tuple(place for place in range(7) if counts[place] > number) for number in range(9)
    ]


def test_it_stops_once_all_is_clear_or_at_the_limit() -> None:
    """Rules far from AdamW need few trials, one that is as fast gets all; none, one."""
    far = drawn(np.random.default_rng(6), [0.0, 1.5, -1.5], 20)
    assert max(lasted(far, 1, 20)) < 10
    same = drawn(np.random.default_rng(7), [0.0, 0.0], 6)
    assert lasted(same, 1, 6) == [6, 6]
    assert lasted(same[:, :1], 1, 6) == [1]


def test_equal_rules_are_clear_once_the_interval_says_so() -> None:
    """A rule that does what AdamW does, but for a hair, does not get all trials."""
    hair = 1e-3 * np.sin(np.arange(12.0))
    logs = np.stack([np.zeros((12, 1, 2)), np.broadcast_to(hair[:, None, None], (12, 1, 2))], 1)
    assert lasted(logs, 1, 12)[1] < 6


def test_a_rule_goes_on_until_its_tasks_give_evidence_too() -> None:
    """Two tasks that move against each other: the mean is clear long before either of them."""
    wave = 0.35 * np.array([1, -1, 1, 1, -1, -1, 1, -1, 1, -1, -1, 1] * 2)
    small = 0.01 * np.sin(np.arange(24.0))
    rule = np.stack([0.3 + small + wave, 0.3 + small - wave], axis=-1)[:, None]
    logs = np.stack([np.zeros((24, 1, 2)), rule], axis=1)
    count = lasted(logs, 1, 24)[1]
    own, adamw = rule[:count, 0], np.zeros((count, 2))
    assert judge([own], [adamw], LEVEL)[0].over_adamw.verdict == BETTER
    assert judge([own[:-1]], [adamw[:-1]], LEVEL)[0].over_adamw.verdict != BETTER
    assert judge_one(own[:-1], adamw[:-1], [adamw[:-1]], LEVEL).over_adamw.verdict == BETTER
    assert 6 < count < 24


def test_the_last_horizon_decides() -> None:
    """Whatever comes before it."""
    earlier = np.concatenate([100 * np.abs(LOGS), LOGS], axis=2)
    assert lasted(earlier, 2, 9) == lasted(LOGS, 2, 9)
    assert np.array_equal(last_horizon(earlier[:, 3]), LOGS[:, 3, 0])


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(5)))
def test_the_order_of_rules_changes_nothing(order: list[int]) -> None:
    """Neither what is said of a rule nor how many trials it gets."""
    places = [0, 1, *(2 + rule for rule in order)]
    usual = measure_until_clear(Drawn(LOGS), 2, 5, 9, LEVEL)
    moved = measure_until_clear(Drawn(LOGS, places), 2, 5, 9, LEVEL)
    assert all(np.array_equal(moved[at], usual[place]) for at, place in enumerate(places))
    said, said_of_moved = (
        judge(
            [last_horizon(one) for one in series[2:]],
            [last_horizon(one) for one in series[:2]],
            LEVEL,
        )
        for series in (usual, moved)
    )
    assert said_of_moved == [said[rule] for rule in order]


@pytest.mark.parametrize("others", [0, 4])
def test_other_rules_have_no_say_in_when_one_is_clear(others: int) -> None:
    """At the same share of the level."""
    logs = LOGS[:, [0, 1, 4, 2, 3, 5, 6][: 3 + others]]
    assert lasted(logs, 2, 9, LEVEL * (1 + others) / 5)[2] == lasted(LOGS, 2, 9)[4]


def test_intervals_cover_where_one_stops_when_it_suits() -> None:
    """All of four rules' over AdamW and over the best, in at least the share that is claimed."""
    generator, tries, level, missed = np.random.default_rng(8), 60, 0.2, [0, 0]
    truths = np.array([0.0, 0.1, 0.0, 0.1, 0.25, -0.3])
    for _ in range(tries):
        logs = drawn(generator, list(truths), 10, tasks=2)
        series = [last_horizon(own) for own in measure_until_clear(Drawn(logs), 2, 4, 10, level)]
        judged = judge(series[2:], series[:2], level)
        for kind, best in enumerate((0.0, 0.1)):
            gains = [(one.over_adamw, one.over_best)[kind].gain for one in judged]
            missed[kind] += not all(
                gain.low <= 2 ** (truth - best) <= gain.high
                for gain, truth in zip(gains, truths[2:], strict=True)
            )
    assert max(missed) <= stats.binom.ppf(0.999, tries, level)
