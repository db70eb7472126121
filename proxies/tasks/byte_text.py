"""Models the language reference that ships with Python, byte by byte."""

from __future__ import annotations

from functools import cache
from pydoc_data import topics

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from proxies.task import Batch, Task

CONTEXT = 16
VOCABULARY = 128
_HELD_OUT_WINDOWS = 256


class ByteText:
    """Draws windows of `context` ASCII bytes and the byte that follows each of them.

    The last tenth of the text is held out: `held_out_windows` windows, evenly spread.
    """

    def __init__(self, context: int = CONTEXT, held_out_windows: int = _HELD_OUT_WINDOWS) -> None:
        self._context, self._held_out_windows = context, held_out_windows
        text = "\n".join(topics.topics[name] for name in sorted(topics.topics))
        stream = np.frombuffer(text.encode("ascii", "replace"), dtype=np.uint8).astype(np.int64)
        cut = len(stream) * 9 // 10
        self._train, self._test = stream[:cut], stream[cut:]

    def sample(self, draw: np.random.Generator, size: int) -> Batch:
        return self._windows(
            self._train, draw.integers(len(self._train) - self._context, size=size)
        )

    def held_out(self) -> Batch:
        last = len(self._test) - self._context - 1
        starts = np.linspace(0, last, self._held_out_windows).astype(np.int64)
        return self._windows(self._test, starts)

    def _windows(self, stream: np.ndarray, starts: np.ndarray) -> Batch:
        windows = stream[starts[:, None] + np.arange(self._context + 1)]
        return windows[:, :-1], windows[:, 1:]


class Block(nn.Module):
    """Is a pre-norm transformer block with causal self-attention."""

    def __init__(self, width: int, heads: int, context: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.up = nn.Linear(width, 2 * width)
        self.down = nn.Linear(2 * width, width)
        self.register_buffer("hidden", torch.full((context, context), -1e9).triu(1))

    def forward(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        parts = self.qkv(self.norm1(x)).view(batch, length, 3, self.heads, width // self.heads)
        q, k, v = parts.permute(2, 0, 3, 1, 4).unbind(0)
        scores = q @ k.transpose(-1, -2) * (width // self.heads) ** -0.5 + self.hidden
        mixed = (scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, length, width)
        x = x + self.out(mixed)
        x = x + self.down(functional.gelu(self.up(self.norm2(x))))
        return x


class ByteTransformer(nn.Module):
    """Predicts logits `[batch, context, 128]` of the next byte from bytes `[batch, context]`."""

    def __init__(
        self, width: int = 32, heads: int = 2, blocks: int = 1, context: int = CONTEXT
    ) -> None:
        super().__init__()
        self.token = nn.Embedding(VOCABULARY, width)
        nn.init.normal_(self.token.weight, std=0.1)
        self.position = nn.Parameter(0.1 * torch.randn(context, width))
        self.blocks = nn.Sequential(*(Block(width, heads, context) for _ in range(blocks)))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, VOCABULARY)

    def forward(self, tokens: Tensor) -> Tensor:
        logits: Tensor = self.head(self.norm(self.blocks(self.token(tokens) + self.position)))
        return logits


def next_byte_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Computes the cross-entropy in nats per byte."""
    return functional.cross_entropy(logits.flatten(0, -2), targets.flatten())


@cache
def _data() -> ByteText:
    return ByteText()


BYTE_TEXT = Task(
    name="byte_text",
    summary="next byte of Python's language reference, one-block transformer, 17k parameters",
    model=ByteTransformer,
    data=_data,
    loss=next_byte_loss,
    steps=120,
    batch_size=16,
    rate=0.01,
)
