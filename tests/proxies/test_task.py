"""The schedule, and one contract that every task must keep."""

import math
import random
import re
from collections.abc import Callable
from dataclasses import replace
from pydoc_data import topics
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from evosearch import known_rule, lower
from evosearch.planning import plan
from proxies import TASKS, Batch, Replica, Task, train
from proxies.keys import generator
from proxies.task import rate_factors
from proxies.trainer import initial_weights
from tests.tiny import TINY

every_task = pytest.mark.parametrize("task", [*TASKS.values(), TINY], ids=lambda task: task.name)


def factor(t: int, steps: int, rising: float) -> float:
    """The factor at step `t`, warming up until `rising`."""
    if t < rising:
        return t / rising
    return 0.5 + 0.5 * math.cos(math.pi * (t - rising) / (steps - rising))


@pytest.mark.parametrize(
    ("steps", "warmup", "rising"),
    [(100, 0.1, 10), (120, 0.1, 12), (25, 0.1, 2.5), (8, 0.5, 4), (10, 0.0, 1), (5, 0.1, 1)],
)
def test_rate_warms_up_and_falls_as_a_cosine(steps: int, warmup: float, rising: float) -> None:
    """The rate rises linearly over the first part of the steps, at least one, then is a cosine."""
    expected = [factor(t, steps, rising) for t in range(1, steps + 1)]
    np.testing.assert_allclose(rate_factors(steps, warmup), expected, rtol=1e-12, atol=1e-15)


@given(st.integers(2, 300), st.floats(0.0, 0.9))
def test_rate_rises_to_its_peak_and_falls_to_zero(steps: int, warmup: float) -> None:
    """Factors lie in [0, 1], rise, then fall; the last is 0."""
    factors = rate_factors(steps, warmup)
    assert factors.shape == (steps,)
    assert factors.min() >= 0
    assert factors.max() <= 1
    turns = np.sign(np.diff(factors))
    assert list(turns) == sorted(turns, reverse=True)
    assert factors[-1] == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize(("steps", "warmup"), [(1, 0.1), (1, 1.0), (4, 1.0)])
def test_schedule_without_room_to_fall_ends_at_its_peak(steps: int, warmup: float) -> None:
    """A single step, or the last of nothing but warm-up, is taken at the full rate."""
    assert rate_factors(steps, warmup)[-1] == 1.0


def sample(task: Task, *key: str | int) -> Batch:
    return task.data().sample(generator(*key), task.batch_size)


def equal(a: Batch, b: Batch) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


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
    made_anew: Any = type(task.data())
    assert equal(first, made_anew().held_out())


@every_task
def test_training_batches_are_functions_of_their_key(task: Task) -> None:
    """Equal keys give equal batches, other keys other batches."""
    batches = [sample(task, "batch", seed, t) for seed in (0, 1) for t in (1, 2)]
    assert equal(batches[0], sample(task, "batch", 0, 1))
    for index, batch in enumerate(batches):
        assert not any(np.array_equal(batch[0], other[0]) for other in batches[:index])


class ExtremeDraw:
    """Stands for a generator that always draws the largest or the smallest number."""

    def __init__(self, largest: bool) -> None:
        self._largest = largest

    def integers(self, high: int, size: int) -> np.ndarray:
        return np.full(size, high - 1 if self._largest else 0)


def test_byte_text_trains_on_what_precedes_the_held_out_part() -> None:
    """The last possible training window ends where the held-out text begins."""
    data: Any = TASKS["byte_text"].data()

    def text(batch: Batch, row: int) -> str:
        inputs, targets = batch
        assert np.array_equal(inputs[row, 1:], targets[row, :-1])
        return bytes([*inputs[row].tolist(), int(targets[row, -1])]).decode("ascii")

    held_out = data.held_out()
    first = text(data.sample(ExtremeDraw(largest=False), 1), 0)
    last = text(data.sample(ExtremeDraw(largest=True), 1), 0)
    whole = "\n".join(topics.topics[name] for name in sorted(topics.topics))
    whole = whole.encode("ascii", "replace").decode("ascii")
    assert whole.startswith(first)
    border = whole.index(last + text(held_out, 0)) + len(last)
    assert 0.89 < border / len(whole) < 0.91
    for row in range(1, len(held_out[0])):
        assert text(held_out, row) in whole[border:]


class WholeDraw:
    """Stands for a generator that chooses every option once, and neither moves nor adds noise."""

    def choice(self, options: np.ndarray, size: int) -> np.ndarray:
        assert size > 0
        return options

    def integers(self, high: int, size: tuple[int, ...]) -> np.ndarray:
        assert high == 3
        return np.ones(size, dtype=np.int64)

    def standard_normal(self, size: tuple[int, ...], dtype: Any) -> np.ndarray:
        return np.zeros(size, dtype)


def test_digit_images_holds_out_whole_digits() -> None:
    """No digit is both trained on and held out, in any distortion."""
    digits = load_digits()
    data: Any = TASKS["digit_images"].data()
    trained, _ = data.sample(WholeDraw(), 1)
    seen = {image.tobytes() for image in np.round((trained + 0.3) * 16).astype(np.int8)}
    originals = digits.images.astype(np.int8)
    unseen = [i for i, image in enumerate(originals) if image.tobytes() not in seen]
    assert unseen == list(range(0, len(originals), 5))

    held_out, labels = data.held_out()
    copies = len(held_out) // len(unseen)
    assert np.array_equal(labels, np.tile(digits.target[unseen], copies))
    # What is left of each held-out image without its own digit, moved as fits best, is noise.
    padded = np.pad(digits.images[unseen] / 16.0, ((0, 0), (1, 1), (1, 1)))
    moved = [padded[:, r : r + 8, c : c + 8].reshape(-1, 64) for r in range(3) for c in range(3)]
    rest = np.tile(moved, (1, copies, 1)) - 0.3 - held_out
    assert np.sqrt(np.mean(np.square(rest), axis=2)).min(axis=0).max() < 0.4


class Changed:
    """The data of a task with another first held-out or training input."""

    def __init__(self, task: Task, held_out: bool) -> None:
        self._data, self._held_out = task.data(), held_out

    def sample(self, draw: np.random.Generator, size: int) -> Batch:
        return self._change(self._data.sample(draw, size), not self._held_out)

    def held_out(self) -> Batch:
        return self._change(self._data.held_out(), self._held_out)

    @staticmethod
    def _change(batch: Batch, really: bool) -> Batch:
        inputs = batch[0].copy()
        inputs.flat[0] += really
        return inputs, batch[1]


CHANGES: dict[str, Callable[[Task], Task]] = {
    "name": lambda task: replace(task, name=task.name + "2"),
    "steps": lambda task: replace(task, steps=task.steps + 1),
    "batch_size": lambda task: replace(task, batch_size=task.batch_size + 1),
    "rate": lambda task: replace(task, rate=1.5 * task.rate),
    "warmup": lambda task: replace(task, warmup=0.2),
    "weight_decay": lambda task: replace(task, weight_decay=0.0),
    "version": lambda task: replace(task, version=task.version + 1),
    "held-out data": lambda task: replace(task, data=lambda: Changed(task, held_out=True)),
    "training data": lambda task: replace(task, data=lambda: Changed(task, held_out=False)),
}


@every_task
def test_digest_names_what_a_measurement_depends_on(task: Task) -> None:
    """The digest stays while nothing changes, and differs with every setting and the data."""
    assert task.digest() == task.digest() == replace(task, summary="another").digest()
    digests = {change(task).digest() for change in CHANGES.values()}
    assert len(digests | {task.digest()}) == len(CHANGES) + 1


@every_task
def test_initial_weights_depend_on_the_seed_alone(task: Task) -> None:
    """Equal seeds give equal weights whatever torch drew before; other seeds give others."""
    first = initial_weights(task, 0, torch.float32)
    with torch.random.fork_rng(devices=[]):
        torch.rand(3)
        assert torch.equal(first, initial_weights(task, 0, torch.float32))
    assert not torch.equal(first, initial_weights(task, 1, torch.float32))
    assert first.shape == (sum(p.numel() for p in task.model().parameters()),)


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
