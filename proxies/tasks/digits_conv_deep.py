"""Tells handwritten digits apart by a deep convolutional network without normalisation."""

from __future__ import annotations

from functools import cache

from torch import Tensor, nn
from torch.nn import functional

from proxies.task import Task
from proxies.tasks.digit_images import SIDE, ShiftedDigits, class_loss


class ResidualConvolutions(nn.Module):
    """Computes x + scale · conv relu(conv x)."""

    def __init__(self, channels: int, scale: float) -> None:
        super().__init__()
        self.scale = scale
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = x + self.scale * self.second(functional.relu(self.first(x)))
        return result


def _model(channels: int = 24, blocks: int = 4) -> nn.Module:
    return nn.Sequential(
        nn.Unflatten(1, (1, SIDE, SIDE)),
        *(nn.Conv2d(1, channels // 2, 3, padding=1), nn.ReLU()),
        nn.Conv2d(channels // 2, channels, 3, stride=2, padding=1),
        *(ResidualConvolutions(channels, blocks**-0.5) for _ in range(blocks)),
        *(nn.ReLU(), nn.Conv2d(channels, channels, 3, stride=2, padding=1), nn.ReLU()),
        *(nn.Flatten(), nn.Linear(channels * SIDE * SIDE // 16, 10)),
    )


@cache
def _data() -> ShiftedDigits:
    return ShiftedDigits(noise=0.4, copies=4)


DIGITS_CONV_DEEP = Task(
    name="digits_conv_deep",
    summary="class of a shifted, noisy digit, eleven convolutions without normalisation, "
    "50.6k parameters",
    model=_model,
    data=_data,
    loss=class_loss,
    steps=200,
    batch_size=64,
    rate=0.005,
)
