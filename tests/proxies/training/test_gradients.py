"""Models that cannot be trained in batches of replicas are refused; compiled ones train alike."""

import warnings
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from evosearch import known_rule, lower
from evosearch.screening.contender import plan
from proxies import Engine, ModelError, Replica, Task, train
from proxies.training.gradients import chunk, gradients
from tests.support.tiny_task import TINY

ADAMW, LION = (plan(lower(known_rule(name), bind=True)) for name in ("adamw", "lion"))


class Branch(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x if x.sum() > 0 else -x


class Broken(nn.Module):
    def forward(self, _: Tensor) -> Tensor:
        raise KeyError("nothing of that name")


def with_model(name: str, *layers: nn.Module) -> Task:
    return replace(TINY, name=name, model=lambda: nn.Sequential(nn.Linear(3, 1), *layers))


@pytest.mark.parametrize(
    ("layer", "told"),
    [
        (nn.BatchNorm1d(1), r"module '1' \(BatchNorm1d\)"),
        (Branch(), r"module '1' \(Branch\)"),
        (nn.AlphaDropout(), r"module '1' \(AlphaDropout\)"),
        (Broken(), r"module '1' \(Broken\).*nothing of that name"),
        (nn.Sequential(nn.ReLU(), Branch()), r"module '1\.1' \(Branch\)"),
    ],
    ids=["batch norm", "branch on data", "noise", "broken", "nested"],
)
def test_a_model_that_cannot_be_batched_is_refused(layer: nn.Module, told: str) -> None:
    """The message names the task and the module, on one line."""
    task = with_model(f"refused {told}", layer)
    with pytest.raises(ModelError, match=told) as caught:
        train(task, [Replica(ADAMW, 0.1, 0)], 2)
    assert "\n" not in str(caught.value)
    assert task.name in str(caught.value)


def test_a_loss_of_many_numbers_is_refused() -> None:
    """A loss must be one number."""
    task = replace(TINY, name="many losses", loss=lambda y, x: (y - x).square())
    with pytest.raises(ModelError, match=r"its loss|one number"):
        train(task, [Replica(ADAMW, 0.1, 0)], 2)


def test_a_module_in_evaluation_mode_trains() -> None:
    """Batch norm that changes no state is a plain function."""
    layer = nn.BatchNorm1d(1).eval()
    losses = train(with_model("frozen norm", layer), [Replica(ADAMW, 0.1, 0)], 3)
    assert np.isfinite(losses).all()


class Small(nn.Module):
    """A little of everything that compilers rearrange."""

    def __init__(self, width: int = 5) -> None:
        super().__init__()
        self.inner, self.outer = nn.Linear(3, width), nn.Linear(width, 1)
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.outer(functional.gelu(self.norm(self.inner(x))).softmax(-1))
        return y


SMALL = replace(TINY, name="small", model=Small)
LARGER = replace(TINY, name="larger", model=partial(Small, width=150))
"""Rules move it one by one, those of the small one operation by operation."""
both_sizes = pytest.mark.parametrize("task", [SMALL, LARGER], ids=lambda task: task.name)


def cohort(count: int) -> list[Replica]:
    return [
        Replica(rule, rate, seed, 0.01)
        for seed in range(count)
        for rule, rate in ((ADAMW, 0.03), (LION, 0.003), (ADAMW, 0.1))
    ]


@pytest.fixture(scope="module")
def compiled(device: str) -> Engine:
    """Skips where nothing can be compiled, as the trainer then goes on without."""
    engine = Engine(device=device, compiled=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            gradients(SMALL, engine)
        except UserWarning as warning:
            pytest.skip(str(warning))
    return engine


@both_sizes
def test_compiled_training_ends_at_the_same_losses(task: Task, compiled: Engine) -> None:
    """They agree up to rounding in single precision, for more replicas than one call takes."""
    replicas = cohort(24)
    assert len(replicas) > chunk(task, compiled)
    plain = train(task, replicas, 12)
    np.testing.assert_allclose(train(task, replicas, 12, compiled), plain, rtol=1e-4)


@both_sizes
def test_compiled_loss_does_not_depend_on_the_company(task: Task, compiled: Engine) -> None:
    """It is the same to the last bit for any place in a call and any other replicas in it."""
    replicas = cohort(24)
    together = train(task, replicas, 12, compiled)
    for chosen in ([5], [17, 3], [*range(71, 0, -2)]):
        apart = train(task, [replicas[i] for i in chosen], 12, compiled)
        assert apart.tolist() == together[chosen].tolist()


def test_compiled_models_have_the_same_dropout(compiled: Engine) -> None:
    """Losses agree to rounding, where one other mask would show, in any place in a call."""
    dropping = nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.3), nn.Linear(8, 1))
    task = replace(TINY, name="dropping", model=lambda: dropping)
    replicas = cohort(2)
    losses = train(task, replicas, 4, compiled)
    np.testing.assert_allclose(losses, train(task, replicas, 4), rtol=1e-4)
    assert train(task, replicas[3:4], 4, compiled).tolist() == losses[3:4].tolist()


def test_a_machine_without_a_compiler_trains_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """One warning for a task, and the losses of the trainer that does not compile."""

    def fail(*_: object, **__: object) -> object:
        raise RuntimeError("no compiler\nfound")

    monkeypatch.setattr(torch, "compile", fail)
    task = replace(SMALL, name="small without a compiler")
    replicas = cohort(2)
    with pytest.warns(
        UserWarning, match=r"^models cannot be compiled here.*\(no compiler found\)$"
    ) as caught:
        losses = train(task, replicas, 4, Engine(compiled=True))
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = train(task, replicas, 4, Engine(compiled=True))
    assert losses.tolist() == again.tolist() == train(task, replicas, 4).tolist()
