"""Holds the functions that exported files call; a file that needs one has a copy of its text."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from functools import cache
from typing import Any

import torch
from torch import Tensor


def _learning_rate(group: dict[str, Any]) -> float | Tensor:
    """The group's, a number or a tensor without dimensions."""
    lr: float | Tensor = group["lr"]
    if isinstance(lr, Tensor):
        return lr.squeeze()
    if torch.compiler.is_compiling():
        # A tensor, so that code compiled for one rate serves the next.
        device = group["params"][0].device
        return torch.ones((), dtype=torch.float64, device=device) * lr
    return lr


def _view_scalars(*lists: list[Tensor]) -> None:
    """Replaces tensors without dimensions by views that have one.

    A number in double precision would make theirs double, as it does no other's. And
    torch 2.13's compiler drops the last call that changes one in place, where it is
    a double on the CPU, but none that changes a view.
    """
    for tensors in lists:
        for index, tensor in enumerate(tensors):
            if tensor.dim() == 0:
                tensors[index] = tensor.view(1)


def _count(state_steps: list[Tensor]) -> None:
    """Adds 1 to each step."""
    if not torch.compiler.is_compiling() and state_steps[0].is_cpu:
        # One tensor for all; a number would be made a tensor for each.
        one = torch.ones((), dtype=state_steps[0].dtype, device="cpu")
        torch._foreach_add_(state_steps, one, alpha=1.0)
    else:
        torch._foreach_add_(state_steps, 1)


def _number(step: Tensor, capturable: bool) -> Any:
    """The step as a number, or a tensor where the host must not wait for it.

    In double precision, in which `1 - beta**t` keeps its digits.
    """
    if capturable or torch.compiler.is_compiling():
        return step.double()
    return step.item()


def _settled(numbers: list[Any]) -> list[Any]:
    """The same numbers, such that compiled code computes them once.

    Inductor repeats for each element what it takes for cheap, as a power; an
    exponential it computes beforehand, here that of zero.
    """
    return [x * (0.0 * x).exp() for x in numbers]


def _snapshot(old: Tensor) -> Tensor:
    """An old value to be kept; in compiled code, the same computed anew.

    Torch 2.13's compiler copies what it takes for an input itself at the end of the
    step, when the input has changed already.
    """
    return old * 1 if torch.compiler.is_compiling() else old


def _alike(t: Any, lr: Any) -> tuple[Any, Any]:
    """Both as numbers, or both as tensors if one of them is."""
    if isinstance(t, list):
        return [_alike(one, lr)[0] for one in t], _alike(t[0], lr)[1]
    if not isinstance(t, Tensor) and not isinstance(lr, Tensor):
        return t, lr
    device = (t if isinstance(t, Tensor) else lr).device
    t = torch.as_tensor(t, dtype=torch.float64, device=device)
    return t, torch.as_tensor(lr, dtype=torch.float64, device=device)


def _summed(parts: list[Tensor]) -> Tensor:
    """The sum of numbers, the same to the last bit in whatever order they come."""
    device = parts[0].device
    dtype = torch.float32 if device.type == "mps" else torch.float64
    return torch.stack([part.to(device, dtype) for part in parts]).sort()[0].sum()


def _whole(number: Tensor) -> Tensor:
    """What a tensor is reduced to; of a DTensor, from the shards of all processes."""
    if hasattr(number, "full_tensor"):
        whole: Tensor = number.full_tensor()
        return whole
    return number


def _spread(number: Tensor, p: Tensor) -> Tensor:
    """A number as a tensor of the parameter's shape; of a DTensor's shards, if it is one."""
    return torch.zeros_like(p) + number if hasattr(p, "full_tensor") else number.expand_as(p)


def _require_whole(params: list[Tensor], called: str) -> None:
    """Refuses flattened shards, of which each process would reduce its own.

    FSDP and DeepSpeed mark them; a parameter that they leave whole keeps its dimensions.
    """
    marks = ("_fsdp_flattened", "ds_id")
    marked = [p for p in params if any(hasattr(p, mark) for mark in marks)]
    if marked and all(p.dim() < 2 for p in marked):
        raise RuntimeError(
            f"the rule needs {called} of whole tensors, and the parameters are flattened shards, "
            "as of FSDP1 or ZeRO; shard them by fully_shard (FSDP2) instead"
        )


def _require_undivided(params: list[Tensor], called: str) -> None:
    """Refuses DTensors, of whose rows or columns a process may have a part."""
    if any(hasattr(p, "full_tensor") for p in params):
        raise RuntimeError(
            f"the rule needs {called} of whole tensors, and the parameters are DTensors, as of "
            "fully_shard (FSDP2) or tensor parallelism; keep those whole that it moves"
        )


_IN_EVERY_FILE = (_learning_rate, _view_scalars)
_WHERE_CALLED = (
    *(_number, _settled, _snapshot, _summed, _alike),
    *(_whole, _spread, _require_whole, _require_undivided),
)


def helpers(counts: bool, called: Collection[str]) -> list[list[str]]:
    """Gives the text of each helper that a file needs; `counts` says whether it counts steps."""
    needed: list[Callable[..., Any]] = [*_IN_EVERY_FILE]
    needed += [_count] if counts else []
    needed += [helper for helper in _WHERE_CALLED if helper.__name__ in called]
    return [_text(helper) for helper in needed]


@cache
def _text(helper: Callable[..., Any]) -> list[str]:
    return inspect.getsource(helper).splitlines()
