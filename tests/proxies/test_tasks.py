"""One contract that every task must keep, and what is held out of each source of data."""

import random
import re
from pydoc_data import topics
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from torch import Tensor, nn
from torch.distributions import Normal, kl_divergence
from torch.func import functional_call, grad_and_value, vmap

from evosearch import known_rule, lower
from evosearch.screening.contender import plan
from proxies import SUITES, TASKS, Batch, Replica, Task, train
from proxies.keys import generator
from proxies.task import fresh_model
from proxies.task_checks import first_fault
from proxies.tasks.byte_gru import GatedCell
from proxies.training.cost import flops_per_step, parameter_count
from proxies.training.trainer import initial_weights
from tests.support.tiny_task import TINY

LARGE = {"byte_lm_deep", "digits_conv_deep"}
"""Tasks whose steps take too long for more than a few."""

every_task = pytest.mark.parametrize("task", [*TASKS.values(), TINY], ids=lambda task: task.name)


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


@every_task
def test_the_task_keeps_what_is_asked_of_a_users(task: Task) -> None:
    """The checks that a task from a file must pass."""
    assert first_fault(task) is None


def test_suites_name_tasks_of_their_own() -> None:
    """Every name in a suite is a task's, and no task is in two."""
    named = [name for names in SUITES.values() for name in names]
    assert set(SUITES) == {"micro", "search", "select", "final"}
    assert set(named) <= set(TASKS)
    assert len(named) == len(set(named))


def test_final_models_are_as_large_as_promised() -> None:
    """The final suite has a transformer of at least half a million parameters in four blocks."""
    model = TASKS["byte_lm_deep"].model()
    assert parameter_count(TASKS["byte_lm_deep"]) >= 500_000
    assert len([m for m in model.modules() if type(m).__name__ == "Block"]) == 4


def test_flops_are_those_of_the_matrix_products() -> None:
    """Of a 64-32-10 perceptron at batch 64: three products per layer, less one for the inputs."""
    forward = 2 * 64 * (64 * 32 + 32 * 10)
    assert flops_per_step(TASKS["digit_images"]) == 3 * forward - 2 * 64 * 64 * 32


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


@pytest.mark.parametrize(
    ("name", "load"), [("wine_gaps", load_wine), ("cancer_gaps", load_breast_cancer)]
)
def test_generated_rows_have_the_means_and_covariances_of_the_table(name: str, load: Any) -> None:
    """Over classes that are drawn equally often."""
    table = load()
    values = (table.data - table.data.mean(axis=0)) / table.data.std(axis=0)
    classes = [values[table.target == label] for label in np.unique(table.target)]
    mean = np.mean([rows.mean(axis=0) for rows in classes], axis=0)
    second = np.mean(
        [np.cov(rows.T) + np.outer(rows.mean(axis=0), rows.mean(axis=0)) for rows in classes],
        axis=0,
    )
    _, targets = TASKS[name].data().sample(generator("a"), 40_000)
    drawn = targets[:, 0].astype(np.float64)
    np.testing.assert_allclose(drawn.mean(axis=0), mean, atol=0.05)
    np.testing.assert_allclose(drawn.T @ drawn / len(drawn), second, atol=0.1)


def test_what_is_asked_for_is_not_given() -> None:
    """Half of the measurements are hidden; the others are as they are."""
    inputs, targets = TASKS["cancer_gaps"].data().held_out()
    hidden = targets[:, 1] == 1
    assert np.array_equal(inputs[:, 1], targets[:, 1])
    assert not inputs[:, 0][hidden].any()
    assert np.array_equal(inputs[:, 0][~hidden], targets[:, 0][~hidden])
    assert 0.45 < hidden.mean() < 0.55


def test_gated_cell_is_torchs_with_normalised_products() -> None:
    """Of the same weights, and but for the normalisation, it gives what torch.nn.GRUCell gives."""
    cell, theirs = GatedCell(5, 7), nn.GRUCell(5, 7)
    inputs, state = torch.ones(3, 5), torch.linspace(-1, 1, 21).view(3, 7)
    for product in (cell.of_input(inputs), cell.of_state(state)):
        variance, mean = torch.var_mean(product, dim=-1, correction=0)
        torch.testing.assert_close(mean, torch.zeros(3))
        torch.testing.assert_close(variance, torch.ones(3), rtol=1e-3, atol=0)
    with torch.no_grad():
        for part, weight, bias in (
            (cell.of_input, theirs.weight_ih, theirs.bias_ih),
            (cell.of_state, theirs.weight_hh, theirs.bias_hh),
        ):
            part[0].weight.copy_(weight)
            part[0].bias.copy_(bias)
            part[1] = nn.Identity()
        torch.testing.assert_close(cell(cell.of_input(inputs), state), theirs(inputs, state))


def test_the_autoencoders_bound_is_the_published_one() -> None:
    """Likelihood of the pixels and divergence from the standard normal, by torch.distributions; the
    likelihood of the images themselves is the constant left out.
    """
    draw = torch.Generator().manual_seed(3)
    decoded, latent, images = (
        torch.randn(4, 64, generator=draw),
        torch.randn(4, 16, generator=draw),
        torch.rand(4, 64, generator=draw),
    )
    mean, log_variance = latent.chunk(2, dim=1)
    likelihood = Normal(decoded, 0.05).log_prob(images).sum(dim=1)
    likelihood -= Normal(images, 0.05).log_prob(images).sum(dim=1)
    divergence = kl_divergence(
        Normal(mean, torch.exp(0.5 * log_variance)),
        Normal(torch.zeros_like(mean), torch.ones_like(mean)),
    ).sum(dim=1)
    found = TASKS["digits_vae"].loss(torch.cat([decoded, latent], dim=1), images)
    torch.testing.assert_close(found, (divergence - likelihood).mean())


def test_the_quadratic_is_ill_conditioned_and_turned() -> None:
    """The Hessian's eigenvalues are 1/i² and its eigenvectors no coordinates."""
    task = TASKS["quadratic"]
    noiseless, targets = map(torch.from_numpy, task.data().held_out())
    model = task.model().double()

    def loss(column: Tensor) -> Tensor:
        weight = torch.zeros_like(model.weight).index_copy(1, torch.tensor([0]), column[:, None])
        return task.loss(functional_call(model, {"weight": weight}, (noiseless,)), targets)

    hessian = torch.autograd.functional.hessian(loss, torch.zeros(64, dtype=torch.float64))
    columns = model.weight.shape[1]
    eigenvalues = columns * torch.linalg.eigvalsh(hessian).flip(0)
    expected = torch.arange(1, 65, dtype=torch.float64) ** -2
    torch.testing.assert_close(eigenvalues, expected, rtol=1e-3, atol=1e-7)
    assert hessian.diagonal().abs().max() < 0.5 * torch.linalg.matrix_norm(hessian, 2)
