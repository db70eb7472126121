"""The sum of two handwritten digits, by a deep convolutional network without normalisation."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from proxies.task import Task
from proxies.tasks.digit_images import SIDE, class_loss
from proxies.tasks.digit_sums import SUMS, digit_pairs


class ResidualConvolutions(nn.Module):
    """x + scale · conv relu(conv x)."""

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
        # The digits lie one under the other.
        nn.Unflatten(1, (1, 2 * SIDE, SIDE)),
        *(nn.Conv2d(1, channels // 2, 3, padding=1), nn.ReLU()),
        nn.Conv2d(channels // 2, channels, 3, stride=2, padding=1),
        *(ResidualConvolutions(channels, blocks**-0.5) for _ in range(blocks)),
        *(nn.ReLU(), nn.Conv2d(channels, channels, 3, stride=2, padding=1), nn.ReLU()),
        *(nn.Flatten(), nn.Linear(channels * SIDE * SIDE // 8, SUMS)),
    )


DIGIT_SUMS_CONV = Task(
    name="digit_sums_conv",
    summary="sum of two shifted, noisy digits, eleven convolutions without normalisation, "
    "53.3k parameters",
    model=_model,
    data=digit_pairs,
    loss=class_loss,
    steps=300,
    batch_size=32,
    rate=0.005,
)
