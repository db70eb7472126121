"""The ranges of constants: against a landscape whose walls are known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from evosearch import known_rule, parse
from evosearch.card.constants import Constants, constants, constants_section
from evosearch.card.sweeps import Means, Rule, sweep
from evosearch.scoring import sensitivity
from evosearch.scoring.sensitivity import Sensitivity
from evosearch.scoring.trainings import Evaluation, Training, evaluation
from proxies import Engine, Task
from tests.support.made_losses import install
from tests.support.tiny_task import TINY

RULE = Rule(known_rule("lion"))
SEEDS = (0, 1, 2, 3)


def test_ranges_and_factors(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rate has walls at e ** -0.6 and e ** 1.1; betas have none.

    Values move by e ** (1/4, 1/2, 1, 2, 4), so what counts is e ** -0.5 and e ** 1.
    """
    centre = TINY.rate

    def loss(_: Task, one: Training) -> float:
        inside = -0.6 < np.log(one.rate / centre) < 1.1
        return (1.0 if inside else 2.0) + 0.001 * one.seed

    def carry_out(
        task: Task, steps: int, trainings: Sequence[Training], _: Engine
    ) -> list[Evaluation]:
        return [evaluation(task, steps, one, loss(task, one)) for one in trainings]

    monkeypatch.setattr(sensitivity, "carry_out", carry_out)
    install(monkeypatch, lambda _, one: 1.0 + np.log2(one.rate / centre) ** 2)
    lines: list[str] = []
    means = Means(tell=lines.append)
    swept = sweep(means, TINY, RULE, SEEDS)
    install(monkeypatch, loss)
    values = constants(Means(tell=lines.append), TINY, RULE, swept, SEEDS)
    rate, *betas = values.ranges
    assert rate.value == pytest.approx(centre)
    assert values.factors[0] == pytest.approx((np.exp(0.5), np.exp(1.0)), rel=1e-3)
    assert sorted(one.name for one in betas) == ["beta1", "beta2"]
    # 1 - beta moves by e ** 4 to either side, or to 0, where beta is at its end.
    for down, up in values.factors[1:]:
        assert down == pytest.approx(np.exp(4), rel=1e-2)
        assert up > 5
    assert lines[-3:] == [
        f"ranges on tiny: {n}/3 {one.name}" for n, one in enumerate(values.ranges, start=1)
    ]
    section = constants_section(values, len(SEEDS))
    assert section.meaning.startswith("Leave the learning rate, ")
    assert section.facts[0].label == f"learning rate {centre / RULE.contender.update_size:.4g}"


def test_a_narrow_range_is_one_to_tune(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wall at e ** 0.3 on one side is near."""

    def loss(_: Task, one: Training) -> float:
        return 1.0 if np.log(one.rate / TINY.rate) < 0.3 else 2.0

    install(monkeypatch, lambda task, one: 1.0 + np.log2(one.rate / task.rate) ** 2)
    swept = sweep(Means(), TINY, RULE, SEEDS)
    install(monkeypatch, loss)
    monkeypatch.setattr(
        sensitivity,
        "carry_out",
        lambda task, steps, trainings, _: [
            evaluation(task, steps, one, loss(task, one)) for one in trainings
        ],
    )
    values = constants(Means(), TINY, RULE, swept, SEEDS)
    meaning = constants_section(values, len(SEEDS)).meaning
    assert meaning.startswith("Tune the learning rate: to one side at least there is little room.")
    assert "Leave beta" in meaning


def test_a_range_says_where_nothing_near_is_inside() -> None:
    """And is in the units of an optimizer: the rate divided by the update size."""
    ranges = (
        Sensitivity("rate", 0.2, 0.2, 0.2, False, False),
        Sensitivity("beta", 0.9, 0.9, 0.99, False, True),
        Sensitivity("c1", 1e-8, 1e-9, 1e-8, True, False),
    )
    values = Constants("tiny", ranges, ((1.0, 1.0), (10.0, 1.0), (10.0, 1.0)), ("c1",), 0.5)
    assert "Tune the learning rate, beta and the literal 1e-08:" in (
        constants_section(values, 4).meaning
    )
    assert [(fact.label, fact.value) for fact in constants_section(values, 4).facts] == [
        ("learning rate 0.4", "no other value that was tried is inside"),
        ("beta 0.9", "from 0.9 to 0.99 or more; no lower value that was tried is inside"),
        ("literal 1e-08", "from 1e-09 or less to 1e-08; no higher value that was tried is inside"),
    ]


def test_bare_numbers_are_known_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    """A constant without a name has one made up, which a reader cannot know."""
    rule = Rule(parse("def f(g, m, *, b=0.9):\n  m = lerp(g, m, b)\n  return clamp(m, -0.3, 9), m"))
    install(monkeypatch, lambda task, one: 1.0 + np.log2(one.rate / task.rate) ** 2)
    swept = sweep(Means(), TINY, rule, SEEDS)
    monkeypatch.setattr(
        sensitivity,
        "carry_out",
        lambda task, steps, trainings, _: [evaluation(task, steps, one, 1.0) for one in trainings],
    )
    values = constants(Means(), TINY, rule, swept, SEEDS)
    numbers = {one.name: one.value for one in values.ranges}
    assert sorted(numbers[name] for name in values.literals) == [-0.3, 9.0]
    assert "b" not in values.literals
