"""Sizes of updates: against the gradients themselves, and signs."""

from __future__ import annotations

import numpy as np
import pytest

from evosearch import Program, known_rule, parse
from evosearch.card.sweeps import Rule
from evosearch.card.update_sizes import (
    measured_sizes,
    recorded,
    sizes,
    update_sizes_section,
)
from evosearch.screening.trajectory import Inputs
from primitives import NumpySegments
from proxies.task import rate_factors
from tests.support.tiny_task import TINY

SGD, LION, ADAMW = (Rule(known_rule(name)) for name in ("sgd", "lion", "adamw"))


def falling(steps: int = 100) -> Inputs:
    """Gradients of size 1/t in step t."""
    gradients = np.ones((steps, 4)) / np.arange(1, steps + 1)[:, None]
    return Inputs(NumpySegments([4]), np.ones((steps, 4)), gradients, np.full((steps, 1), 0.1))


def test_sizes_of_plain_descent_are_those_of_the_gradients() -> None:
    """Over windows of five steps, worked out here."""
    values = sizes(SGD, falling())
    squares = 1 / np.arange(1, 101) ** 2
    windows = [slice(0, 5), slice(5, 10), slice(45, 50), slice(95, 100)]
    assert values.at == pytest.approx([np.sqrt(squares[own].mean()) for own in windows])
    assert values.peak == 1.0
    assert values.whole == pytest.approx(np.sqrt(squares.mean()))


def test_signs_have_a_size_of_one() -> None:
    """All along, so that a schedule must end the training."""
    values = sizes(LION, falling())
    assert values.at == (1.0,) * 4
    assert values.peak == values.whole == 1.0


def test_a_recording_is_of_the_rules_own_training() -> None:
    """Weights move by the rate times the direction, and decay, from step to step."""
    rate = 0.05
    inputs = recorded(TINY, SGD, rate, seed=1)
    size = SGD.contender.update_size
    factors = rate_factors(TINY.steps, TINY.warmup)
    assert inputs.rates[:, 0] == pytest.approx(rate / size * factors)
    decay = TINY.weight_decay * size
    expected = (1 - inputs.rates * decay) * inputs.weights - inputs.rates * inputs.gradients
    assert np.allclose(expected[:-1], inputs.weights[1:], atol=1e-6)
    assert len(inputs.weights) == TINY.steps


@pytest.mark.parametrize(
    ("program", "words"),
    [
        (known_rule("lion"), "must be brought to zero by a schedule"),
        (known_rule("sgd"), "Updates shrink "),
        (parse("def f(g, t): return sign(g) * t"), "Updates grow "),
    ],
    ids=["lion", "sgd", "growing"],
)
def test_a_user_is_told_what_the_schedule_must_do(program: Program, words: str) -> None:
    """It depends on how updates change by themselves."""
    rule = Rule(program)
    values = measured_sizes(TINY, (rule, falling()), (ADAMW, falling()))
    section = update_sizes_section(TINY, values)
    assert words in section.meaning
    assert values.ratio == pytest.approx(values.own.whole / values.adamw.whole)
    assert [fact.label for fact in section.facts][:2] == [
        "at 1% of the training",
        "at 10% of the training",
    ]
