"""Takes departures of outside optimizers from a rule back, and puts some together from parts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import pytorch_optimizer
import torch
from pytorch_optimizer.base.optimizer import BaseOptimizer
from torch import Tensor, nn, optim
from torch.nn import functional

from tests.support.outside_builds import (
    Build,
    as_it_comes,
    direction_of,
    double_precision,
    instead,
    pass_gradients,
    with_rate,
)
from tests.support.side_by_side import Step


def to_unit_length(x: Tensor) -> Tensor:
    return x.copy_(functional.normalize(x.flatten(), dim=0).view_as(x))


def with_floor(x: Tensor, min: float) -> Tensor:
    assert min == 1e-5
    return torch.clamp_min(x, 1e-3)


class CautiousMax(pytorch_optimizer.AdEMAMix):
    """The mask's scale is the one of the authors' code, kyleliang919/C-Optim, c_adamw.py."""

    @staticmethod
    def apply_cautious(update: Tensor, grad: Tensor) -> None:
        mask = (update * grad > 0).to(grad.dtype)
        update.mul_(mask.div_(mask.mean().clamp_(min=1e-3)))


def _scaled_by_share_and_eps(update: Tensor, grad: Tensor) -> None:
    """The paper's listing: `m = (u * g > 0).to(g.dtype)`, then `u * m/(m.mean()+eps)`."""
    mask = (update * grad > 0).to(grad.dtype)
    update.mul_(mask / (mask.mean() + 1e-8))


class CautiousEps(pytorch_optimizer.AdEMAMix):
    apply_cautious = staticmethod(_scaled_by_share_and_eps)


class CautiousEpsLion(pytorch_optimizer.Lion):
    apply_cautious = staticmethod(_scaled_by_share_and_eps)


class _NothingAdded(BaseOptimizer):
    """Nothing is added to v before its root is taken; the package adds 1e-15."""

    @staticmethod
    def apply_ams_bound(
        ams_bound: bool, exp_avg_sq: Tensor, max_exp_avg_sq: Tensor | None, eps: float
    ) -> Tensor:
        return BaseOptimizer.apply_ams_bound(
            ams_bound, exp_avg_sq, max_exp_avg_sq, eps, exp_avg_sq_eps=0.0
        )


class _EpsAfterCorrection(_NothingAdded):
    """An eps of 1e-8 is added to v's root after that is corrected for bias, not before."""

    def step(self, closure: Any = None) -> Any:
        (group,) = self.param_groups
        group["eps"] = 1e-8 * math.sqrt(1 - group["betas"][1] ** (group.get("step", 0) + 1))
        return super().step(closure)


class ExactAdaBound(_NothingAdded, pytorch_optimizer.AdaBound):
    pass


class ExactDiffGrad(_EpsAfterCorrection, pytorch_optimizer.DiffGrad):
    pass


class ExactLaProp(_EpsAfterCorrection, pytorch_optimizer.LaProp):
    pass


class ExactMARS(_EpsAfterCorrection, pytorch_optimizer.MARS):
    pass


def lars(weights: Sequence[Tensor]) -> Step:
    """Through views of one row, because the package leaves vectors alone."""
    rows = [weight.view(1, -1) for weight in weights]
    step = as_it_comes(pytorch_optimizer.LARS, weight_decay=5e-4)(rows)

    def as_rows(lr: float) -> None:
        pass_gradients(weights, rows)
        step(lr)

    return as_rows


def lamb(weights: Sequence[Tensor]) -> Step:
    """Adam's direction and the decay are the gradient of a LARS without momentum."""
    rows = [weight.view(1, -1) for weight in weights]
    directions = [torch.zeros_like(row) for row in rows]
    adam = direction_of(optim.Adam, eps=1e-6)(directions)
    lars = as_it_comes(pytorch_optimizer.LARS, momentum=0.0, trust_coefficient=1.0)(rows)

    def step(lr: float) -> None:
        pass_gradients(weights, directions)
        adam(1.0)
        for row, direction in zip(rows, directions, strict=True):
            row.grad = 0.01 * row - direction
        lars(lr)

    return step


def adamw_cautious_decay(weights: Sequence[Tensor]) -> Step:
    """AdamW's new weights, but Adam's where its step and the weight have opposite signs."""
    plain, decayed = ([weight.clone() for weight in weights] for _ in range(2))
    adam = as_it_comes(optim.Adam)(plain)
    adamw = as_it_comes(optim.AdamW, weight_decay=0.01)(decayed)

    def step(lr: float) -> None:
        for copies, optimizer in ((plain, adam), (decayed, adamw)):
            for weight, copy in zip(weights, copies, strict=True):
                copy.copy_(weight)
            pass_gradients(weights, copies)
            optimizer(lr)
        for weight, a, b in zip(weights, plain, decayed, strict=True):
            weight.copy_(torch.where((weight - a) * weight >= 0, b, a))

    return step


def by_agreement(factor: Callable[[Tensor], Tensor]) -> Build:
    """SGD on gradients times a factor of sign(g) sign(m), the sign of m being Signum's step."""

    def build(weights: Sequence[Tensor]) -> Step:
        signs = [torch.zeros_like(weight) for weight in weights]
        signum = direction_of(pytorch_optimizer.SignSGD, momentum=0.9)(signs)
        sgd = as_it_comes(optim.SGD)(weights)

        def step(lr: float) -> None:
            pass_gradients(weights, signs)
            signum(1.0)
            for weight, sign in zip(weights, signs, strict=True):
                assert weight.grad is not None
                weight.grad *= factor(-sign * weight.grad.sign())
            sgd(lr)

        return step

    return build


def zeros_in_double(*size: Any, dtype: torch.dtype, **options: Any) -> Tensor:
    assert dtype == torch.float32
    return torch.zeros(*size, dtype=torch.float64, **options)


class _Queries(nn.Module):
    """A model of one matrix, which the package takes for one that makes queries."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.q_proj = nn.Module()
        self.q_proj.weight = nn.Parameter(weight)


def adam_mini(weights: Sequence[Tensor]) -> Step:
    """Each row is a head of its own; states are in double precision, the package's in single."""
    models = [_Queries(weight) for weight in weights]
    sides = [weight.numel() // max(1, *weight.shape[:1]) for weight in weights]
    optimizers = [
        pytorch_optimizer.AdamMini(model, lr=1.0, weight_decay=0.0, num_embeds=side, num_heads=side)
        for model, side in zip(models, sides, strict=True)
    ]

    def step(lr: float) -> None:
        pass_gradients(weights, [model.q_proj.weight for model in models])
        for optimizer in optimizers:
            optimizer.param_groups[0]["lr"] = lr
            optimizer.step()

    def in_double(x: Tensor, *_: Any, **__: Any) -> Tensor:
        return x

    def zeros(x: Tensor, dtype: torch.dtype) -> Tensor:
        assert dtype == torch.float32
        return torch.zeros(x.shape, dtype=torch.float64)

    plain = instead(lambda _: step, torch.zeros_like, zeros)
    return double_precision(instead(plain, torch.Tensor.to, in_double))(weights)


def came(weights: Sequence[Tensor]) -> Step:
    """A matrix of one column is a vector, as it is to rules; the package takes it for a matrix."""
    views = [weight.view(-1) if weight.shape[1:] == (1,) else weight for weight in weights]
    package = as_it_comes(pytorch_optimizer.CAME, weight_decay=0.1, foreach=False)(views)

    def step(lr: float) -> None:
        pass_gradients(weights, views)
        package(lr)

    return step


def padam(weights: Sequence[Tensor]) -> Step:
    """The root is that of the largest v so far, and the rate without its bias corrections."""
    peaks: dict[int, Tensor] = {}

    def root_of_peak(v: Tensor) -> Tensor:
        peak = torch.maximum(v, peaks.get(v.data_ptr(), v))
        peaks[v.data_ptr()] = peak
        return peak.sqrt()

    def uncorrected(lr: float, t: int) -> float:
        return lr * (1 - 0.9**t) / math.sqrt(1 - 0.999**t)

    package = as_it_comes(pytorch_optimizer.PAdam, partial=0.125, foreach=False)
    return instead(with_rate(package, uncorrected), torch.Tensor.sqrt, root_of_peak)(weights)


def adamw_hyperball(weights: Sequence[Tensor]) -> Step:
    """W <- R Norm(W - lr R Norm(u)) with R = |W_0| and Adam's u, the paper's formula.

    Where R is 0, and where W is one number, W <- W - lr u.
    """
    directions = [torch.zeros_like(weight) for weight in weights]
    adam = direction_of(optim.Adam)(directions)
    radii = [torch.linalg.vector_norm(weight).item() for weight in weights]

    def step(lr: float) -> None:
        pass_gradients(weights, directions)
        adam(1.0)
        for weight, direction, radius in zip(weights, directions, radii, strict=True):
            if radius and weight.numel() > 1:
                weight.add_(to_unit_length(direction), alpha=lr * radius)
                to_unit_length(weight).mul_(radius)
            else:
                weight.add_(direction, alpha=lr)

    return step


def adamw_radial_brake(weights: Sequence[Tensor]) -> Step:
    """After Adam's step w, w is scaled to |w_prev| + 0.5 (|w| - |w_prev|), if that is shorter."""
    adam = as_it_comes(optim.Adam)(weights)

    def step(lr: float) -> None:
        before = [torch.linalg.vector_norm(weight) for weight in weights]
        adam(lr)
        for weight, length in zip(weights, before, strict=True):
            grown = torch.linalg.vector_norm(weight)
            if grown > length:
                weight.mul_((length + 0.5 * (grown - length)) / grown)

    return step
