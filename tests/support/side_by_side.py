"""Three small problems on which a rule and an outside optimizer must move the weights alike.

Each side has weights of its own and differentiates the loss there, so that a difference in any
direction shows in all later ones. Everything is float64.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from evosearch import Program, lower
from evosearch.graph.interpreter import Interpreter
from primitives import NumpySegments

Array = NDArray[np.float64]
Step = Callable[[float], None]
"""Moves weights by their `.grad`, at the learning rate given."""

STEPS = 50


@dataclass(frozen=True)
class Problem:
    """Tensors of `shapes`, all in one start `[D]`, and a loss of them that changes by the step.

    A step's learning rate is the rule's own times `factors`, `[STEPS]`.
    """

    name: str
    shapes: tuple[tuple[int, ...], ...]
    start: Array
    loss: Callable[[Sequence[Tensor], int], Tensor]
    factors: Array

    @property
    def sizes(self) -> list[int]:
        return [math.prod(shape) for shape in self.shapes]

    def split(self, flat: Tensor) -> list[Tensor]:
        """`[D]` as views in the problem's shapes."""
        parts = torch.split(flat, self.sizes)
        return [part.view(shape) for part, shape in zip(parts, self.shapes, strict=True)]

    def gradient(self, flat: Tensor, t: int) -> Tensor:
        """`[D] -> [D]`, by torch's autograd, at step `t`."""
        leaf = flat.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(self.loss(self.split(leaf), t), leaf)
        return gradient


def descend(program: Program, problem: Problem, lr: float, weight_decay: float) -> Array:
    """`[STEPS, D]`: how far our interpreter moves the weights, by the trainer's convention."""
    interpreter = Interpreter(lower(program, bind=True), NumpySegments(problem.shapes))
    w, path = problem.start, []
    for t, factor in enumerate(problem.factors, start=1):
        g = problem.gradient(torch.tensor(w), t).numpy()
        rate = float(lr * factor)
        u = interpreter.step(w=w, g=g, lr=rate, t=t)
        w = (1 - rate * weight_decay) * w - rate * u
        path.append(w - problem.start)
    return np.stack(path)


def descend_outside(
    build: Callable[[Sequence[Tensor]], Step], problem: Problem, lr: float
) -> Array:
    """`[STEPS, D]`: how far an optimizer that was built for the weights moves them."""
    weights = [part.clone() for part in problem.split(torch.tensor(problem.start))]
    step, path = build(weights), []
    for t, factor in enumerate(problem.factors, start=1):
        gradients = problem.split(problem.gradient(flatten(weights), t))
        for weight, gradient in zip(weights, gradients, strict=True):
            weight.grad = gradient.clone()
        step(float(lr * factor))
        path.append(flatten(weights).numpy() - problem.start)
    return np.stack(path)


def flatten(tensors: Iterable[Tensor]) -> Tensor:
    return torch.cat([tensor.flatten() for tensor in tensors])


def deviation(path: Array, expected: Array, problem: Problem) -> float:
    """The largest difference of two paths, relative to the largest movement, tensor by tensor."""
    starts = np.cumsum([0, *problem.sizes[:-1]])
    difference = np.maximum.reduceat(np.max(np.abs(path - expected), axis=0), starts)
    movement = np.maximum.reduceat(np.max(np.abs(expected), axis=0), starts)
    return float(np.max(difference / movement))


def _quadratic() -> Problem:
    """Noise of half the curvature's size, in tensors whose gradients have different scales.

    One scale is so small that an epsilon of 1e-8 shows, another gives a norm that a clip to 1 cuts
    in some steps; one tensor starts at zero, where a ratio of norms is undefined. In steps 1 and
    10 only the first element of each tensor has a gradient, so that of the largest a share far
    below 1/1000 has.
    """
    shapes: tuple[tuple[int, ...], ...] = ((1,), (7,), (3, 4), (2, 3), (25, 20), (40, 50))
    scales = (1.0, 0.1, 1e-7, 1.0, 0.04, 1.0)
    sizes = [math.prod(shape) for shape in shapes]
    rng = np.random.default_rng(20)
    start, target = rng.standard_normal((2, sum(sizes)))
    start[sum(sizes[:3]) : sum(sizes[:4])] = 0.0
    curvature, aim = torch.tensor(rng.uniform(0.1, 1.0, sum(sizes))), torch.tensor(target)
    noise = torch.tensor(rng.standard_normal((STEPS, sum(sizes))))
    first = torch.tensor(np.isin(np.arange(sum(sizes)), np.cumsum([0, *sizes[:-1]])))
    scale = torch.tensor(np.repeat(scales, sizes))

    def loss(weights: Sequence[Tensor], t: int) -> Tensor:
        w = flatten(weights)
        losses = scale * (0.5 * curvature * (w - aim).square() + 0.5 * noise[t - 1] * w)
        return (losses * first if t in (1, 10) else losses).sum()

    return Problem("quadratic", shapes, start, loss, 1 - np.arange(STEPS) / (2 * STEPS))


def _mlp() -> Problem:
    """Classification by one hidden layer, on a new batch at each step, the rate falling to half."""
    shapes = ((6, 8), (8,), (8, 3), (3,))
    rng = np.random.default_rng(21)
    start = rng.normal(0.0, 0.4, sum(math.prod(shape) for shape in shapes))
    inputs = torch.tensor(rng.standard_normal((STEPS, 32, 6)))
    labels = (inputs @ torch.tensor(rng.standard_normal((6, 3)))).argmax(-1)

    def loss(weights: Sequence[Tensor], t: int) -> Tensor:
        into, bias, out, offset = weights
        scores = torch.tanh(inputs[t - 1] @ into + bias) @ out + offset
        return functional.cross_entropy(scores, labels[t - 1])

    return Problem("mlp", shapes, start, loss, np.linspace(1.0, 0.5, STEPS))


def _embedding() -> Problem:
    """A sum of embedded tokens, most of which no batch has, and some of which none ever has."""
    shapes = ((40, 5), (5, 1))
    rng = np.random.default_rng(22)
    start = rng.standard_normal(sum(math.prod(shape) for shape in shapes))
    tokens = torch.tensor(rng.integers(30, size=(STEPS, 4, 2)))
    targets = torch.tensor(rng.standard_normal(30))

    def loss(weights: Sequence[Tensor], t: int) -> Tensor:
        table, head = weights
        found = functional.embedding(tokens[t - 1], table).sum(dim=1) @ head
        return 0.5 * (found.squeeze(1) - targets[tokens[t - 1]].sum(dim=1)).square().mean()

    return Problem("embedding", shapes, start, loss, np.ones(STEPS))


PROBLEMS = (_quadratic(), _mlp(), _embedding())
