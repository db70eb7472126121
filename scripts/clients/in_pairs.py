"""The clients that train on two processes, half of each batch on either.

A process group is there when they are called: `scripts/clients/pair.py` makes it. The plain loop
averages the gradients of the halves, so that it rounds as the two processes do.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.distributed import checkpoint
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_state_dict,
    set_model_state_dict,
    set_optimizer_state_dict,
    set_state_dict,
)
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.nn.parallel import DistributedDataParallel
from torch.optim import Optimizer

from scripts.clients.client import Client, plain
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
    loss_of,
    model,
)

PROCESSES = 2
Parts = tuple[nn.Module, Optimizer]
Start = Callable[[Make], Parts]
CarryOver = Callable[[Parts, Parts, Path], None]
"""Saves a model and an optimizer to a folder, and loads them into new ones."""


def half(batch: Tensor) -> Tensor:
    """Gives this process its part."""
    return batch.chunk(PROCESSES)[dist.get_rank()]


def whole(tensor: Tensor) -> Tensor:
    full: Tensor = tensor.full_tensor() if hasattr(tensor, "full_tensor") else tensor
    return full.detach().clone()


def trained(start: Start, carry_over: CarryOver, make: Make, folder: Path) -> Weights:
    """Trains on both processes; in the middle all is saved, made anew and loaded."""
    net, made = start(make)
    for step, (x, y) in enumerate(batches()):
        if step == STEPS // 2:
            fresh = start(make)
            carry_over((net, made), fresh, folder)
            net, made = fresh
        for group in made.param_groups:
            group["lr"] = RATE * FACTORS[step]
        made.zero_grad()
        loss_of(net, half(x), half(y)).backward()
        made.step()
    return [whole(p) for p in net.parameters()]


def replicated(make: Make) -> Parts:
    net = DistributedDataParallel(model())
    return net, begin(make, net)


def sharded(make: Make) -> Parts:
    net = fully_shard(model(), mesh=init_device_mesh("cpu", (PROCESSES,)))
    return net, begin(make, net)


def divided(make: Make) -> Parts:
    # It warns when it is imported.
    from torch.distributed.optim import ZeroRedundancyOptimizer

    net = DistributedDataParallel(model())
    zero = ZeroRedundancyOptimizer(net.parameters(), make, lr=RATE, weight_decay=DECAY)
    return net, zero


def load(parts: Parts, states: list[Any]) -> None:
    for part, state in zip(parts, states, strict=True):
        part.load_state_dict(state)


def by_first(old: Parts, new: Parts, folder: Path) -> None:
    """Lets the first process save and both load, as one does under DDP."""
    if dist.get_rank() == 0:
        torch.save([part.state_dict() for part in old], folder / "both.pt")
    dist.barrier()
    load(new, torch.load(folder / "both.pt", weights_only=True))


def by_each(old: Parts, new: Parts, folder: Path) -> None:
    """Lets each process save and load its shards."""
    file = folder / f"{dist.get_rank()}.pt"
    torch.save([part.state_dict() for part in old], file)
    load(new, torch.load(file, weights_only=True))


def consolidated(old: Parts, new: Parts, folder: Path) -> None:
    """Brings the states together on the first process, which saves them."""
    zero: Any = old[1]
    zero.consolidate_state_dict(to=0)
    by_first(old, new, folder)


def by_checkpoint(old: Parts, new: Parts, folder: Path, flat: bool) -> None:
    """Saves and loads by torch.distributed.checkpoint, each process its shards."""
    options = StateDictOptions(flatten_optimizer_state_dict=flat)
    names = ("model", "optimizer")
    states = dict(zip(names, get_state_dict(*old, options=options), strict=True))
    checkpoint.save(states, checkpoint_id=folder / f"{flat}")
    states = dict(zip(names, get_state_dict(*new, options=options), strict=True))
    checkpoint.load(states, checkpoint_id=folder / f"{flat}")
    set_state_dict(
        *new,
        model_state_dict=states["model"],
        optim_state_dict=states["optimizer"],
        options=options,
    )


def by_gathering(old: Parts, new: Parts, folder: Path) -> None:
    """Gathers whole tensors on the first process, and sends them from there."""
    gathered = StateDictOptions(full_state_dict=True, cpu_offload=True)
    states = get_state_dict(*old, options=gathered)
    if dist.get_rank() == 0:
        torch.save(states, folder / "whole.pt")
        states = torch.load(folder / "whole.pt", weights_only=True)
    sent = StateDictOptions(full_state_dict=True, broadcast_from_rank0=True)
    # Not by `set_state_dict`, which waits for ever: a process that is given nothing leaves out the
    # model, which the first one sends.
    set_model_state_dict(new[0], states[0], options=sent)
    if old[1].state:  # torch's assertion fails where an optimizer keeps nothing
        set_optimizer_state_dict(*new, states[1], options=sent)


def through(start: Start, **ways: CarryOver) -> Callable[[Make, Path], dict[str, Weights]]:
    """Makes a training for each way to carry over."""
    return lambda make, folder: {
        way: trained(start, carry_over, make, folder) for way, carry_over in ways.items()
    }


HALVES = plain(Plan(parts=PROCESSES))


def client(
    name: str, ran: str, start: Start, refusal: str | None = None, **ways: CarryOver
) -> Client:
    expected = dict.fromkeys(ways, HALVES)
    return Client(
        *(name, ("torch",), ran, through(start, **ways), expected, refusal), processes=PROCESSES
    )


CLIENTS = (
    client(
        "DDP", "`DistributedDataParallel`, a file of the first process's", replicated, file=by_first
    ),
    client(
        "FSDP2",
        "`fully_shard`, of which some shards are empty or uneven, a file of each process's",
        sharded,
        "are DTensors",
        files=by_each,
    ),
    client(
        "distributed.checkpoint",
        "`fully_shard`; `get_state_dict`, `save`, `load` and `set_...`, by shards, "
        "flattened, and gathered and sent",
        sharded,
        "are DTensors",
        shards=partial(by_checkpoint, flat=False),
        flattened=partial(by_checkpoint, flat=True),
        gathered=by_gathering,
    ),
    client(
        "ZeroRedundancyOptimizer",
        "each process moves some of the parameters; states are brought together and loaded",
        divided,
        consolidated=consolidated,
    ),
)
