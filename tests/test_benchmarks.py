"""A benchmark whose steps do nothing ends; the time of no work is no result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

import evosearch
from evosearch.screening.contender import plan
from proxies import TASKS, Replica
from proxies.training.engine import PLAIN
from proxies.training.trainer import Cohort
from scripts import bench_export, bench_training
from scripts.movement import NothingMoved, moving

SIDES: dict[str, Callable[..., Any]] = {
    "torch": lambda weights: torch.optim.AdamW(weights, foreach=True),
    "ours, which counts": evosearch.optimizer("adamw"),
    "ours, which need not": evosearch.optimizer("lion"),
}


def _side(name: str) -> bench_export.Side:
    return bench_export.side(SIDES[name], [torch.randn(5), torch.randn(2, 3)])


def _cohort() -> Cohort:
    rule = plan(evosearch.lower(evosearch.known_rule("adamw"), bind=True))
    return Cohort(TASKS["logistic"], [Replica(rule, 0.01, seed) for seed in (0, 1)], 3, PLAIN)


@pytest.mark.parametrize("name", SIDES)
def test_optimizers_that_step_are_timed(name: str) -> None:
    """Also those that keep no count of their steps."""
    assert bench_export.seconds(_side(name), 3) > 0


@pytest.mark.parametrize("name", SIDES)
def test_an_optimizer_that_does_nothing_is_not(name: str) -> None:
    """Ours or theirs."""
    idle = replace(_side(name), step=lambda: None)
    with pytest.raises(NothingMoved, match="tensor 0 of 2 did not move"):
        bench_export.seconds(idle, 3)


def test_nor_is_one_that_leaves_out_a_parameter() -> None:
    """The second of two, whose gradient is missing."""
    side = _side("torch")
    side.weights[1].grad = None
    with pytest.raises(NothingMoved, match="tensor 1 of 2 did not move"):
        bench_export.seconds(side, 3)


def test_nor_is_one_that_takes_fewer_steps() -> None:
    """Every other call does nothing, though the weights have moved in the end."""
    side = _side("ours, which counts")
    calls = iter(range(100))
    lazy = replace(side, step=lambda: next(calls) % 2 or side.step())
    with pytest.raises(NothingMoved, match=r"expected 4 steps .* after \[3\], got \[5\]"):
        bench_export.seconds(lazy, 4)


def test_weights_must_stay_finite() -> None:
    """What has become NaN has moved, to nowhere."""
    weights = [torch.ones(2)]
    with pytest.raises(NothingMoved, match="is not finite"), moving("it", weights):
        weights[0][1] = torch.nan


@pytest.mark.parametrize("timed", [bench_training.run, bench_training.in_two_parts])
def test_a_trainer_whose_rules_do_nothing_is_not_timed(
    timed: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its gradients are computed all the same."""
    assert timed(_cohort(), 3, PLAIN)
    monkeypatch.setattr(Cohort, "update", lambda *_: None)
    with pytest.raises(NothingMoved, match="a cohort: tensor 0 of 2 did not move"):
        timed(_cohort(), 3, PLAIN)
