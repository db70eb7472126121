"""Rate and decay from AdamW's: against valleys that were put where they are."""

from __future__ import annotations

import pytest

from evosearch import known_rule, parse
from evosearch.card.advice import TUNINGS, Advice, advice, advice_section
from evosearch.card.sweeps import Rule, Sweep
from evosearch.card.update_sizes import Sizes, UpdateSizes
from tests.support.tiny_task import TINY, TINY_TOO

ADAMW = Rule(known_rule("adamw"))
RATES = (0.25, 0.5, 1.0, 2.0, 4.0)
SEEDS = 6


def valley(best: int, enclosed: bool = True) -> Sweep:
    """Losses 1, 2, 5 … around the rate of that place, alike for all seeds."""
    losses = tuple((1.0 + (place - best) ** 2,) * SEEDS for place in range(len(RATES)))
    return Sweep(RATES, losses, enclosed)


def updates(own: float, adamw: float) -> UpdateSizes:
    one, other = (Sizes((size,) * 4, size, size) for size in (own, adamw))
    return UpdateSizes("tiny", (0.01, 0.1, 0.5, 1.0), one, other)


def test_the_ratio_is_of_learning_rates_and_not_of_relative_ones() -> None:
    """A rule of ten times AdamW's updates has a tenth of its learning rate, and ten times its
    decay; what decay takes in a step is then the same."""
    text = "def f(g, m, v, t):\n    m = lerp(g, m, 0.9)\n    v = lerp(square(g), v, 0.999)\n"
    text += "    return 10 * (m / (1 - 0.9**t)) / (sqrt(v / (1 - 0.999**t)) + 1e-8), m, v"
    values = advice(Rule(parse(text)), ADAMW, [(TINY, valley(2), valley(2))], updates(10.0, 1.0))
    assert values.rate_ratio == pytest.approx(0.1)
    assert values.decay_ratio == 10
    assert values.trained_decay_ratio == pytest.approx(10)
    assert values.product_ratio == pytest.approx(1.0)
    assert len(values.tunings) == TUNINGS


def test_the_range_is_over_tasks_and_tunings() -> None:
    """Twice AdamW's rate on one task, half of it on another: the mean is one."""
    swept = [(TINY, valley(3), valley(2)), (TINY_TOO, valley(1), valley(2))]
    values = advice(ADAMW, ADAMW, swept, updates(1.0, 1.0))
    assert (values.rate_low, values.rate_high) == (pytest.approx(0.5), pytest.approx(2.0))
    assert values.rate_ratio == pytest.approx(1.0)
    assert [one.task for one in values.tunings] == ["tiny"] * 3 + ["tiny_too"] * 3
    assert "do not agree to a factor of 2" in advice_section(values).meaning


def test_tunings_differ_where_their_seeds_do() -> None:
    """Seeds 0 and 3 make the first tuning; their valley lies elsewhere."""
    losses = tuple(
        tuple(1.0 + (place - (3 if seed % 3 == 0 else 2)) ** 2 for seed in range(SEEDS))
        for place in range(len(RATES))
    )
    values = advice(
        ADAMW, ADAMW, [(TINY, Sweep(RATES, losses, True), valley(2))], updates(1.0, 1.0)
    )
    assert [one.ratio for one in values.tunings] == pytest.approx([2.0, 1.0, 1.0])


def made(**changes: object) -> Advice:
    base = advice(ADAMW, ADAMW, [(TINY, valley(2), valley(2))], updates(4.0, 1.0))
    return Advice(**{**vars(base), **changes})  # type: ignore[arg-type]


def test_a_user_is_told_how_sure_it_is() -> None:
    """One task, edges, and the two numbers to set."""
    section = advice_section(made(rate_ratio=0.25))
    assert section.meaning.startswith("Start with 0.25 times the learning rate")
    assert "4 times its weight decay" in section.meaning
    assert "one small task" in section.meaning
    edge = advice(ADAMW, ADAMW, [(TINY, valley(4, False), valley(2))], updates(1.0, 1.0))
    assert "not enclosed" in advice_section(edge).meaning
    labels = {fact.label: fact.value for fact in advice_section(edge).facts}
    assert labels["best learning rate on tiny"].endswith("(at the edge of what was tried: a bound)")
    assert labels["loss there on tiny"] == "1, AdamW's 1"
