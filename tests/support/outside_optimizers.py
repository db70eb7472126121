"""For every known rule an implementation that nobody here wrote, to hold it against.

`torch.optim` where it has the rule, else pytorch_optimizer or lion-pytorch. Where a package
departs from the rule, its options, or a correction from outside, take the departure back, and the
note says so. A few rules are put together from parts of several packages.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import lion_pytorch
import pytorch_optimizer
import torch
from lion_pytorch import cautious_lion
from torch import Tensor, optim
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from tests.support.side_by_side import Step

Build = Callable[[Sequence[Tensor]], Step]


@dataclass(frozen=True)
class Oracle:
    """An outside implementation of a rule, and how to run the two side by side.

    `build` takes the weights, which the step it returns moves in place by their `.grad`. It is the
    rule with its default hyperparameters and the decoupled `weight_decay`, 0 where the outside
    optimizer has none. `lr` is one at which the rule moves the weights well.
    """

    source: str
    build: Build
    lr: float
    weight_decay: float = 0.0
    note: str = ""


def _optimizer(kind: Callable[..., optim.Optimizer], **options: Any) -> Build:
    """An optimizer as it comes."""

    def build(weights: Sequence[Tensor]) -> Step:
        optimizer = kind(weights, lr=1.0, **options)

        def step(lr: float) -> None:
            optimizer.param_groups[0]["lr"] = lr
            optimizer.step()

        return step

    return build


def _direction(kind: Callable[..., optim.Optimizer], **options: Any) -> Build:
    """An optimizer at rate 1 whose weights are set to zero at every step: it writes -u there."""
    plain = _optimizer(kind, **options)

    def build(weights: Sequence[Tensor]) -> Step:
        step = plain(weights)

        def from_zero(lr: float) -> None:
            for weight in weights:
                weight.zero_()
            step(lr)

        return from_zero

    return build


def _pass_gradients(source: Sequence[Tensor], target: Sequence[Tensor]) -> None:
    for a, b in zip(source, target, strict=True):
        assert a.grad is not None
        b.grad = a.grad.reshape(b.shape).clone()


class _Instead(TorchFunctionMode):
    """While this is active, one of torch's functions does something else."""

    def __init__(self, function: Callable[..., Any], other: Callable[..., Any]) -> None:
        super().__init__()
        self._function, self._other = function, other

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        del types
        return (self._other if func == self._function else func)(*args, **(kwargs or {}))


def _instead(build: Build, function: Callable[..., Any], other: Callable[..., Any]) -> Build:
    """`build`, with one of torch's functions replaced in its steps."""

    def changed(weights: Sequence[Tensor]) -> Step:
        step = build(weights)

        def inside(lr: float) -> None:
            with _Instead(function, other):
                step(lr)

        return inside

    return changed


def _to_unit_length(x: Tensor) -> Tensor:
    return x.copy_(functional.normalize(x.flatten(), dim=0).view_as(x))


def _with_floor(x: Tensor, min: float) -> Tensor:
    assert min == 1e-5
    return torch.clamp_min(x, 1e-3)


class _CautiousMax(pytorch_optimizer.AdEMAMix):
    """The mask's scale is the one of the authors' code, kyleliang919/C-Optim, c_adamw.py."""

    @staticmethod
    def apply_cautious(update: Tensor, grad: Tensor) -> None:
        mask = (update * grad > 0).to(grad.dtype)
        update.mul_(mask.div_(mask.mean().clamp_(min=1e-3)))


def _scaled_by_share_and_eps(update: Tensor, grad: Tensor) -> None:
    """The paper's listing: `m = (u * g > 0).to(g.dtype)`, then `u * m/(m.mean()+eps)`."""
    mask = (update * grad > 0).to(grad.dtype)
    update.mul_(mask / (mask.mean() + 1e-8))


class _CautiousEps(pytorch_optimizer.AdEMAMix):
    apply_cautious = staticmethod(_scaled_by_share_and_eps)


class _CautiousEpsLion(pytorch_optimizer.Lion):
    apply_cautious = staticmethod(_scaled_by_share_and_eps)


class _ExactMARS(pytorch_optimizer.MARS):
    """Nothing is added to v, and eps to its root after that is corrected for bias, not before."""

    @staticmethod
    def apply_ams_bound(
        ams_bound: bool, exp_avg_sq: Tensor, max_exp_avg_sq: Tensor | None, eps: float
    ) -> Tensor:
        return pytorch_optimizer.MARS.apply_ams_bound(
            ams_bound, exp_avg_sq, max_exp_avg_sq, eps, exp_avg_sq_eps=0.0
        )

    def step(self, closure: Any = None) -> Any:
        (group,) = self.param_groups
        group["eps"] = 1e-8 * math.sqrt(1 - group["betas"][1] ** (group.get("step", 0) + 1))
        return super().step(closure)


def _double_precision(build: Build) -> Build:
    """`build`, with float64 as torch's default, which some states take for a dtype."""

    def changed(weights: Sequence[Tensor]) -> Step:
        step = build(weights)

        def inside(lr: float) -> None:
            before = torch.get_default_dtype()
            torch.set_default_dtype(torch.float64)
            try:
                step(lr)
            finally:
                torch.set_default_dtype(before)

        return inside

    return changed


def _lars(weights: Sequence[Tensor]) -> Step:
    """Through views of one row, because the package leaves vectors alone."""
    rows = [weight.view(1, -1) for weight in weights]
    step = _optimizer(pytorch_optimizer.LARS, weight_decay=5e-4)(rows)

    def as_rows(lr: float) -> None:
        _pass_gradients(weights, rows)
        step(lr)

    return as_rows


def _lamb(weights: Sequence[Tensor]) -> Step:
    """Adam's direction and the decay are the gradient of a LARS without momentum."""
    rows = [weight.view(1, -1) for weight in weights]
    directions = [torch.zeros_like(row) for row in rows]
    adam = _direction(optim.Adam, eps=1e-6)(directions)
    lars = _optimizer(pytorch_optimizer.LARS, momentum=0.0, trust_coefficient=1.0)(rows)

    def step(lr: float) -> None:
        _pass_gradients(weights, directions)
        adam(1.0)
        for row, direction in zip(rows, directions, strict=True):
            row.grad = 0.01 * row - direction
        lars(lr)

    return step


def _adamw_cautious_decay(weights: Sequence[Tensor]) -> Step:
    """AdamW's new weights, but Adam's where its step and the weight have opposite signs."""
    plain, decayed = ([weight.clone() for weight in weights] for _ in range(2))
    adam = _optimizer(optim.Adam)(plain)
    adamw = _optimizer(optim.AdamW, weight_decay=0.01)(decayed)

    def step(lr: float) -> None:
        for copies, optimizer in ((plain, adam), (decayed, adamw)):
            for weight, copy in zip(weights, copies, strict=True):
                copy.copy_(weight)
            _pass_gradients(weights, copies)
            optimizer(lr)
        for weight, a, b in zip(weights, plain, decayed, strict=True):
            weight.copy_(torch.where((weight - a) * weight >= 0, b, a))

    return step


def _by_agreement(factor: Callable[[Tensor], Tensor]) -> Build:
    """SGD on gradients times a factor of sign(g) sign(m), the sign of m being Signum's step."""

    def build(weights: Sequence[Tensor]) -> Step:
        signs = [torch.zeros_like(weight) for weight in weights]
        signum = _direction(pytorch_optimizer.SignSGD, momentum=0.9)(signs)
        sgd = _optimizer(optim.SGD)(weights)

        def step(lr: float) -> None:
            _pass_gradients(weights, signs)
            signum(1.0)
            for weight, sign in zip(weights, signs, strict=True):
                assert weight.grad is not None
                weight.grad *= factor(-sign * weight.grad.sign())
            sgd(lr)

        return step

    return build


_DECAY = 0.1
"""Of optimizers that decouple it."""
_CAUTIOUS_ADAMW = {
    "alpha": 0.0,
    "cautious": True,
    "weight_decouple": True,
    "weight_decay": _DECAY,
}

ORACLES: Mapping[str, Oracle] = {
    "adabelief": Oracle(
        "pytorch_optimizer.AdaBelief",
        _optimizer(pytorch_optimizer.AdaBelief, weight_decay=_DECAY),
        lr=0.03,
        weight_decay=_DECAY,
    ),
    "adadelta": Oracle("torch.optim.Adadelta", _optimizer(optim.Adadelta), lr=5.0),
    "adagrad": Oracle("torch.optim.Adagrad", _optimizer(optim.Adagrad), lr=0.3),
    "adam": Oracle("torch.optim.Adam", _optimizer(optim.Adam), lr=0.03),
    "adamax": Oracle(
        "torch.optim.Adamax",
        _optimizer(optim.Adamax),
        lr=0.03,
        note="The epsilon is torch's; pytorch_optimizer has it too, the paper has none.",
    ),
    "adamw": Oracle(
        "torch.optim.AdamW",
        _optimizer(optim.AdamW, weight_decay=_DECAY),
        lr=0.03,
        weight_decay=_DECAY,
    ),
    "adamw_cautious_decay": Oracle(
        "torch.optim.AdamW and torch.optim.Adam, chosen by element",
        _adamw_cautious_decay,
        lr=0.03,
        note="No light package has it; both optimizers see the same gradients, so they have the "
        "same direction, and one of them decays. lion-pytorch's `cautious_wd` masks by > 0.",
    ),
    "adan": Oracle(
        "pytorch_optimizer.Adan",
        _optimizer(pytorch_optimizer.Adan, weight_decouple=True, weight_decay=_DECAY),
        lr=0.03,
        weight_decay=_DECAY,
        note="With the option for decay as AdamW's; by default, and in the paper, it is proximal.",
    ),
    "addsign": Oracle(
        "torch.optim.SGD of a gradient scaled by pytorch_optimizer.SignSGD's sign",
        _by_agreement(lambda agreement: 1 + agreement),
        lr=0.02,
        note="No package has it.",
    ),
    "ademamix": Oracle(
        "pytorch_optimizer.AdEMAMix",
        _optimizer(pytorch_optimizer.AdEMAMix, weight_decouple=True, weight_decay=_DECAY),
        lr=0.03,
        weight_decay=_DECAY,
        note="Without warm-up, the package's default.",
    ),
    "amsgrad": Oracle(
        "torch.optim.Adam(amsgrad=True)",
        _optimizer(optim.Adam, amsgrad=True),
        lr=0.03,
        note="torch corrects for bias, the paper does not.",
    ),
    "cautious_adamw": Oracle(
        "pytorch_optimizer.AdEMAMix(alpha=0, cautious=True)",
        _optimizer(pytorch_optimizer.AdEMAMix, **_CAUTIOUS_ADAMW),
        lr=0.03,
        weight_decay=_DECAY,
        note="The package's AdamW has no such option; AdEMAMix without its slow mean is AdamW.",
    ),
    "cautious_adamw_eps": Oracle(
        "pytorch_optimizer.AdEMAMix(alpha=0, cautious=True), the mask's scale replaced",
        _optimizer(_CautiousEps, **_CAUTIOUS_ADAMW),
        lr=0.03,
        weight_decay=_DECAY,
        note="The package has numel/(sum + 1); here 1/(mean + eps), as in the paper's listing.",
    ),
    "cautious_adamw_max": Oracle(
        "pytorch_optimizer.AdEMAMix(alpha=0, cautious=True), the mask's scale replaced",
        _optimizer(_CautiousMax, **_CAUTIOUS_ADAMW),
        lr=0.03,
        weight_decay=_DECAY,
        note="The package has numel/(sum + 1); here 1/max(mean, 1e-3), as in the authors' code.",
    ),
    "cautious_lion": Oracle(
        "pytorch_optimizer.Lion(cautious=True)",
        _optimizer(pytorch_optimizer.Lion, cautious=True, weight_decay=_DECAY),
        lr=0.03,
        weight_decay=_DECAY,
    ),
    "cautious_lion_eps": Oracle(
        "pytorch_optimizer.Lion(cautious=True), the mask's scale replaced",
        _optimizer(_CautiousEpsLion, cautious=True, weight_decay=_DECAY),
        lr=0.03,
        weight_decay=_DECAY,
        note="The package has numel/(sum + 1); here 1/(mean + eps), as in the paper's listing.",
    ),
    "cautious_lion_max": Oracle(
        "lion_pytorch.cautious_lion.Lion, its floor raised",
        _instead(
            _optimizer(cautious_lion.Lion, weight_decay=_DECAY), torch.Tensor.clamp, _with_floor
        ),
        lr=0.03,
        weight_decay=_DECAY,
        note="The package takes the share as at least 1e-5; here 1e-3, as timm does.",
    ),
    "grams": Oracle(
        "pytorch_optimizer.Grams",
        _optimizer(pytorch_optimizer.Grams, eps=1e-8, weight_decay=_DECAY),
        lr=0.03,
        weight_decay=_DECAY,
        note="With AdamW's epsilon of 1e-8; the package's default is 1e-6. The authors' code adds "
        "it before v is corrected for bias.",
    ),
    "lamb": Oracle(
        "torch.optim.Adam's direction through pytorch_optimizer.LARS's trust ratio",
        _lamb,
        lr=0.03,
        note="pytorch_optimizer.Lamb corrects for bias after the trust ratio, which the paper's "
        "would cancel, clips the weights' norm to 10 and adds eps to the other.",
    ),
    "lars": Oracle(
        "pytorch_optimizer.LARS",
        _lars,
        lr=20.0,
        note="The package leaves vectors alone, so it gets them as matrices of one row. Its rate "
        "multiplies the momentum; in the paper it multiplies the gradient.",
    ),
    "lion": Oracle(
        "lion_pytorch.Lion",
        _optimizer(lion_pytorch.Lion, weight_decay=_DECAY),
        lr=0.03,
        weight_decay=_DECAY,
    ),
    "lion_l2": Oracle(
        "lion_pytorch.Lion, torch's normalize instead of its sign",
        _instead(
            _optimizer(lion_pytorch.Lion, weight_decay=_DECAY), torch.Tensor.sgn_, _to_unit_length
        ),
        lr=0.3,
        weight_decay=_DECAY,
        note="No package has it.",
    ),
    "mars_adamw": Oracle(
        "pytorch_optimizer.MARS, its epsilons moved",
        _optimizer(_ExactMARS, optimize_1d=True, weight_decay=_DECAY, foreach=False),
        lr=0.03,
        weight_decay=_DECAY,
        note="The package adds 1e-15 to v, and eps before the root is corrected for bias; by "
        "default it trains vectors by AdamW.",
    ),
    "mars_lion": Oracle(
        "pytorch_optimizer.MARS(mars_type='lion')",
        _optimizer(pytorch_optimizer.MARS, mars_type="lion", optimize_1d=True, weight_decay=_DECAY),
        lr=0.03,
        weight_decay=_DECAY,
        note="By default the package trains vectors by AdamW.",
    ),
    "momentum": Oracle("torch.optim.SGD", _optimizer(optim.SGD, momentum=0.9), lr=0.03),
    "nadam": Oracle(
        "torch.optim.NAdam",
        _double_precision(
            _optimizer(optim.NAdam, decoupled_weight_decay=True, weight_decay=_DECAY)
        ),
        lr=0.03,
        weight_decay=_DECAY,
        note="Its product of mu has torch's default dtype, so that is float64 here; in float32 "
        "it is off by some 1e-8.",
    ),
    "nesterov": Oracle(
        "torch.optim.SGD(nesterov=True)",
        _optimizer(optim.SGD, momentum=0.9, nesterov=True),
        lr=0.03,
    ),
    "powersign": Oracle(
        "torch.optim.SGD of a gradient scaled by pytorch_optimizer.SignSGD's sign",
        _by_agreement(torch.exp),
        lr=0.02,
        note="No package has it.",
    ),
    "radam": Oracle(
        "torch.optim.RAdam",
        _optimizer(optim.RAdam, decoupled_weight_decay=True, weight_decay=_DECAY),
        lr=0.03,
        weight_decay=_DECAY,
        note="torch rectifies from rho > 5, the paper from rho > 4.",
    ),
    "rmsprop": Oracle("torch.optim.RMSprop", _optimizer(optim.RMSprop), lr=0.03),
    "sgd": Oracle("torch.optim.SGD", _optimizer(optim.SGD), lr=0.1),
    "signsgd": Oracle(
        "pytorch_optimizer.SignSGD",
        _optimizer(pytorch_optimizer.SignSGD, momentum=0.0, weight_decay=_DECAY),
        lr=0.03,
        weight_decay=_DECAY,
    ),
    "signum": Oracle(
        "pytorch_optimizer.SignSGD",
        _optimizer(pytorch_optimizer.SignSGD, weight_decay=_DECAY),
        lr=0.03,
        weight_decay=_DECAY,
    ),
    "tiger": Oracle(
        "pytorch_optimizer.Tiger",
        _optimizer(pytorch_optimizer.Tiger, weight_decay=_DECAY),
        lr=0.03,
        weight_decay=_DECAY,
    ),
    "yogi": Oracle(
        "pytorch_optimizer.Yogi",
        _optimizer(pytorch_optimizer.Yogi, initial_accumulator=0.0, weight_decay=_DECAY),
        lr=0.03,
        weight_decay=_DECAY,
        note="Both moments from zero, as in the paper; the package's default is 1e-6 for both. It "
        "corrects for bias, the paper does not.",
    ),
}
