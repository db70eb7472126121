"""Verdicts, where the truth is known."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from evosearch import parse
from evosearch.ablation.journal import Journal
from evosearch.ablation.judge import Judge, Means
from evosearch.ablation.trials import Entry, Trial
from evosearch.ablation.variant import Variant
from evosearch.graph.graph import Graph
from evosearch.scoring.yardstick import MeasuredTask
from tests.support.known_worths import TASKS, Oracle, quiet

FIRST = Variant.of(parse("def f(g, m): m = lerp(g, m, 0.9); return tanh(m) + exp(m), m"))
USEFUL = Variant.of(parse("def f(g, m): m = lerp(g, m, 0.9); return exp(m), m"))
"""Without what is useful."""
NEUTRAL = Variant.of(parse("def f(g, m): m = lerp(g, m, 0.9); return tanh(m), m"))
"""Without what is not."""


def truth(graph: Graph) -> float:
    """A hyperbolic tangent makes a rule a quarter faster, whatever else is there."""
    return 0.0 if any(node.op == "tanh" for node in graph.nodes) else -0.3


def judge(oracle: Oracle, journal: Journal | None = None, seed: int = 0) -> Judge:
    return Judge(FIRST, Means(TASKS, oracle, seed=seed), journal or Journal(), quiet)


def test_what_is_known_without_noise_is_told() -> None:
    """The slower one is refused."""
    one = judge(Oracle(truth))
    assert one.acceptable([USEFUL, NEUTRAL], "") == [False, True]
    assert one.over(USEFUL).speed == pytest.approx(2**-0.3)
    assert one.over(NEUTRAL).speed == 1
    assert one.over(USEFUL, NEUTRAL).speed == pytest.approx(2**-0.3)
    assert one.confirmed(USEFUL).speed == pytest.approx(2**-0.3)


def test_verdicts_are_right_nearly_always_under_noise() -> None:
    """With as much noise of a tuning as two small tasks have: 6% each."""
    verdicts = [
        judge(Oracle(truth, 0.08), seed=n).acceptable([USEFUL, NEUTRAL], "") for n in range(60)
    ]
    assert sum(useful for useful, _ in verdicts) <= 1
    assert sum(neutral for _, neutral in verdicts) >= 56


def test_one_that_is_far_slower_is_tried_once() -> None:
    """And what the first tuning leaves open is tried as often again."""
    hopeless = Oracle(lambda graph: -1.0 if truth(graph) else 0.0)
    one = judge(hopeless)
    assert one.acceptable([USEFUL], "") == [False]
    assert one.over(USEFUL).trials == 1
    unclear = judge(Oracle(lambda graph: truth(graph) / 5))  # 4% slower
    unclear.acceptable([USEFUL], "")
    assert unclear.over(USEFUL).trials == 6


class Fickle(Oracle):
    """Every fourth trial of what lacks a hyperbolic tangent fails."""

    def _trial(self, entry: Entry, tasks: Sequence[MeasuredTask], number: int, seed: int) -> Trial:
        trial = super()._trial(entry, tasks, number, seed)
        return replace(trial, given_up=truth(entry.family.graph) < 0 and number % 4 == 3)


def test_one_that_fails_now_and_then_is_found_out_by_more_trials() -> None:
    """Three show nothing, six do."""
    fickle = judge(Fickle(lambda _: 0.0))
    assert fickle.acceptable([USEFUL, NEUTRAL], "") == [True, True]
    assert fickle.acceptable([USEFUL, NEUTRAL], "", thorough=True) == [False, True]


def test_a_trial_is_carried_out_once() -> None:
    """Also by a judge that comes later, with the journal of one that was interrupted."""
    journal, oracle = Journal(), Oracle(truth)
    first = judge(oracle, journal).acceptable([USEFUL, NEUTRAL], "")
    count = oracle.trials
    again = judge(oracle, journal)
    assert again.acceptable([NEUTRAL, USEFUL, NEUTRAL], "") == [first[1], first[0], first[1]]
    assert oracle.trials == count
