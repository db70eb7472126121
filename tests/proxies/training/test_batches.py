"""Weights and batches are functions of task, seed and step alone."""

import numpy as np
import pytest
import torch

from proxies import TASKS, Task
from proxies.keys import generator
from proxies.task import fresh_model
from proxies.training.batches import held_out_batch, initial_weights, training_batch
from tests.support.every_task import equal, every_task, sample
from tests.support.tiny_task import TINY


@every_task
def test_training_batches_are_functions_of_their_key(task: Task) -> None:
    """Equal keys give equal batches, other keys other batches."""
    batches = [sample(task, "batch", seed, t) for seed in (0, 1) for t in (1, 2)]
    assert equal(batches[0], sample(task, "batch", 0, 1))
    for index, batch in enumerate(batches):
        assert not any(np.array_equal(batch[0], other[0]) for other in batches[:index])


@every_task
def test_initial_weights_depend_on_the_seed_alone(task: Task) -> None:
    """Equal seeds give equal weights whatever torch drew before; other seeds give others."""
    first = initial_weights(task, 0, torch.float32)
    with torch.random.fork_rng(devices=[]):
        torch.rand(3)
        assert torch.equal(first, initial_weights(task, 0, torch.float32))
    assert not torch.equal(first, initial_weights(task, 1, torch.float32))
    assert first.shape == (sum(p.numel() for p in task.model().parameters()),)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_numbers_have_the_type_asked_for_and_classes_stay_whole(dtype: torch.dtype) -> None:
    """A digit's pixels have the type asked for, its class stays an integer."""
    task = TASKS["digit_images"]
    for batch in (training_batch(task, 0, 1, dtype), held_out_batch(task, dtype)):
        assert [part.dtype for part in batch] == [dtype, torch.int64]
    assert initial_weights(task, 0, dtype).dtype == dtype


def test_replicas_of_a_seed_share_their_batch() -> None:
    """The batch of a step is drawn once, from the generator that the task's key names."""
    batch = training_batch(TINY, 3, 7, torch.float32)
    assert training_batch(TINY, 3, 7, torch.float32) is batch
    drawn = TINY.data().sample(generator("batch", "tiny", 3, 7), TINY.batch_size)
    assert equal(tuple(part.numpy() for part in batch), drawn)


def test_weights_are_the_models_own_side_by_side() -> None:
    """Flattened in the order of the model's parameters."""
    weights = initial_weights(TINY, 2, torch.float64)
    model = fresh_model(TINY, 2)
    parts = [p.detach().double().flatten() for p in model.parameters()]
    assert torch.equal(weights, torch.cat(parts))
