"""Trains a deeper and wider perceptron on the task of `digit_images`, with more noise."""

from __future__ import annotations

from functools import cache

from torch import nn

from proxies.task import Task
from proxies.tasks.digit_images import SIDE, ShiftedDigits, class_loss


def _model(width: int = 96) -> nn.Module:
    return nn.Sequential(
        *(nn.Linear(SIDE * SIDE, width), nn.ReLU()),
        *(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU()),
        nn.Linear(width, 10),
    )


@cache
def _data() -> ShiftedDigits:
    return ShiftedDigits(noise=0.5, copies=8)


DIGITS_DEEP = Task(
    name="digits_deep",
    summary="class of a shifted, very noisy digit, 64-96-96-96-10 perceptron, 25.8k parameters",
    model=_model,
    data=_data,
    loss=class_loss,
    steps=200,
    batch_size=64,
    rate=0.01,
)
