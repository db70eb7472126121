"""Predicts bytes by an embedding of hashed byte pairs.

A step touches few rows of the embedding, so gradients are sparse.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor, nn

from proxies.task import Batch, Task
from proxies.tasks.byte_text import VOCABULARY, ByteText
from proxies.tasks.digit_images import class_loss

_CONTEXT = 5
_PAIRS = _CONTEXT - 1
_BUCKETS = 1024


class PairsOfBytes:
    """Draws numbers `[N, 4]` below 1024 of the pairs in five bytes, and the byte that follows."""

    def __init__(self) -> None:
        self._text = ByteText(_CONTEXT, held_out_windows=8192)

    def sample(self, draw: np.random.Generator, size: int) -> Batch:
        return self._hashed(self._text.sample(draw, size))

    def held_out(self) -> Batch:
        return self._hashed(self._text.held_out())

    @staticmethod
    def _hashed(batch: Batch) -> Batch:
        windows, following = batch
        pairs = (windows[:, :-1] * 131 + windows[:, 1:] * 31) % _BUCKETS
        return pairs, following[:, -1].copy()


class PairModel(nn.Module):
    """Predicts the logits `[batch, 128]` of the next byte."""

    def __init__(self, width: int = 8, hidden: int = 32) -> None:
        super().__init__()
        self.pairs = nn.Embedding(_BUCKETS, width)
        nn.init.normal_(self.pairs.weight, std=0.3)
        self.hidden = nn.Linear(_PAIRS * width, hidden)
        self.out = nn.Linear(hidden, VOCABULARY)

    def forward(self, pairs: Tensor) -> Tensor:
        logits: Tensor = self.out(torch.tanh(self.hidden(self.pairs(pairs).flatten(1))))
        return logits


@cache
def _data() -> PairsOfBytes:
    return PairsOfBytes()


BYTE_NGRAMS = Task(
    name="byte_ngrams",
    summary="next byte from an embedding of hashed byte pairs and a perceptron, sparse gradients, "
    "13.5k parameters",
    model=PairModel,
    data=_data,
    loss=class_loss,
    steps=200,
    batch_size=128,
    rate=0.02,
)
