"""Says what to do about a module that cannot run for many replicas at once."""

from __future__ import annotations

from torch import nn
from torch.nn.modules.batchnorm import _NormBase


def way_out(module: nn.Module | None, reason: str) -> str:
    """Gives the advice for the module that was running, or for the loss, as torch's words tell."""
    for concerns, advice in (
        (
            isinstance(module, _NormBase) and module.track_running_stats,
            "build it with track_running_stats=False, so that it goes by the batch alone, in "
            "held-out data too, or take LayerNorm or GroupNorm",
        ),
        (
            isinstance(module, nn.RNNBase | nn.RNNCellBase),
            "write its step out, as GatedCell in proxies/tasks/byte_gru.py does",
        ),
        (
            "random operation" in reason,
            "take nn.Dropout, whose masks are drawn by key, or let `sample` draw the noise as a "
            "part of the inputs",
        ),
        (
            "dtype" in reason or "scalar type" in reason,
            "models train in single precision; cast to the type of a weight, "
            "x.to(self.layer.weight.dtype), if at all",
        ),
        (
            "in-place" in reason or "inplace" in reason,
            "compute new values instead of changing old ones, and keep no state that changes in "
            "training but parameters",
        ),
        (
            "data-dependent" in reason or ".item()" in reason,
            "choose by torch.where instead of `if`, and leave numbers in tensors",
        ),
    ):
        if concerns:
            return advice
    return (
        "avoid batch norm and other state that changes in training, in-place operations, "
        "and branches on the values of tensors"
    )
