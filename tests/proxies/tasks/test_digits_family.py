"""The family of digit_images: what changes with a member, and what does not."""

from __future__ import annotations

import numpy as np
import pytest

from proxies import TASKS, Replica, train
from proxies.tasks.digits_family import BASE_BATCH_SIZE, BASE_WIDTH, digits_at
from proxies.training.cost import parameter_count
from tests.support.every_task import equal, sample


def test_the_base_is_the_task_that_ships() -> None:
    """Losses of the base are those of digit_images, with which they can be compared."""
    assert digits_at(BASE_WIDTH, BASE_BATCH_SIZE) is TASKS["digit_images"]


@pytest.mark.parametrize(("width", "batch"), [(64, 16), (512, 1024), (32, 16)])
def test_width_and_batch_change_and_nothing_else(width: int, batch: int) -> None:
    """One hidden layer of that width, batches of that size, the same data and steps."""
    task, base = digits_at(width, batch), TASKS["digit_images"]
    # 64 inputs and a bias to each unit, and these and a bias to each of ten classes.
    assert parameter_count(task) == 65 * width + 10 * (width + 1)
    assert f"{parameter_count(task) / 1000:.1f}k parameters" in task.summary
    assert len(sample(task, "a")[0]) == batch
    assert equal(task.data().held_out(), base.data().held_out())
    same = ("steps", "rate", "warmup", "weight_decay", "loss")
    assert all(getattr(task, name) == getattr(base, name) for name in same)


def test_members_have_names_and_digests_of_their_own() -> None:
    """What is kept of one is never taken for another's."""
    members = [digits_at(width, batch) for width in (32, 64) for batch in (16, 64)]
    assert len({task.name for task in members}) == len({task.digest() for task in members}) == 4
    assert digits_at(64, 16) is digits_at(64, 16)


def test_a_member_trains() -> None:
    """A few steps of plain descent lower the loss."""
    from evosearch import known_rule, lower
    from evosearch.screening.contender import plan

    rule = plan(lower(known_rule("sgd"), bind=True))
    before, after = train(digits_at(64, 16), [Replica(rule, rate, 0) for rate in (0.0, 0.1)], 20)
    assert after < before
    assert np.isfinite(after)
