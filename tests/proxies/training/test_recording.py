"""What a training meets is recorded: compared with a loop around torch.optim."""

import numpy as np
import torch
from torch.optim import SGD

from evosearch import known_rule, lower
from evosearch.screening.contender import contender
from proxies import Replica
from proxies.task import fresh_model, rate_factors
from proxies.training.batches import training_batch
from proxies.training.recording import record
from tests.support.tiny_task import TINY

STEPS = 6


def test_weights_gradients_and_rates_are_those_of_plain_training() -> None:
    """Before each update, in float64, side by side as the layout has them."""
    rule = contender(lower(known_rule("sgd"), bind=True))
    recording = record(TINY, Replica(rule.plan, 0.1, seed=3, weight_decay=0.01), STEPS)
    model = fresh_model(TINY, 3)
    optimizer = SGD(model.parameters(), lr=0.0, weight_decay=0.0)
    rates = 0.1 * rate_factors(STEPS, TINY.warmup)
    shapes = [tuple(p.shape) for p in model.parameters()]
    assert list(recording.shapes) == [s if len(s) == 2 else (*s, 1) for s in shapes]
    np.testing.assert_allclose(recording.rates, rates)
    for t in range(STEPS):
        inputs, targets = training_batch(TINY, 3, t + 1, torch.float32)
        optimizer.zero_grad()
        TINY.loss(model(inputs), targets).backward()
        flat = np.concatenate([p.detach().numpy().ravel() for p in model.parameters()])
        slope = np.concatenate(
            [p.grad.numpy().ravel() for p in model.parameters() if p.grad is not None]
        )
        np.testing.assert_allclose(recording.weights[t], flat, rtol=1e-5, atol=1e-7)
        np.testing.assert_allclose(recording.gradients[t], slope, rtol=1e-4, atol=1e-6)
        optimizer.param_groups[0]["lr"] = rates[t]
        with torch.no_grad():
            for p in model.parameters():
                p.mul_(1 - rates[t] * 0.01)
        optimizer.step()


def test_what_is_not_finite_ends_the_record() -> None:
    """A rate at which the weights overflow."""
    rule = contender(lower(known_rule("sgd"), bind=True))
    recording = record(TINY, Replica(rule.plan, 1e30, seed=0), STEPS)
    assert 1 <= len(recording.weights) == len(recording.gradients) == len(recording.rates) < STEPS
    assert np.isfinite(recording.gradients).all()
