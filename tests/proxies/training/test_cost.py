"""What a task costs, against counting by hand."""

from collections.abc import Sequence

import pytest

from evosearch import known_rule, lower
from evosearch.screening.contender import contender
from proxies import TASKS, Engine, Replica, Task
from proxies.training import cost
from proxies.training.cost import flops_per_step, parameter_count, replica_step_seconds
from tests.support.tiny_task import TINY


def test_flops_are_those_of_the_matrix_products() -> None:
    """A 64-32-10 perceptron at batch 64 has three products per layer, less one for the inputs."""
    forward = 2 * 64 * (64 * 32 + 32 * 10)
    assert flops_per_step(TASKS["digit_images"]) == 3 * forward - 2 * 64 * 64 * 32


def test_parameters_are_counted() -> None:
    """A linear map from three numbers to one has three weights and a bias."""
    assert parameter_count(TINY) == 4


def test_the_time_of_a_step_is_that_of_what_steps_add(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a training takes besides steps is left out, and rounds that were disturbed."""
    momentum = contender(lower(known_rule("momentum")))
    clock, calls = 0.0, []

    def trained(_task: Task, replicas: Sequence[Replica], steps: int, _engine: Engine) -> None:
        nonlocal clock
        calls.append((steps, {replica.seed for replica in replicas}))
        assert {replica.constants for replica in replicas} == {momentum.constants} != {()}
        disturbance = 10.0 * (len(calls) % 3 != 0)
        clock += 5.0 + 0.25 * steps * len(replicas) + disturbance

    monkeypatch.setattr(cost, "train", trained)
    monkeypatch.setattr(cost, "perf_counter", lambda: clock)
    seconds = replica_step_seconds(TINY, momentum.plan, momentum.constants, 4, 8)
    assert seconds == pytest.approx(0.25)
    seeds = [seed for _, own in calls for seed in own]
    assert len(seeds) == len(set(seeds)) == 2 * len(calls)
    assert len({steps for steps, _ in calls}) == 2


def test_a_real_step_takes_some_time() -> None:
    """A rule with constants trains as it would in a search."""
    adamw = contender(lower(known_rule("adamw")))
    assert replica_step_seconds(TINY, adamw.plan, adamw.constants, 8, 4) > 0
