"""Measures how the best learning rate moves with the width of a model and the size of batches.

The tasks are a family of `digit_images`: five widths of its hidden layer, four batch sizes, data
and number of steps unchanged. A plane through the logarithms of the best rates gives the slopes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from evosearch.card.section import Fact, Section, percent, short
from evosearch.card.sweeps import Means, Rule, sweep
from proxies.tasks.digits_family import (
    BASE_BATCH_SIZE,
    BASE_WIDTH,
    BATCH_SIZES,
    WIDTHS,
    digits_at,
)

_CONFIDENCE = 0.95
_DEAR = 0.05
"""The share of the loss from which the base's rate costs much."""
_PLANE = 3
"""The numbers that a plane has."""


@dataclass(frozen=True)
class Cell:
    """Holds the best rate of a rule at one width and batch size."""

    width: int
    batch_size: int
    rate: float
    """Relative to the rule's update size."""
    enclosed: bool
    """Whether the best rate has worse ones on both sides."""
    paid: float
    """The share by which the loss is higher at the base's best rate than at the best one here."""


@dataclass(frozen=True)
class Slope:
    """Is the slope of the logarithm of the best rate, with its 95% interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Transferred:
    """Says how a rule's best rate moves."""

    width: Slope
    batch_size: Slope
    cells: tuple[Cell, ...]

    @property
    def paid(self) -> float:
        """Averages what the base's rate costs elsewhere."""
        return float(np.mean([one.paid for one in self.cells]))

    @property
    def dearest(self) -> Cell:
        """Gives the cell where it costs most."""
        return max(self.cells, key=lambda one: one.paid)


@dataclass(frozen=True)
class Transfer:
    """Says how the best rates of a rule and of AdamW move."""

    own: Transferred
    adamw: Transferred


def transferred(
    means: Means,
    rule: Rule,
    name: str,
    seeds: Sequence[int],
    widths: Sequence[int] = WIDTHS,
    batch_sizes: Sequence[int] = BATCH_SIZES,
) -> Transferred:
    """Finds a rule's best rate at each width and batch size, its constants held.

    The base is trained first. `name` is what progress calls the rule.
    """
    base = sweep(means, digits_at(BASE_WIDTH, BASE_BATCH_SIZE), rule, seeds).grid_best
    places = [(width, batch) for width in widths for batch in batch_sizes]
    cells = []
    for number, (width, batch) in enumerate(places, start=1):
        means.tell(f"transfer of {name}: {number}/{len(places)}, width {width}, batches of {batch}")
        swept = sweep(means, digits_at(width, batch), rule, seeds, also=[base])
        paid = swept.mean(base) / swept.mean(swept.grid_best) - 1
        cells.append(Cell(width, batch, swept.best(), swept.enclosed, float(paid)))
    return Transferred(*slopes(cells), tuple(cells))


def slopes(cells: Sequence[Cell]) -> tuple[Slope, Slope]:
    """Fits a plane to log2 of the rates over log2 of width and batch size by least squares."""
    columns = np.log2([(one.width, one.batch_size) for one in cells])
    design = np.column_stack([np.ones(len(cells)), columns])
    rates = np.log2([one.rate for one in cells])
    fitted, *_ = np.linalg.lstsq(design, rates, rcond=None)
    free = len(cells) - _PLANE
    variance = float(np.sum(np.square(rates - design @ fitted))) / free if free > 0 else np.inf
    spread = np.sqrt(variance * np.diag(np.linalg.inv(design.T @ design)))
    reach = student.ppf((1 + _CONFIDENCE) / 2, free) if free > 0 else np.inf
    own = [
        Slope(float(value), float(value - reach * error), float(value + reach * error))
        for value, error in zip(fitted[1:], spread[1:], strict=True)
    ]
    return own[0], own[1]


def transfer_section(values: Transfer, seeds: int) -> Section:
    """Tells how the best rate moves."""
    own, other = values.own, values.adamw
    dearest = own.dearest
    edges = sum(not one.enclosed for one in own.cells)
    facts = [
        Fact("exponent of the width", f"{_slope(own.width)}, AdamW {_slope(other.width)}"),
        Fact(
            "exponent of the batch size",
            f"{_slope(own.batch_size)}, AdamW {_slope(other.batch_size)}",
        ),
        Fact(
            "loss paid for the base's rate everywhere",
            f"{percent(own.paid)}, at most {percent(dearest.paid)} (width {dearest.width}, batches "
            f"of {dearest.batch_size}); AdamW {percent(other.paid)}, at most "
            f"{percent(other.dearest.paid)}",
        ),
    ]
    if edges:
        facts.append(Fact("best rates at the edge of what was tried", str(edges)))
    return Section(
        "transfer",
        "Transfer of the learning rate",
        f"On digit_images with {len({one.width for one in own.cells})} widths and "
        f"{len({one.batch_size for one in own.cells})} batch sizes the best of a grid of rates "
        f"was sought ({seeds} seeds); the best rate goes as width ** a * batch ** b. The base is "
        f"width {BASE_WIDTH}, batches of {BASE_BATCH_SIZE}.",
        tuple(facts),
        _meaning(values),
        values,
    )


def _slope(one: Slope) -> str:
    return f"{one.value:.2f} [{one.low:.2f}, {one.high:.2f}]"


def _meaning(values: Transfer) -> str:
    own = values.own
    told = [_moves(own.width, "width"), _moves(own.batch_size, "batch size")]
    cost = (
        "the base's rate costs much elsewhere, so rescale it or tune anew"
        if own.paid > _DEAR
        else "the base's rate costs little elsewhere"
    )
    return (
        f"{' '.join(told)} In this family {cost}. It has one hidden layer, and all trainings have "
        "as many steps."
    )


def _moves(slope: Slope, what: str) -> str:
    if slope.low <= 0 <= slope.high:
        return f"Nothing shows that the best rate depends on the {what}."
    if slope.value < 0:
        return f"For twice the {what} divide the rate by {short(2**-slope.value)}."
    return f"For twice the {what} multiply the rate by {short(2**slope.value)}."
