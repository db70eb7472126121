"""How best rates move: against power laws that were put in, and chance that was."""

from __future__ import annotations

from dataclasses import replace
from math import log2

import numpy as np
import pytest

from evosearch import known_rule
from evosearch.card.sweeps import Means, Rule
from evosearch.card.transfer import (
    Cell,
    Slope,
    Transfer,
    Transferred,
    slopes,
    transfer_section,
    transferred,
)
from evosearch.scoring.trainings import Training
from proxies import TASKS, Task
from proxies.keys import generator
from proxies.tasks.digits_family import BATCH_SIZES, WIDTHS
from proxies.training.cost import parameter_count
from tests.support.made_losses import install

RULE = Rule(known_rule("sgd"))
GRID = [(width, batch) for width in WIDTHS for batch in BATCH_SIZES]


def cells(noise: np.ndarray, a: float = -0.5, b: float = 0.25) -> list[Cell]:
    return [
        Cell(w, n, float(0.03 * w**a * n**b * 2**shift), True, 0.0)
        for (w, n), shift in zip(GRID, noise, strict=True)
    ]


def test_slopes_of_a_power_law_are_its_exponents() -> None:
    """Exactly, with no width of the interval, where there is no noise."""
    width, batch = slopes(cells(np.zeros(len(GRID))))
    assert (width.value, batch.value) == (pytest.approx(-0.5), pytest.approx(0.25))
    assert width.high - width.low < 1e-9
    assert batch.high - batch.low < 1e-9


def test_intervals_hold_the_truth_in_95_of_100_cases() -> None:
    """By simulation with normal noise: 2000 intervals, of which 95% ± 2% should."""
    inside = []
    for number in range(1000):
        noise = 0.3 * generator("test transfer", number).standard_normal(len(GRID))
        width, batch = slopes(cells(noise))
        inside += [width.low <= -0.5 <= width.high, batch.low <= 0.25 <= batch.high]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.02)


def test_too_few_cells_have_no_interval() -> None:
    """Three points lie on any plane."""
    three = [cells(np.zeros(len(GRID)))[place] for place in (0, 1, 4)]
    width, _ = slopes(three)
    assert width.value == pytest.approx(-0.5)
    assert width.high == np.inf


def test_the_family_is_trained_and_its_law_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """With losses whose lowest points follow a law; the base's rate costs what they say."""

    def best(task: Task) -> float:
        width = (parameter_count(task) - 10) / 75
        return float(0.03 * (width / 32) ** -0.5 * (task.batch_size / 64) ** 0.5)

    def loss(task: Task, one: Training) -> float:
        return 1.0 + log2(one.rate / best(task)) ** 2

    install(monkeypatch, loss)
    lines: list[str] = []
    values = transferred(Means(tell=lines.append), RULE, "sgd", (0, 1), (32, 128), (16, 64))
    assert values.width.value == pytest.approx(-0.5)
    assert values.batch_size.value == pytest.approx(0.5)
    # Four times the width halves the rate; of the base's rate, twice too large, the loss is 2.
    paid = {(one.width, one.batch_size): one.paid for one in values.cells}
    assert paid == pytest.approx({(32, 64): 0, (32, 16): 1, (128, 64): 1, (128, 16): 4})
    assert values.paid == pytest.approx(1.5)
    assert (values.dearest.width, values.dearest.batch_size) == (128, 16)
    assert lines[0] == "transfer of sgd: 1/4, width 32, batches of 16"
    assert len(lines) == 4


def made(width: Slope, paid: float) -> Transfer:
    flat = Slope(0.0, -0.1, 0.1)
    some = (Cell(32, 64, 0.03, True, paid), Cell(64, 64, 0.03, False, paid))
    one = Transferred(width, flat, some)
    return Transfer(one, replace(one, width=flat))


def test_a_user_is_told_what_to_do_at_twice_the_width() -> None:
    """By the slope, if it is one."""
    section = transfer_section(made(Slope(-1.0, -1.2, -0.8), 0.2), 3)
    assert section.meaning.startswith(
        "For twice the width divide the rate by 2. Nothing shows that the best rate depends on the "
        "batch size. In this family the base's rate costs much"
    )
    cheap = transfer_section(made(Slope(1.0, 0.5, 1.5), 0.001), 3)
    assert cheap.meaning.startswith("For twice the width multiply the rate by 2.")
    assert "costs little elsewhere" in cheap.meaning
    facts = {fact.label: fact.value for fact in cheap.facts}
    assert facts["exponent of the width"] == "1.00 [0.50, 1.50], AdamW 0.00 [-0.10, 0.10]"
    assert facts["best rates at the edge of what was tried"] == "1"


def test_the_base_is_digit_images() -> None:
    """So that the base's rate is that of a task which ships."""
    assert TASKS["digit_images"].batch_size in BATCH_SIZES
