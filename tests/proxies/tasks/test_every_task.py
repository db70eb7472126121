"""One contract that every task must keep."""

import random
import re
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call, grad_and_value, vmap

from evosearch import known_rule, lower
from evosearch.screening.contender import plan
from proxies import SUITES, TASKS, Replica, Task, train
from proxies.task import fresh_model
from proxies.training.batches import initial_weights
from tests.support.every_task import equal, every_task, sample

LARGE = {"byte_lm_deep", "digits_conv_deep"}
"""Tasks whose steps take too long for more than a few."""


@every_task
def test_model_trains(task: Task) -> None:
    """The loss of a batch is one finite number, and its gradient reaches every parameter."""
    model = task.model()
    inputs, targets = map(torch.from_numpy, sample(task, "a"))
    assert len(inputs) == len(targets) == task.batch_size
    loss = task.loss(model(inputs), targets)
    assert loss.shape == ()
    assert torch.isfinite(loss)
    loss.backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.any(), name


@every_task
def test_loss_is_a_mean_over_the_batch(task: Task) -> None:
    """A batch given twice over has the loss of the batch."""
    model = task.model().double()
    inputs, targets = map(torch.from_numpy, sample(task, "a"))
    inputs = inputs.double() if inputs.is_floating_point() else inputs
    targets = targets.double() if targets.is_floating_point() else targets
    once = task.loss(model(inputs), targets)
    twice = task.loss(model(torch.cat([inputs, inputs])), torch.cat([targets, targets]))
    torch.testing.assert_close(once, twice, rtol=1e-12, atol=0)


@every_task
def test_summary_states_the_size_of_the_model(task: Task) -> None:
    """The number of parameters in the summary is that of the model."""
    stated = re.search(r"([\d.]+)(k?) parameters", task.summary)
    assert stated is not None
    unit = 1000 if stated[2] else 1
    digits = len(stated[1].partition(".")[2])
    count = sum(p.numel() for p in task.model().parameters())
    assert round(count / unit, digits) == float(stated[1])


@every_task
def test_held_out_batch_never_changes(task: Task) -> None:
    """The held-out batch is the same after sampling, and of data made anew."""
    first = task.data().held_out()
    sample(task, "a")
    assert equal(first, task.data().held_out())
    # The factories keep what they made; what they wrap makes it anew.
    make_anew: Any = getattr(task.data, "__wrapped__", task.data)
    assert equal(first, make_anew().held_out())


@every_task
def test_batches_are_arrays_of_a_kind(task: Task) -> None:
    """Inputs and targets are float32 or int64, as many as asked for, shaped as those held out."""
    batch, held_out = sample(task, "a"), task.data().held_out()
    for part, kept in zip(batch, held_out, strict=True):
        assert len(part) == task.batch_size
        assert part.shape[1:] == kept.shape[1:]
        assert part.dtype == kept.dtype
        assert part.dtype in (np.float32, np.int64)
        assert np.isfinite(part).all()


@every_task
def test_replicas_train_as_a_module_alone(task: Task) -> None:
    """Loss and gradient of stacked replicas are those of each module by itself, in float64."""
    models = [fresh_model(task, seed).double() for seed in (0, 1)]
    inputs, targets = (
        part.double() if part.is_floating_point() else part
        for part in map(torch.from_numpy, sample(task, "a"))
    )
    parameters = {
        name: torch.stack([dict(model.named_parameters())[name].detach() for model in models])
        for name, _ in models[0].named_parameters()
    }

    def loss(own: dict[str, Tensor]) -> Tensor:
        return task.loss(functional_call(models[0], own, (inputs,)), targets)

    gradients, losses = vmap(grad_and_value(loss))(parameters)
    for place, model in enumerate(models):
        alone = task.loss(model(inputs), targets)
        alone.backward()
        torch.testing.assert_close(losses[place], alone, rtol=1e-10, atol=1e-12)
        for name, parameter in model.named_parameters():
            torch.testing.assert_close(
                gradients[name][place], parameter.grad, rtol=1e-8, atol=1e-10, msg=name
            )


@every_task
def test_adamw_lowers_the_loss(task: Task) -> None:
    """A few steps at the task's rate are better than none."""
    rule = plan(lower(known_rule("adamw"), bind=True))
    steps = 3 if task.name in LARGE else 20
    replicas = [Replica(rule, rate, 0) for rate in (0.0, task.rate)]
    untrained, trained = train(task, replicas, steps)
    assert trained < untrained


def test_suites_name_tasks_of_their_own() -> None:
    """Every name in a suite is a task's, and no task is in two."""
    named = [name for names in SUITES.values() for name in names]
    assert set(SUITES) == {"micro", "search", "select", "final"}
    assert set(named) <= set(TASKS)
    assert len(named) == len(set(named))


@every_task
def test_no_global_generator_is_touched(task: Task) -> None:
    """Training leaves the global generators of Python, numpy and torch where they were."""
    rule = plan(lower(known_rule("adamw"), bind=True))
    before = (random.getstate(), str(np.random.get_state()), torch.get_rng_state())  # noqa: NPY002
    initial_weights(task, 5, torch.float32)
    train(task, [Replica(rule, 0.01, 5)], 2)
    after = (random.getstate(), str(np.random.get_state()), torch.get_rng_state())  # noqa: NPY002
    assert before[:2] == after[:2]
    assert torch.equal(before[2], after[2])
