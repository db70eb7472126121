"""One of two processes that move sharded parameters by exported optimizers: FOLDER and RANK.

It runs apart from the tests and imports torch alone. The folder holds a file for each rule, with a
class `Opt`, and `calls.json`: calls of torch's functions of lists. Rank 0 writes `results.json`,
for each case the largest difference from one process, or what was raised.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.fsdp import FullyShardedDataParallel, ShardingStrategy, fully_shard
from torch.distributed.optim import ZeroRedundancyOptimizer
from torch.distributed.tensor import Replicate, distribute_tensor
from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module
from torch.optim import Optimizer

STEPS, BATCH, RATE = 2, 8, 0.05
TENSOR_PARALLEL = ("adan", "cautious_adamw", "clipped", "lamb", "stableadamw")
FLATTENED = ("adamw", "cautious_adamw", "clipped")
OPTIONS: tuple[dict[str, bool], ...] = (
    {"capturable": True},
    {"differentiable": True},
    {"maximize": True},
    {"maximize": True, "foreach": True},
)

Make = Callable[..., Optimizer]
Case = tuple[str, Callable[[], float]]


class Uneven(nn.Module):
    """Its three rows go to two processes as two and one, and its one bias as one and none."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([[0.5, -1.0], [1.5, 0.25], [-0.75, 2.0]]).double())
        self.bias = nn.Parameter(torch.tensor([0.125]).double())

    def forward(self, x: Tensor) -> Tensor:
        return (x @ self.weight.T).tanh().sum(1) + self.bias


def layers() -> nn.Module:
    """Makes two layers, to be split by columns and by rows, and a norm that stays whole."""
    torch.manual_seed(0)
    norm = nn.LayerNorm(2, bias=False)
    return nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 2), norm).double()


def batch(step: int) -> Tensor:
    return torch.randn(BATCH, 2, generator=torch.Generator().manual_seed(step)).double()


def backward(model: nn.Module, x: Tensor) -> None:
    model.zero_grad()
    (model(x) - 1).square().mean().backward()


def train(model: nn.Module, optimizer: Optimizer, part: slice = slice(None)) -> list[Tensor]:
    """Trains on a part of each batch and gives the parameters."""
    for step in range(STEPS):
        backward(model, batch(step)[part])
        optimizer.step()
    return list(model.parameters())


def gradients(model: nn.Module, part: slice = slice(None)) -> list[list[Tensor]]:
    """Gives each batch's gradients at the model's weights."""
    steps = []
    for step in range(STEPS):
        backward(model, batch(step)[part])
        steps.append([p.grad for p in model.parameters() if p.grad is not None])
    return steps


def move(
    make: Make, start: Sequence[Tensor], steps: list[list[Tensor]], **options: Any
) -> list[Tensor]:
    """Moves copies of parameters by given gradients."""
    params: list[Tensor] = [nn.Parameter(p.detach().clone()) for p in start]
    if options.get("differentiable"):
        params = [p.clone() for p in params]  # what is overwritten may be no leaf
    optimizer = make(params, lr=RATE, **options)
    for grads in steps:
        for p, grad in zip(params, grads, strict=True):
            p.grad = grad.clone()
        optimizer.step()
    return [p.detach() for p in params]


def difference(some: Sequence[Tensor], others: Sequence[Tensor]) -> float:
    """Gives the largest difference; infinity if a number is not finite."""
    pairs = [(whole(a), whole(b)) for a, b in zip(some, others, strict=True)]
    largest = max(float((a - b).abs().max()) for a, b in pairs)
    return largest if largest < float("inf") else float("inf")


def whole(tensor: Tensor) -> Tensor:
    full = tensor.detach()
    return full.full_tensor() if hasattr(full, "full_tensor") else full


def on_dtensors(kinds: dict[str, Make], mesh: DeviceMesh, half: slice) -> Iterator[Case]:
    """Yields every rule under FSDP2, and some under tensor parallelism, on given gradients."""
    model, sharded = Uneven(), fully_shard(Uneven(), mesh=mesh)
    steps, shards = gradients(model), gradients(sharded, half)
    yield "gradients", lambda: max(map(difference, shards, steps))
    start, pieces = list(model.parameters()), list(sharded.parameters())

    def compare(make: Make, **options: Any) -> float:
        moved = move(make, pieces, shards, **options)
        return difference(moved, move(make, start, steps, **options))

    for name, make in kinds.items():
        for foreach in (False, True):
            case = f"FSDP2, {name}, {'lists' if foreach else 'single'}"
            yield case, lambda make=make, foreach=foreach: compare(make, foreach=foreach)
    for name in ("cautious_adamw", "clipped"):
        for options in OPTIONS:
            case = f"FSDP2, {name}, {', '.join(options)}"
            yield case, lambda name=name, options=options: compare(kinds[name], **options)

    split, unsplit = layers(), layers()
    parallelize_module(split, mesh, {"0": ColwiseParallel(), "2": RowwiseParallel()})
    # One number without a dimension besides, which is its own gradient.
    number = torch.tensor(0.5).double()
    ways = [
        ([*layer.parameters(), one], [[*grads, one] for grads in gradients(layer)])
        for layer, one in (
            (split, distribute_tensor(number, mesh, [Replicate()])),
            (unsplit, number),
        )
    ]

    def compare_split(make: Make, foreach: bool) -> float:
        return difference(*(move(make, *way, foreach=foreach) for way in ways))

    for name in TENSOR_PARALLEL:
        for foreach in (False, True):
            case = f"tensor parallel, {name}, {'lists' if foreach else 'single'}"
            yield case, lambda name=name, foreach=foreach: compare_split(kinds[name], foreach)


def in_training(kinds: dict[str, Make], mesh: DeviceMesh, half: slice) -> Iterator[Case]:
    """Yields a few rules under each way of sharding as users train by them."""
    anchor: Make = torch.optim.AdamW

    def under_fsdp2(make: Make, other: Make) -> float:
        sharded, model = fully_shard(Uneven(), mesh=mesh), Uneven()
        moved = train(sharded, make(sharded.parameters(), lr=RATE), half)
        return difference(moved, train(model, other(model.parameters(), lr=RATE)))

    yield "FSDP2 training, torch's AdamW", lambda: under_fsdp2(anchor, anchor)
    yield "FSDP2 training, adamw", lambda: under_fsdp2(kinds["adamw"], anchor)
    yield "FSDP2 training, lamb", lambda: under_fsdp2(kinds["lamb"], kinds["lamb"])

    def under_zero(make: Make) -> float:
        divided, model = Uneven(), Uneven()
        optimizer = ZeroRedundancyOptimizer(divided.parameters(), make, lr=RATE)
        return difference(
            train(divided, optimizer), train(model, make(model.parameters(), lr=RATE))
        )

    yield "ZeroRedundancyOptimizer, lamb", lambda: under_zero(kinds["lamb"])

    def under_fsdp1(make: Make, **how: Any) -> float:
        device = torch.device("cpu")
        sharded = FullyShardedDataParallel(layers(), device_id=device, **how)
        model = layers()
        train(sharded, make(sharded.parameters(), lr=RATE), half)
        expected = train(model, make(model.parameters(), lr=RATE))
        with FullyShardedDataParallel.summon_full_params(sharded):
            flat = torch.cat([p.detach().flatten() for p in sharded.parameters()])
        return difference([flat], [torch.cat([p.flatten() for p in expected])])

    unsharded = {"use_orig_params": True, "sharding_strategy": ShardingStrategy.NO_SHARD}
    for name in FLATTENED:
        make = kinds[name]
        yield f"FSDP1, {name}", lambda make=make: under_fsdp1(make, use_orig_params=True)
        yield f"FSDP1, flat parameter, {name}", lambda make=make: under_fsdp1(make)
        yield f"FSDP1, not sharded, {name}", lambda make=make: under_fsdp1(make, **unsharded)


def of_lists(calls: Sequence[str], mesh: DeviceMesh) -> Iterator[Case]:
    """Yields calls of torch's functions, `xs` and `ys` being lists of DTensors."""
    values = [[p.detach().clone() for p in Uneven().parameters()] for _ in range(2)]
    shards = [[*fully_shard(Uneven(), mesh=mesh).parameters()] for _ in range(2)]

    def compare(call: str) -> float:
        results = []
        for lists in (shards, values):
            xs, ys = ([p.detach().clone().square().mul(0.2) for p in one] for one in lists)
            made = eval(call, {"torch": torch, "xs": xs, "ys": ys}) or ()
            results.append([*made, *xs, *ys])
        return difference(*results)

    for call in calls:
        yield call, lambda call=call: compare(call)


def loaded(path: Path) -> Make:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    kind: Make = module.Opt
    return kind


def main(folder: Path, rank: int) -> None:
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    store = f"file://{folder / 'store'}"
    dist.init_process_group("gloo", store, timedelta(seconds=60), rank=rank, world_size=2)
    mesh = init_device_mesh("cpu", (2,))
    half = slice(rank * BATCH // 2, (rank + 1) * BATCH // 2)
    kinds = {path.stem: loaded(path) for path in sorted(folder.glob("*.py"))}
    calls = json.loads((folder / "calls.json").read_text())
    results: dict[str, float | str] = {}
    for cases in (
        on_dtensors(kinds, mesh, half),
        in_training(kinds, mesh, half),
        of_lists(calls, mesh),
    ):
        for name, case in cases:
            try:
                results[name] = case()
            except Exception as error:
                results[name] = f"{type(error).__name__}: {error}"
    if rank == 0:
        (folder / "results.json").write_text(json.dumps(results))
    dist.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
