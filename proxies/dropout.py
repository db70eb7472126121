"""Lets models drop numbers by keys, for torch draws them from one generator that all share.

A mask is a function of its key (task, seed, step), of the call's number within the model, and of
the place in the array, computed by integer arithmetic. So a replica's masks are the same in any
company, on any number of workers, compiled or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import partial
from math import prod, sqrt
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from proxies.keys import torch_seed

_WORD = 0xFFFFFFFF
"""The largest number of 32 bits; numbers stay below in 64 bits, so that no product overflows."""


def dropout_key(*key: str | int) -> Tensor:
    """Makes the tensor `[2]` that stands for a key, such as (task, seed, step), in masks."""
    seed = torch_seed("dropout", *key)
    return torch.tensor([seed & _WORD, seed >> 31], dtype=torch.int64)


_ATTEND = functional.scaled_dot_product_attention


class Dropping(TorchFunctionMode):
    """Puts dropout by key in the place of torch's, for what runs in the block.

    It concerns `dropout`, `dropout1d` to `dropout3d`, and attention. Without a key nothing is
    dropped, as in evaluation. `calls` counts the calls that drop, or would with a key.
    """

    def __init__(self, key: Tensor | None) -> None:
        super().__init__()
        self.key, self.calls = key, 0

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,  # torch gives it
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Calls a function of torch, or what stands in its place."""
        own = _BY_KEY.get(func)
        if own is not None:
            return own(self, *args, **(kwargs or {}))
        # What a function of torch's calls in turn does not come by here.
        with self._inside() if func is functional.multi_head_attention_forward else nullcontext():
            return func(*args, **(kwargs or {}))

    @contextmanager
    def _inside(self) -> Iterator[None]:
        """Puts dropout by key in the place of torch's within torch's own functions."""
        try:
            for function, own in _BY_KEY.items():
                setattr(functional, function.__name__, partial(own, self))
            yield
        finally:
            for function in _BY_KEY:
                setattr(functional, function.__name__, function)

    def dropped(self, x: Tensor, share: float, shape: tuple[int, ...]) -> Tensor:
        """Sets a share of the numbers to zero, by a mask of this shape, and scales the others."""
        if not share:
            return x
        self.calls += 1
        if self.key is None:
            return x
        if share == 1:
            return x * 0
        place = torch.arange(prod(shape), device=x.device)
        first = _mixed(place ^ _mixed(self.key[0] ^ _mixed(self.calls)))
        kept: Tensor = _mixed(first ^ self.key[1]) >= round(share * (_WORD + 1))
        return x * (kept.view(shape).to(x.dtype) / (1 - share))


def _mixed(x: Any) -> Any:
    """Mixes the 32 bits of whole numbers, so that each of the result depends on all of them.

    The multipliers come from Chris Wellons' search, github.com/skeeto/hash-prospector.
    """
    x = ((x ^ (x >> 16)) * 0x21F0AAAD) & _WORD
    x = ((x ^ (x >> 15)) * 0x735A2D97) & _WORD
    return x ^ (x >> 15)


def _dropout(
    mode: Dropping, input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    del inplace  # a new tensor does as well
    return mode.dropped(input, p, tuple(input.shape)) if training else input


def _of_channels(dimensions: int) -> Callable[..., Tensor]:
    """Makes the dropout of whole channels of so many dimensions, for a batch of examples or one."""

    def dropout(
        mode: Dropping, input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
    ) -> Tensor:
        del inplace
        # torch takes an image of three dimensions for a batch of sequences.
        leading = 1 if input.ndim == dimensions + 1 and dimensions != 2 else 2
        shape = (*input.shape[:leading], *[1] * (input.ndim - leading))
        return mode.dropped(input, p, shape) if training else input

    return dropout


def _attention(
    mode: Dropping,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    **options: Any,
) -> Tensor:
    if not dropout_p:
        return _ATTEND(query, key, value, attn_mask, 0.0, is_causal, **options)
    if options.pop("enable_gqa", False):
        raise NotImplementedError("grouped attention has no dropout here; repeat keys and values")
    scores = query @ key.transpose(-2, -1) * (options.get("scale") or 1 / sqrt(query.shape[-1]))
    if is_causal:
        attn_mask = torch.ones(scores.shape[-2:], dtype=torch.bool, device=query.device).tril()
    if attn_mask is not None and attn_mask.dtype == torch.bool:
        scores = torch.where(attn_mask, scores, -torch.inf)
    elif attn_mask is not None:
        scores = scores + attn_mask
    weights = scores.softmax(-1)
    return mode.dropped(weights, dropout_p, tuple(weights.shape)) @ value


_BY_KEY: Mapping[Any, Callable[..., Tensor]] = {
    functional.dropout: _dropout,
    functional.dropout1d: _of_channels(1),
    functional.dropout2d: _of_channels(2),
    functional.dropout3d: _of_channels(3),
    _ATTEND: _attention,
}
"""What stands in the place of torch's functions."""
