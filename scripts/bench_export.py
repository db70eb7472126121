"""Compares exported optimizers with torch's and lion-pytorch's: time, state bytes, extra memory.

Both sides take turns in one process, so that what disturbs the machine disturbs both; printed is
the ratio of medians, ours over theirs. A side whose weights do not move, or that does not count its
steps, ends the benchmark. Compiled steps need a C++ compiler.

    python -m scripts.bench_export --rounds 15 --threads 1
    python -m scripts.bench_export --device cuda
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import lion_pytorch
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

import evosearch
from scripts.movement import counting, moving

_MANY = 200
_LARGE = 10_000_000
_TARGET_SECONDS = 0.2
"""Of one measurement, which takes as many steps as that needs."""


@dataclass(frozen=True)
class Side:
    """An optimizer over its own copy of the parameters, and the step that is timed."""

    weights: list[Tensor]
    optimizer: Any
    step: Callable[[], Any]


Make = Callable[[Sequence[Tensor]], Any]


def problems(device: str) -> dict[str, list[Tensor]]:
    """Weights by what they are like; gradients are drawn beside them."""
    draw = torch.Generator().manual_seed(0)
    sizes = torch.randint(1_000, 50_001, (_MANY,), generator=draw).tolist()
    return {
        "one of 10M": [torch.randn(_LARGE, generator=draw).to(device)],
        f"{_MANY} of 1k-50k": [torch.randn(size, generator=draw).to(device) for size in sizes],
    }


def side(make: Make, weights: Sequence[Tensor], *, compiled: bool = False) -> Side:
    copies = [torch.nn.Parameter(weight.clone()) for weight in weights]
    for number, copy in enumerate(copies):
        draw = torch.Generator(copy.device).manual_seed(number)
        copy.grad = torch.randn(copy.shape, generator=draw, device=copy.device)
    optimizer = make(copies)
    step = torch.compile(optimizer.step) if compiled else optimizer.step
    for _ in range(3):
        step()
    return Side(list(copies), optimizer, step)


def seconds(one: Side, steps: int) -> float:
    """Times a step, the mean of several, each of which must have moved every weight."""
    what = type(one.optimizer).__name__
    with counting(what, one.optimizer, steps), moving(what, one.weights):
        cuda = one.weights[0].is_cuda
        if cuda:
            torch.cuda.synchronize()
        start = time.perf_counter()
        for _ in range(steps):
            one.step()
        if cuda:
            torch.cuda.synchronize()
        return (time.perf_counter() - start) / steps


def compare(ours: Side, theirs: Side, rounds: int) -> tuple[float, float, float]:
    """The ratio of medians, and the two medians in milliseconds."""
    steps = max(1, round(_TARGET_SECONDS / max(seconds(theirs, 1), seconds(ours, 1))))
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        order = (0, 1) if number % 2 == 0 else (1, 0)
        for place in order:
            times[place].append(seconds((ours, theirs)[place], steps))
    medians = [statistics.median(found) for found in times]
    return medians[0] / medians[1], 1e3 * medians[0], 1e3 * medians[1]


class _Allocations(TorchDispatchMode):
    """The most bytes alive at once of tensors that operations made."""

    def __init__(self, known: set[int]) -> None:
        super().__init__()
        self._known = known
        self._alive: dict[int, tuple[Any, int]] = {}
        self.peak = 0

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: Any = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        del types
        result = func(*args, **(kwargs or {}))
        for tensor in torch.utils._pytree.tree_leaves(result):
            if (
                isinstance(tensor, Tensor)
                and tensor.untyped_storage().data_ptr() not in self._known
            ):
                storage = tensor.untyped_storage()
                self._alive[storage.data_ptr()] = (
                    torch.multiprocessing.reductions.StorageWeakRef(storage),
                    storage.nbytes(),
                )
        self._alive = {k: v for k, v in self._alive.items() if not v[0].expired()}
        self.peak = max(self.peak, sum(size for _, size in self._alive.values()))
        return result


def extra_bytes(one: Side) -> int:
    """The most memory that a step takes beyond parameters, gradients and states."""
    held = [*one.weights, *(w.grad for w in one.weights if w.grad is not None)]
    for state in one.optimizer.state.values():
        held += [value for value in state.values() if isinstance(value, Tensor)]
    with _Allocations({tensor.untyped_storage().data_ptr() for tensor in held}) as found:
        one.optimizer.step()
    return found.peak


def state_bytes(one: Side) -> float:
    """Per parameter, the step's count aside."""
    total = sum(
        value.numel() * value.element_size()
        for state in one.optimizer.state.values()
        for name, value in state.items()
        if name != "step"
    )
    return total / sum(weight.numel() for weight in one.weights)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--eager-only", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    adamw, lion = evosearch.optimizer("adamw"), evosearch.optimizer("lion")
    torch_adamw = torch.optim.AdamW
    cases: list[tuple[str, float, Make, bool, Make]] = [
        ("adamw (default) / torch AdamW foreach", 1.0, adamw, False,
         lambda w: torch_adamw(w, foreach=True)),
        ("adamw foreach / torch AdamW foreach", 1.0, lambda w: adamw(w, foreach=True), False,
         lambda w: torch_adamw(w, foreach=True)),
        ("lion (default) / lion-pytorch", 0.65, lion, False, lion_pytorch.Lion),
        ("lion foreach / lion-pytorch", 0.65, lambda w: lion(w, foreach=True), False,
         lion_pytorch.Lion),
        ("adamw compiled / torch AdamW fused", 1.1, adamw, True,
         lambda w: torch_adamw(w, fused=True)),
        ("adamw foreach compiled / torch AdamW fused", 1.1, lambda w: adamw(w, foreach=True), True,
         lambda w: torch_adamw(w, fused=True)),
        ("lion compiled / torch AdamW fused", 0.8, lion, True,
         lambda w: torch_adamw(w, fused=True)),
        ("lion foreach compiled / torch AdamW fused", 0.8, lambda w: lion(w, foreach=True), True,
         lambda w: torch_adamw(w, fused=True)),
    ]  # fmt: skip
    name = torch.cuda.get_device_name() if arguments.device == "cuda" else "CPU"
    print(f"{name}, torch {torch.__version__}, {arguments.threads} threads")
    for kind, weights in problems(arguments.device).items():
        size = sum(weight.numel() for weight in weights)
        for title, bound, ours, compiled, theirs in cases:
            if compiled and arguments.eager_only:
                continue
            sides = side(ours, weights, compiled=compiled), side(theirs, weights)
            ratio, mine, other = compare(*sides, arguments.rounds)
            print(
                f"{kind:<16} {title:<46} {ratio:5.2f} (aim {bound:.2f})  "
                f"{mine:8.3f} ms against {other:8.3f} ms",
                flush=True,
            )
        for title, ours in (("adamw", adamw), ("lion", lion)):
            for foreach in (False, True):
                one = side(lambda w, f=foreach, o=ours: o(w, foreach=f), weights)  # type: ignore[misc]
                largest = size if foreach else max(weight.numel() for weight in weights)
                print(
                    f"{kind:<16} {title} foreach={foreach}: state {state_bytes(one):.1f} bytes per "
                    f"parameter, a step's temporaries {extra_bytes(one) / (4 * largest):.2f} times "
                    "the size of what it moves at once",
                    flush=True,
                )


if __name__ == "__main__":
    main()
