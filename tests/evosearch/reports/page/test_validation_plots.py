"""Pictures of validations."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evosearch.reports.page.validation_plots import forest, lengths
from evosearch.reports.page.validations import Validation
from evosearch.validation.outcome import Gain
from tests.support.made_outcome import BASELINES, outcome, two_rules
from tests.support.page_reader import faults, read_page, text_of

WHOLE = Validation("late", outcome(two_rules("run")))


def test_everybody_is_in_the_picture_and_in_its_words() -> None:
    """Rules and baselines, with their intervals."""
    picture = read_page(forest("v", WHOLE))
    assert faults(picture) == []
    letters = {text_of(one) for one in picture.iter("text")}
    assert {"rule_1", "other", *BASELINES} <= letters
    told = text_of(next(picture.iter("desc")))
    assert "rule_1 1.20 [1.15, 1.25], better" in told
    assert "other 1.01 [0.00, ∞], not distinguishable" in told


def test_the_gain_is_told_for_each_length() -> None:
    """Of rules alone, which is what is asked."""
    picture = read_page(lengths("v", WHOLE))
    assert faults(picture) == []
    told = text_of(next(picture.iter("desc")))
    assert "rule_1: 1.30 [1.25, 1.35] at 1 times the steps, 1.20 [1.15, 1.25] at 8 times" in told
    assert "lion" not in told


@pytest.mark.parametrize("gain", [Gain(0.0, 0.0, 0.0), Gain(1.0, 1.0, 1.0), Gain(99.0, 1.5, 1e9)])
def test_extreme_speed_ups_can_be_drawn(gain: Gain) -> None:
    """None, exactly one, and beyond what a yardstick tells apart."""
    (rule, _) = two_rules("run")
    extreme = replace(rule, gain=gain, by_horizon={"1.0": gain, "8.0": gain})
    one = Validation("late", outcome((extreme,)))
    assert faults(read_page(forest("v", one) + lengths("w", one))) == []
