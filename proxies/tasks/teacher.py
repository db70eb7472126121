"""Trains a wide student on a fixed random teacher's function, from points that never repeat."""

from __future__ import annotations

from functools import cache

import numpy as np
from torch import nn
from torch.nn import functional

from proxies.keys import generator
from proxies.task import Batch, Task

_INPUTS, _HIDDEN, _OUTPUTS = 16, 32, 4
_NOISE = 0.1
_HELD_OUT = 2048


@cache
def _teacher() -> tuple[np.ndarray, np.ndarray]:
    draw = generator("teacher_student", "teacher")
    first = draw.standard_normal((_INPUTS, _HIDDEN)) * 1.5 / _INPUTS**0.5
    return first, draw.standard_normal((_HIDDEN, _OUTPUTS)) / _HIDDEN**0.5


class TeacherAnswers:
    """Draws normal inputs `[N, 16]` and the teacher's answers `[N, 4]`, with noise in training."""

    def sample(self, draw: np.random.Generator, size: int) -> Batch:
        inputs, answers = self._answers(draw, size)
        noise = _NOISE * draw.standard_normal(answers.shape)
        return inputs, (answers + noise).astype(np.float32)

    def held_out(self) -> Batch:
        inputs, answers = self._answers(generator("teacher_student", "held out"), _HELD_OUT)
        return inputs, answers.astype(np.float32)

    @staticmethod
    def _answers(draw: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
        first, second = _teacher()
        inputs = draw.standard_normal((size, _INPUTS))
        return inputs.astype(np.float32), np.tanh(inputs @ first) @ second


def _model() -> nn.Module:
    return nn.Sequential(
        *(nn.Linear(_INPUTS, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, _OUTPUTS)),
    )


TEACHER_STUDENT = Task(
    name="teacher_student",
    summary="function of a random network, 16-64-64-4 perceptron, 5.5k parameters",
    model=_model,
    data=TeacherAnswers,
    loss=functional.mse_loss,
    steps=300,
    batch_size=128,
    rate=0.02,
)
