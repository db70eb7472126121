"""torch's learning-rate schedulers as clients, and the same schedules in plain arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from torch import nn
from torch.optim import Optimizer, lr_scheduler

from scripts.clients.client import Client, Expected, Through, plain
from scripts.clients.problem import (
    RATE,
    STEPS,
    Make,
    Plan,
    Weights,
    batches,
    begin,
    has_momentum,
    loss_of,
    model,
    restarted,
    weights,
)

TOP, LOW = 2 * RATE, RATE / 10
SMALL, LARGE = 0.8, 0.95
"""Between which the momentum is cycled."""
METRICS = (3.0, 2.0, 2.5, 2.6, 1.0, 1.0)
"""What the plateau's scheduler is told after each step; two of them are no better than before."""


def scheduled(schedule: Callable[[Optimizer], Any], metrics: Sequence[float] = ()) -> Through:
    """Makes a training under a scheduler, in whose middle all is saved, made anew and loaded."""

    def through(make: Make, folder: Path) -> dict[str, Weights]:
        del folder

        def started() -> tuple[nn.Module, Optimizer, Any]:
            net = model()
            made = begin(make, net)
            return net, made, schedule(made)

        net, made, scheduler = started()
        for step, (x, y) in enumerate(batches()):
            if step == STEPS // 2:
                net, made, scheduler = restarted((net, made, scheduler), started)
            made.zero_grad()
            loss_of(net, x, y).backward()
            made.step()
            scheduler.step(*metrics[step : step + 1])
        return {"": weights(net)}

    return through


def momentum(made: Optimizer) -> dict[str, Any]:
    """Gives the options of torch's cyclic schedulers for a rule with a momentum, or without."""
    if has_momentum(made):
        return {"base_momentum": SMALL, "max_momentum": LARGE}
    return {"cycle_momentum": False}


def one_cycle(made: Optimizer) -> Any:
    shape = {"pct_start": 0.5, "div_factor": 10, "final_div_factor": 10}
    return lr_scheduler.OneCycleLR(made, TOP, total_steps=STEPS, **shape, **momentum(made))


def cyclic(made: Optimizer) -> Any:
    return lr_scheduler.CyclicLR(made, LOW, TOP, step_size_up=2, **momentum(made))


def plateau(made: Optimizer) -> Any:
    return lr_scheduler.ReduceLROnPlateau(made, factor=0.5, patience=0)


def cosine(start: float, end: float, share: float) -> float:
    """Gives the number between two that half a cosine has reached."""
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2


def one_cycle_plan() -> Plan:
    """Goes up over the first 2 of 5 intervals and down over the rest; momentum the other way."""
    up, down = (0, 1 / 2, 1), (1 / 3, 2 / 3, 1)
    rates, momenta = (
        [cosine(a, b, share) for share in up] + [cosine(b, c, share) for share in down]
        for a, b, c in ((TOP / 10, TOP, TOP / 100), (LARGE, SMALL, LARGE))
    )
    return Plan(rates=rates, momenta=momenta)


def cyclic_plan() -> Plan:
    """Goes up in 2 steps and down in 2; momentum the other way."""
    heights = (0, 1 / 2, 1, 1 / 2, 0, 1 / 2)
    rates = [LOW + (TOP - LOW) * height for height in heights]
    return Plan(rates=rates, momenta=[LARGE - (LARGE - SMALL) * height for height in heights])


def waned() -> Plan:
    """Halves the rate after each step whose metric was no better than the best."""
    return Plan(rates=[RATE, RATE, RATE, RATE / 2, RATE / 4, RATE / 4])


def cosines() -> Plan:
    return Plan(rates=[cosine(RATE, LOW, step / STEPS) for step in range(STEPS)])


def by(plan: Plan) -> dict[str, Expected]:
    return {"": plain(plan)}


TORCH = ("torch",)
FIXED = r"momentum=\S+ is another rule's"
"""torch's RMSprop takes a momentum, and so has one to cycle; the rule has none."""
CLIENTS = (
    Client(
        "OneCycleLR",
        TORCH,
        "rate and momentum by torch's scheduler; rate alone, with `cycle_momentum=False`, where a "
        "rule has no `betas` and no `momentum`",
        scheduled(one_cycle),
        by(one_cycle_plan()),
        refusal=FIXED,
    ),
    Client(
        "CyclicLR",
        TORCH,
        "likewise",
        scheduled(cyclic),
        by(cyclic_plan()),
        refusal=FIXED,
    ),
    Client(
        "CosineAnnealingLR",
        TORCH,
        "torch's scheduler",
        scheduled(lambda made: lr_scheduler.CosineAnnealingLR(made, STEPS, LOW)),
        by(cosines()),
    ),
    Client(
        "ReduceLROnPlateau",
        TORCH,
        "torch's scheduler, told a loss after each step",
        scheduled(plateau, METRICS),
        by(waned()),
    ),
)
