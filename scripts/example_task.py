"""Shows a task of one's own, to copy: where does a noisy wave come from?

    evosearch tasks --qualify scripts/example_task.py:WAVES
    evosearch search --preset quick --task scripts/example_task.py:WAVES

A task is a model, a loss, data and a schedule. What must be so: the model is a plain
`torch.nn.Module` without Python that branches on values, and without batch norm, unless it has
`track_running_stats=False`; the loss is a mean over the batch; data come from the generator that
`sample` is given, and from nothing else. Dropout works, and files beside this one may be read. What
makes a task tell rules apart: data that do not run out, a loss that still falls at four times the
steps, and a held-out set of some thousand examples. `--qualify` measures it.
"""

from __future__ import annotations

import numpy as np
from torch import nn
from torch.nn import functional

from proxies import Batch, Task

POINTS = 32


class Waves:
    """Inputs `[N, 32]`: a sine of random frequency and phase, with noise; targets `[N, 2]`: the
    frequency from 0 to 1, and the cosine of the phase.
    """

    def sample(self, draw: np.random.Generator, size: int) -> Batch:
        frequency, phase = draw.random((2, size, 1))
        position = np.linspace(0, 1, POINTS)
        wave = np.sin(2 * np.pi * ((1 + 4 * frequency) * position + phase))
        wave += 0.1 * draw.standard_normal(wave.shape)
        targets = np.concatenate([frequency, np.cos(2 * np.pi * phase)], axis=1)
        return wave.astype(np.float32), targets.astype(np.float32)

    def held_out(self) -> Batch:
        return self.sample(np.random.default_rng(0), 2048)


WAVES = Task(
    name="waves",
    summary="frequency and phase of a noisy sine, 32-64-64-2 perceptron",
    model=lambda: nn.Sequential(
        *(nn.Linear(POINTS, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
    ),
    data=Waves,
    loss=functional.mse_loss,
    steps=200,
    batch_size=64,
    rate=0.02,
)
