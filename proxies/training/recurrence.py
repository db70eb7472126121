"""Runs torch's recurrent layers for many replicas, for which torch has no function of its own.

Asked for gradients, torch takes such a layer apart into products and sums of each position, which
it can compute for many replicas; but it has one function for all of an LSTM on a processor, and
one for each layer where nobody asks for gradients, and would call those replica by replica, if at
all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vjp, vmap

RECURRENT_WAY_OUT = "written out, as GatedCell in proxies/tasks/byte_gru.py is, it can be compiled"
"""What to do about a recurrent layer that trains slowly."""


def is_recurrent(module: nn.Module) -> bool:
    """Tells whether a module is one of torch's recurrent layers, LSTM, GRU or RNN."""
    return isinstance(module, nn.RNNBase)


def unfused(model: nn.Module, parameters: dict[str, Tensor], arguments: tuple[Any, ...]) -> Any:
    """Does what `functional_call` does, without the processor's own function for an LSTM."""
    before = torch.backends.mkldnn.set_flags(False)[0]  # type: ignore[no-untyped-call]
    try:
        return functional_call(model, parameters, arguments)
    finally:
        torch.backends.mkldnn.set_flags(before)  # type: ignore[no-untyped-call]


def taken_apart(loss: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    """Makes the function from weights `[R, width]`, inputs and targets to losses `[R]`.

    It computes them as if for a gradient.
    """

    def losses(weights: Tensor, inputs: Tensor, targets: Tensor) -> Tensor:
        value: Tensor = vmap(lambda own: vjp(lambda w: loss(w, inputs, targets), own)[0])(weights)
        return value

    return losses
