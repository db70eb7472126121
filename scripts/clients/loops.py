"""The clients that a user's own loop calls; each is imported when it is used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import nn
from torch.optim import Optimizer, lr_scheduler
from torch.utils.data import DataLoader, TensorDataset

from scripts.clients.client import Client, plain
from scripts.clients.problem import (
    BATCH,
    DECAY,
    EPOCHS,
    RATE,
    STEPS,
    Make,
    Plan,
    Weights,
    batches,
    begin,
    data,
    factor,
    loss_of,
    model,
    restarted,
    saved,
    weights,
)
from scripts.clients.schedules import LOW, cosine

CLIP, PARTS, WARM_UP = 1.0, 2, 2


def accelerate(make: Make, folder: Path) -> dict[str, Weights]:
    """Trains an epoch, and another from its saved state; again in bfloat16."""
    from accelerate import Accelerator
    from accelerate.state import AcceleratorState

    ways = {}
    for precision in ("no", "bf16"):

        def started(precision: str = precision) -> tuple[Any, ...]:
            AcceleratorState._reset_state(reset_partial_state=True)
            accelerator = Accelerator(
                cpu=True, mixed_precision=precision, gradient_accumulation_steps=PARTS
            )
            net = model()
            made = begin(make, net)
            loader = DataLoader(TensorDataset(*data()), batch_size=BATCH // PARTS)
            parts = net, made, lr_scheduler.LambdaLR(made, factor), loader
            return accelerator, *accelerator.prepare(*parts)

        accelerator, net, made, scheduler, loader = started()
        for epoch in range(EPOCHS):
            if epoch:
                accelerator.save_state(str(folder / precision))
                accelerator, net, made, scheduler, loader = started()
                accelerator.load_state(str(folder / precision))
            for x, y in loader:
                with accelerator.accumulate(net):
                    accelerator.backward(loss_of(net, x, y))
                    if accelerator.sync_gradients:
                        accelerator.clip_grad_norm_(net.parameters(), CLIP)
                    made.step()
                    scheduler.step()
                    made.zero_grad()
        ways[precision] = weights(accelerator.unwrap_model(net))
    return ways


def timm(make: Make, folder: Path) -> dict[str, Weights]:
    """Trains under timm's cosine; and what timm makes of the class under a name."""
    del folder
    from timm.optim import OptimInfo, create_optimizer_v2
    from timm.optim._optim_factory import default_registry
    from timm.scheduler.cosine_lr import CosineLRScheduler

    default_registry.register(OptimInfo("exported", make))

    def train(create: Callable[[nn.Module], Optimizer]) -> Weights:
        def started() -> tuple[nn.Module, Optimizer, Any]:
            net = model()
            made = create(net)
            how = {"warmup_t": WARM_UP, "warmup_lr_init": LOW, "lr_min": LOW}
            return net, made, CosineLRScheduler(made, STEPS, t_in_epochs=False, **how)

        net, made, scheduler = started()
        for step, (x, y) in enumerate(batches()):
            if step == STEPS // 2:
                net, made, scheduler = restarted((net, made, scheduler), started)
            made.zero_grad()
            loss_of(net, x, y).backward()
            made.step()
            scheduler.step_update(step + 1)
        return weights(net)

    def registered(net: nn.Module) -> Optimizer:
        made: Optimizer = create_optimizer_v2(net, "exported", lr=RATE, weight_decay=DECAY)
        return made

    return {"given": train(lambda net: begin(make, net)), "registered": train(registered)}


def timm_rates() -> list[float]:
    up = [LOW + (RATE - LOW) * step / WARM_UP for step in range(WARM_UP)]
    return up + [cosine(RATE, LOW, step / STEPS) for step in range(WARM_UP, STEPS)]


def opacus(make: Make, folder: Path) -> dict[str, Weights]:
    """Trains on the sum of single rows' gradients, of which none is clipped and no noise added."""
    del folder
    from opacus import PrivacyEngine

    def started() -> tuple[Any, ...]:
        net = model()
        made = begin(make, net)
        loader = DataLoader(TensorDataset(*data()), batch_size=BATCH)
        return PrivacyEngine().make_private(
            module=net,
            optimizer=made,
            data_loader=loader,
            noise_multiplier=0.0,
            max_grad_norm=1e6,
            poisson_sampling=False,
        )

    net, made, loader = started()
    for epoch in range(EPOCHS):
        if epoch:
            states = saved(net, made)
            net, made, loader = started()
            net.load_state_dict(states[0])
            made.load_state_dict(states[1])
        for x, y in loader:
            made.zero_grad()
            loss_of(net, x, y).backward()
            made.step()
    return {"": weights(net)}


CLIENTS = (
    Client(
        "accelerate",
        ("accelerate",),
        "`prepare`, `accumulate`, `clip_grad_norm_` and a scheduler; `save_state` and `load_state` "
        "in the middle; again with `bf16`",
        accelerate,
        {
            "no": plain(Plan(parts=PARTS, clip=CLIP)),
            "bf16": plain(Plan(parts=PARTS, clip=CLIP, bfloat16=True)),
        },
    ),
    Client(
        "timm",
        ("timm",),
        "`CosineLRScheduler` with warm-up, by `step_update`; then the class registered under a "
        "name for `create_optimizer_v2`, which makes groups of which one does not decay",
        timm,
        {
            "given": plain(Plan(rates=timm_rates())),
            "registered": plain(Plan(rates=timm_rates(), matrices_alone_decay=True)),
        },
    ),
    Client(
        "opacus",
        ("opacus",),
        "`PrivacyEngine.make_private` without noise or clipping",
        opacus,
        {"": plain(Plan(rates=[RATE] * STEPS))},
    ),
)
