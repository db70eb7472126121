"""The problem that every client trains, and the plain loop that says where its weights must end.

The loop is written out: it sets rates and momentum by hand, so that what a client's scheduler does
is held against arithmetic and not against another scheduler of torch's.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

Make = Callable[..., Optimizer]
"""An optimizer's class: it takes parameters or groups, `lr` and `weight_decay`."""
Weights = list[Tensor]

EPOCHS, BATCHES, BATCH = 2, 3, 4
STEPS = EPOCHS * BATCHES
RATE, DECAY = 0.02, 0.1
FACTORS = (0.5, 1.0, 0.8, 0.6, 0.4, 0.2)
"""The learning rate at each step, in multiples of `RATE`: a step of warm-up, then down a line."""


def factor(step: int) -> float:
    """Gives the multiple of the rate after so many steps, as LambdaLR asks for it."""
    return FACTORS[min(step, STEPS - 1)]


@dataclass(frozen=True)
class Plan:
    """What a plain loop does besides stepping; a client is set up to do the same."""

    rates: Sequence[float] = tuple(RATE * one for one in FACTORS)
    momenta: Sequence[float] = ()
    """The momentum or first beta at each step, for rules that have one; none leaves it alone."""
    parts: int = 1
    """A batch is cut into so many, whose gradients are averaged."""
    clip: float | None = None
    """The largest norm of all gradients together."""
    bfloat16: bool = False
    skipped: frozenset[int] = frozenset()
    """Steps that are not taken."""
    matrices_alone_decay: bool = False


def model() -> nn.Module:
    """Makes the model, the same each time; on two processes its shards are uneven or empty."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.LayerNorm(5), nn.Linear(5, 1))


def data() -> tuple[Tensor, Tensor]:
    """Gives an epoch's inputs `[12, 3]` and targets `[12, 1]`."""
    draw = torch.Generator().manual_seed(1)
    x = torch.randn(BATCHES * BATCH, 3, generator=draw)
    return x, (x.sum(1, keepdim=True).sin() + torch.randn(len(x), 1, generator=draw))


def batches() -> list[tuple[Tensor, Tensor]]:
    """Gives the batches of all epochs, in the order in which clients see them."""
    x, y = data()
    return [*zip(x.split(BATCH), y.split(BATCH), strict=True)] * EPOCHS


def loss_of(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """Gives the loss of a batch in single precision."""
    return nn.functional.mse_loss(net(x).float(), y)


def weights(net: nn.Module) -> Weights:
    """Copies a model's parameters."""
    return [p.detach().clone() for p in net.parameters()]


def begin(make: Make, net: nn.Module) -> Optimizer:
    """Makes an optimizer of all parameters, as a user does."""
    return make(net.parameters(), lr=RATE, weight_decay=DECAY)


def saved(*parts: Any) -> list[Any]:
    """Gives what loading the saved states of some parts gives."""
    buffer = io.BytesIO()
    torch.save([part.state_dict() for part in parts], buffer)
    buffer.seek(0)
    states: list[Any] = torch.load(buffer, weights_only=True)
    return states


def restarted(parts: Sequence[Any], started: Callable[[], Sequence[Any]]) -> Sequence[Any]:
    """Saves what all parts hold, makes all of them anew, and loads it there."""
    states, new = saved(*parts), started()
    for part, state in zip(new, states, strict=True):
        part.load_state_dict(state)
    return new


def has_momentum(optimizer: Optimizer) -> bool:
    """Tells whether torch's cyclic schedulers may cycle a momentum of it."""
    return bool({"betas", "momentum"} & optimizer.defaults.keys())


def path(make: Make, plan: Plan) -> Iterator[Weights]:
    """Trains in a plain loop and yields the weights after each step."""
    net = model()
    groups: list[dict[str, object]] = [{"params": list(net.parameters())}]
    if plan.matrices_alone_decay:
        sides = ([p for p in net.parameters() if (p.ndim > 1) is one] for one in (True, False))
        groups = [{"params": next(sides)}, {"params": next(sides), "weight_decay": 0.0}]
    made = make(groups, lr=RATE, weight_decay=DECAY)
    for step, (x, y) in enumerate(batches()):
        for group in made.param_groups:
            group["lr"] = plan.rates[step]
            if plan.momenta and "betas" in group:
                group["betas"] = (plan.momenta[step], *group["betas"][1:])
            elif plan.momenta and "momentum" in group:
                group["momentum"] = plan.momenta[step]
        made.zero_grad()
        pairs = zip(x.chunk(plan.parts), y.chunk(plan.parts), strict=True)
        for some, targets in pairs:
            with torch.autocast("cpu", torch.bfloat16) if plan.bfloat16 else nullcontext():
                out = net(some)
            (nn.functional.mse_loss(out.float(), targets) / plan.parts).backward()
        if plan.clip is not None:
            nn.utils.clip_grad_norm_(net.parameters(), plan.clip)
        if step not in plan.skipped:
            made.step()
        yield weights(net)


def difference(some: Weights, others: Weights) -> float:
    """Gives the largest difference of two weights, relative to the largest weight."""
    a, b = (torch.cat([one.detach().double().flatten() for one in ws]) for ws in (some, others))
    worst = float((a - b).abs().max() / b.abs().max())
    return worst if worst < float("inf") else float("inf")  # what is not a number is no small one
