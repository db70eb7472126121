"""Trains a recurrent language model; the cell is written out, for vmap takes no nn.GRU.

Its gates are normalised: without that, the seeds of one training differ too much for the task to
qualify, at any width, batch or number of steps that was tried.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor, nn

from proxies.task import Task
from proxies.tasks.byte_text import VOCABULARY, ByteText, next_byte_loss

_CONTEXT = 12


class GatedCell(nn.Module):
    """Is the gated recurrent unit of Cho et al., arXiv 1406.1078, with its products normalised.

    The reset gate comes after the matrix product, as torch has it; both products are normalised
    (Ba et al., arXiv 1607.06450).
    """

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.of_input = nn.Sequential(nn.Linear(inputs, 3 * hidden), nn.LayerNorm(3 * hidden))
        self.of_state = nn.Sequential(nn.Linear(hidden, 3 * hidden), nn.LayerNorm(3 * hidden))

    def forward(self, given: Tensor, state: Tensor) -> Tensor:
        """Computes the next state `[batch, hidden]`; `given` is `of_input` of this step's input."""
        reset_in, update_in, new_in = given.chunk(3, dim=-1)
        reset_on, update_on, new_on = self.of_state(state).chunk(3, dim=-1)
        update = torch.sigmoid(update_in + update_on)
        new = torch.tanh(new_in + torch.sigmoid(reset_in + reset_on) * new_on)
        return new + update * (state - new)


class GatedModel(nn.Module):
    """Predicts the logits `[batch, 12, 128]` of the next byte from bytes `[batch, 12]`."""

    def __init__(self, width: int = 32, hidden: int = 64) -> None:
        super().__init__()
        self.token = nn.Embedding(VOCABULARY, width)
        nn.init.normal_(self.token.weight, std=0.5)
        self.cell = GatedCell(width, hidden)
        self.start = nn.Parameter(torch.zeros(hidden))
        self.norm = nn.LayerNorm(hidden)
        self.head = nn.Linear(hidden, VOCABULARY)

    def forward(self, tokens: Tensor) -> Tensor:
        given = self.cell.of_input(self.token(tokens))
        state = self.start.expand(len(tokens), -1)
        states = []
        for position in range(_CONTEXT):
            state = self.cell(given[:, position], state)
            states.append(state)
        logits: Tensor = self.head(self.norm(torch.stack(states, dim=1)))
        return logits


@cache
def _data() -> ByteText:
    return ByteText(_CONTEXT, held_out_windows=1024)


BYTE_GRU = Task(
    name="byte_gru",
    summary="next byte of Python's language reference, gated recurrent network, 32.2k parameters",
    model=GatedModel,
    data=_data,
    loss=next_byte_loss,
    steps=200,
    batch_size=32,
    rate=0.02,
)
