"""Defines what a training task is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from proxies.dropout import Dropping, dropout_key
from proxies.keys import generator, torch_seed

Batch = tuple[NDArray[Any], NDArray[Any]]
"""Inputs and targets; the first axis is the example."""


class Data(Protocol):
    """Is a source of training batches that does not run out, and of a fixed held-out batch."""

    def sample(self, draw: np.random.Generator, size: int) -> Batch:
        """Draws a training batch of `size` examples, a function of the generator alone."""

    def held_out(self) -> Batch:
        """Gives the examples on which the final loss is measured; they are never trained on."""


@dataclass(frozen=True)
class Task:
    """Describes a model, its data and how it is trained.

    `model` builds an ordinary module; its forward takes the batch's inputs. `loss` maps the
    module's output and the targets to a scalar, a mean over the batch. The learning rate follows
    `rate_factors`. `weight_decay` is relative to the update size, so that rules which differ in
    scale alone decay alike.
    """

    name: str
    summary: str
    model: Callable[[], nn.Module]
    data: Callable[[], Data]
    loss: Callable[[Tensor, Tensor], Tensor]
    steps: int
    batch_size: int
    rate: float
    """The peak learning rate with which tuning starts, in root-mean-square change per step."""
    warmup: float = 0.1
    weight_decay: float = 0.01
    version: int = 1
    """A number that is raised when a change of code changes the task."""

    def digest(self) -> str:
        """Names all that a cached measurement depends on, found without reading code.

        It covers the settings, samples of the data, the parameters, and the loss and gradient of a
        fresh model on a training batch.

        Numbers enter rounded, so that machines whose arithmetic differs in the last bits agree.
        A change that leaves all of this as it is (dropping a constant, say) needs a new `version`.
        """
        return _digest(self)


def tensors(batch: Batch, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Copies a batch into tensors; numbers with a fraction get `dtype`.

    So any arrays will do: reversed, strided or read-only ones, of another byte order, and those
    into which the data write the next batch.

    Raises:
        TypeError: torch has no tensors of such a type of numbers.
    """
    inputs, targets = (
        tensor.to(dtype) if tensor.is_floating_point() else tensor
        for tensor in (
            torch.from_numpy(np.array(array, dtype=array.dtype.newbyteorder("="), order="C"))
            for array in batch
        )
    )
    return inputs, targets


def fresh_model(task: Task, seed: int) -> nn.Module:
    """Makes the model with which a replica of this seed starts, as the model initialises itself."""
    # A module draws from torch's generator of the CPU; it is put back as it was.
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(torch_seed("weights", task.name, seed))
        return task.model()


@lru_cache(maxsize=256)
def _digest(task: Task) -> str:
    parts: list[object] = [task.name, task.version, task.steps, task.batch_size, task.rate]
    parts += [task.warmup, task.weight_decay]
    parts += [_content(array) for array in task.data().held_out()]
    first = task.data().sample(generator("digest", task.name), task.batch_size)
    parts += [_content(array) for array in first]
    parts += [(name, tuple(p.shape)) for name, p in fresh_model(task, 0).named_parameters()]
    parts += _first_step(task, first)
    return blake2b(repr(parts).encode(), digest_size=8).hexdigest()


def _first_step(task: Task, batch: Batch) -> list[str]:
    """Tells the loss of a fresh model, and the size of its gradient, to the digits that are sure.

    It is computed in double precision, unless the model insists on single, by `x.float()` say.
    """
    try:
        loss, size = _loss_and_gradient_size(task, batch, torch.float64)
    except Exception:  # of a user's code: anything; if it is no matter of precision, it comes again
        loss, size = _loss_and_gradient_size(task, batch, torch.float32)
        return [f"{loss:.3g}", f"{size:.3g}"]
    return [f"{loss:.5g}", f"{size:.5g}"]


def _loss_and_gradient_size(task: Task, batch: Batch, dtype: torch.dtype) -> tuple[float, float]:
    model = fresh_model(task, 0).to(dtype)
    inputs, targets = tensors(batch, dtype)
    with Dropping(dropout_key("digest", task.name)):
        loss = task.loss(model(inputs), targets)
    gradients = torch.autograd.grad(loss, list(model.parameters()), allow_unused=True)
    norms = [float(g.norm()) for g in gradients if g is not None]
    return loss.item(), float(np.linalg.norm(norms))


def _content(array: NDArray[Any]) -> str:
    """Names integers to the last bit, other numbers by size and a projection on random signs."""
    if array.dtype.kind in "iub":
        return blake2b(np.ascontiguousarray(array).tobytes(), digest_size=8).hexdigest()
    flat = array.astype(np.float64).ravel()
    signs = 1.0 - 2.0 * generator("digest", flat.size).integers(2, size=flat.size)
    norm = float(np.linalg.norm(flat))
    return f"{array.shape} {norm:.5g} {float(flat @ signs) / (norm or 1.0):.4f}"


def rate_factors(steps: int, warmup: float) -> NDArray[np.float64]:
    """Gives the factor on the learning rate at each step, `[steps]`.

    It rises linearly over `warmup` (a share) of the steps, then falls to zero as a cosine.

    >>> rate_factors(8, 0.25).round(2).tolist()
    [0.5, 1.0, 0.93, 0.75, 0.5, 0.25, 0.07, 0.0]
    """
    position = np.arange(1, steps + 1, dtype=np.float64)
    rising = max(1.0, warmup * steps)
    falling = 0.5 * (1 + np.cos(np.pi * (position - rising) / (steps - rising or 1.0)))
    return np.where(position < rising, position / rising, falling)
