"""Gives `digit_images` at other widths and batch sizes, to see how a rule's best rate moves."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial

from proxies.task import Task
from proxies.tasks.digit_images import DIGIT_IMAGES, perceptron

WIDTHS = (32, 64, 128, 256, 512)
"""The widths of the hidden layer at which the family is tried."""
BATCH_SIZES = (16, 64, 256, 1024)
"""The batch sizes at which it is tried."""
BASE_WIDTH, BASE_BATCH_SIZE = 32, DIGIT_IMAGES.batch_size
"""The member that is `digit_images` itself."""


@cache
def digits_at(width: int, batch_size: int) -> Task:
    """Gives the task with a hidden layer of `width` units, trained on batches of `batch_size`.

    Data, initialisation, number of steps and learning rate to start from are those of
    `digit_images`. Each member has a name, and so draws, of its own. It is in no suite.
    """
    if (width, batch_size) == (BASE_WIDTH, BASE_BATCH_SIZE):
        return DIGIT_IMAGES
    count = sum(parameter.numel() for parameter in perceptron(width).parameters())
    return replace(
        DIGIT_IMAGES,
        name=f"digit_images_{width}x{batch_size}",
        summary=f"class of a shifted, noisy digit in batches of {batch_size}, 64-{width}-10 "
        f"perceptron, {count / 1000:.1f}k parameters",
        model=partial(perceptron, width),
        batch_size=batch_size,
    )
