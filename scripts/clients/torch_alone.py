"""The clients that are in torch itself, on one process."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.swa_utils import SWALR, AveragedModel, get_ema_multi_avg_fn

from evosearch import known_rule, lower
from evosearch.graph.interpreter import Interpreter
from primitives import NumpySegments
from scripts.clients.client import Client, Expected, known, plain
from scripts.clients.problem import (
    DECAY,
    FACTORS,
    RATE,
    STEPS,
    Make,
    Plan,
    Weights,
    batches,
    begin,
    factor,
    loss_of,
    model,
    path,
    restarted,
    weights,
)

AVERAGED_FROM, ANNEALED, KEPT = 3, 2, 0.9
"""The first step whose weights are averaged, the steps in which SWALR comes down, and the share
of an average that decays."""
SLOW = RATE / 10
"""The rate to which SWALR comes down."""
CLIP, SKIPPED = 1.0, 2


def in_double(make: Make, folder: Path) -> dict[str, Weights]:
    """Moves double weights in a plain loop."""
    del folder
    net = model().double()
    made = begin(make, net)
    for step, (x, y) in enumerate(batches()):
        made.param_groups[0]["lr"] = RATE * FACTORS[step]
        made.zero_grad()
        nn.functional.mse_loss(net(x.double()), y.double()).backward()
        made.step()
    return {"": weights(net)}


def by_definition(rule: str) -> Weights:
    """Moves double weights by the reference interpreter, in which there is no torch."""
    net = model().double()
    params = list(net.parameters())
    segments = NumpySegments([one.shape for one in params])
    interpreter = Interpreter(lower(known_rule(rule)), segments)
    w = nn.utils.parameters_to_vector(params).detach().numpy().copy()
    for step, (x, y) in enumerate(batches()):
        loss = nn.functional.mse_loss(net(x.double()), y.double())
        g = torch.cat([one.flatten() for one in torch.autograd.grad(loss, params)]).numpy()
        rate = RATE * FACTORS[step]
        u = interpreter.step(w=w, g=g, lr=rate, t=step + 1)
        w = np.asarray((1 - rate * DECAY) * w - rate * u)
        with torch.no_grad():
            for param, part in zip(
                params, torch.from_numpy(w).split(segments.counts.tolist()), strict=True
            ):
                param.copy_(part.reshape(param.shape))
    return weights(net)


def averaged(make: Make, folder: Path) -> dict[str, Weights]:
    """Averages the weights of the last steps, evenly and with decay, at SWA's own rates."""
    del folder
    ways: dict[str, Weights] = {}
    for way, how in (
        ("even", {}),
        ("decaying", {"multi_avg_fn": get_ema_multi_avg_fn(KEPT)}),
    ):
        net = model()

        def started(net: nn.Module = net, how: Any = how) -> tuple[Optimizer, AveragedModel, SWALR]:
            made = begin(make, net)
            swa = SWALR(made, SLOW, anneal_epochs=ANNEALED, anneal_strategy="linear")
            return made, AveragedModel(net, **how), swa

        made, average, scheduler = started()
        for step, (x, y) in enumerate(batches()):
            if step == STEPS - 1:
                made, average, scheduler = restarted((made, average, scheduler), started)
            made.zero_grad()
            loss_of(net, x, y).backward()
            made.step()
            if step >= AVERAGED_FROM:
                average.update_parameters(net)
                scheduler.step()
        ways[way] = [*weights(net), *weights(average.module)]
    return ways


def averages(*shares: float) -> Expected:
    """Makes the expectation of the final weights, and of a sum of those of the last steps."""
    plan = Plan(rates=[RATE] * (AVERAGED_FROM + 1) + [(RATE + SLOW) / 2, SLOW])

    def expected(rule: str) -> Weights:
        steps = [*path(known(rule), plan)]
        last = [torch.stack(one) for one in zip(*steps[AVERAGED_FROM:], strict=True)]
        return [*steps[-1], *(torch.tensordot(torch.tensor(shares), one, dims=1) for one in last)]

    return expected


def scaled(make: Make, folder: Path) -> dict[str, Weights]:
    """Scales losses, of which one is infinite, unscales their gradients and clips them."""
    del folder
    net = model()
    made, scaler = begin(make, net), torch.amp.GradScaler("cpu", init_scale=2.0**10)
    for step, (x, y) in enumerate(batches()):
        if step == STEPS // 2:
            made, scaler = restarted(
                (made, scaler), lambda: (begin(make, net), torch.amp.GradScaler("cpu"))
            )
        for group in made.param_groups:
            group["lr"] = RATE * factor(step)
        made.zero_grad()
        loss = loss_of(net, x, y) * (math.inf if step == SKIPPED else 1)
        scaler.scale(loss).backward()
        scaler.unscale_(made)
        nn.utils.clip_grad_norm_(net.parameters(), CLIP)
        scaler.step(made)
        scaler.update()
    return {"": weights(net)}


TORCH = ("torch",)
CLIENTS = (
    Client(
        "reference",
        ("torch", "numpy"),
        "a plain loop in double precision, uninterrupted; the reference interpreter, in which "
        "there is no torch, is what it must equal",
        in_double,
        {"": by_definition},
    ),
    Client(
        "SWA",
        TORCH,
        "`AveragedModel`, even and decaying, and `SWALR`; the averages must be equal too",
        averaged,
        {
            "even": averages(1 / 3, 1 / 3, 1 / 3),
            "decaying": averages(KEPT**2, KEPT * (1 - KEPT), 1 - KEPT),
        },
    ),
    Client(
        "GradScaler",
        TORCH,
        "`torch.amp.GradScaler` on the processor, clipped gradients, and a step whose gradients "
        "are infinite, which must be skipped",
        scaled,
        {"": plain(Plan(clip=CLIP, skipped=frozenset([SKIPPED])))},
    ),
)
