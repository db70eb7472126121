"""For every known rule an implementation that nobody here wrote, to hold it against.

`torch.optim` where it has the rule, else pytorch_optimizer or lion-pytorch. Where a package
departs from the rule, its options, or a correction from outside, take the departure back, and the
note says so. A few rules are put together from parts of several packages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import lion_pytorch
import pytorch_optimizer
import torch
from lion_pytorch import cautious_lion
from torch import optim

from tests.support.outside_builds import (
    Build,
    as_it_comes,
    at_rate_one,
    double_precision,
    instead,
    with_rate,
)
from tests.support.outside_corrections import (
    CautiousEps,
    CautiousEpsLion,
    CautiousMax,
    ExactAdaBound,
    ExactDiffGrad,
    ExactLaProp,
    ExactMARS,
    adam_mini,
    adamw_cautious_decay,
    adamw_hyperball,
    adamw_radial_brake,
    by_agreement,
    came,
    lamb,
    lars,
    padam,
    to_unit_length,
    with_floor,
    zeros_in_double,
)


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
        as_it_comes(pytorch_optimizer.AdaBelief, weight_decay=_DECAY),
        lr=0.03,
        weight_decay=_DECAY,
    ),
    "adabound": Oracle(
        "pytorch_optimizer.AdaBound, nothing added to v",
        as_it_comes(ExactAdaBound, final_lr=100.0, weight_decay=_DECAY, foreach=False),
        lr=0.03,
        weight_decay=_DECAY,
        note="Its final rate goes with the rate, from 100 at the rate of 1 that it is made with. "
        "The package adds 1e-15 to v.",
    ),
    "adadelta": Oracle("torch.optim.Adadelta", as_it_comes(optim.Adadelta), lr=5.0),
    "adafactor": Oracle(
        "torch.optim.Adafactor",
        as_it_comes(optim.Adafactor, eps=(1.1920929e-07, 1e-3), weight_decay=_DECAY, foreach=False),
        lr=0.3,
        weight_decay=_DECAY,
        note="Its epsilon is by default that of the parameter's type; here it is single "
        "precision's. Of more than two dimensions torch takes the last two for a matrix.",
    ),
    "adagrad": Oracle("torch.optim.Adagrad", as_it_comes(optim.Adagrad), lr=0.3),
    "adam": Oracle("torch.optim.Adam", as_it_comes(optim.Adam), lr=0.03),
    "adam_mini": Oracle(
        "pytorch_optimizer.AdamMini, of which each row is a head",
        adam_mini,
        lr=0.03,
        note="The package takes rows one by one where it takes heads.",
    ),
    "adamax": Oracle(
        "torch.optim.Adamax",
        as_it_comes(optim.Adamax),
        lr=0.03,
        note="The epsilon is torch's; pytorch_optimizer has it too, the paper has none.",
    ),
    "adamw": Oracle(
        "torch.optim.AdamW",
        as_it_comes(optim.AdamW, weight_decay=_DECAY),
        lr=0.03,
        weight_decay=_DECAY,
    ),
    "adamw_cautious_decay": Oracle(
        "torch.optim.AdamW and torch.optim.Adam, chosen by element",
        adamw_cautious_decay,
        lr=0.03,
        note="No light package has it; both optimizers see the same gradients, so they have the "
        "same direction, and one of them decays. lion-pytorch's `cautious_wd` masks by > 0.",
    ),
    "adamw_hyperball": Oracle(
        "torch.optim.Adam's direction, put on the sphere by torch's normalize",
        adamw_hyperball,
        lr=0.03,
        note="No package at hand has it; the formula is the paper's.",
    ),
    "adamw_radial_brake": Oracle(
        "torch.optim.Adam, its weights then scaled",
        adamw_radial_brake,
        lr=0.03,
        note="No package at hand has it; the formula is the author's.",
    ),
    "adan": Oracle(
        "pytorch_optimizer.Adan",
        as_it_comes(pytorch_optimizer.Adan, weight_decouple=True, weight_decay=_DECAY),
        lr=0.03,
        weight_decay=_DECAY,
        note="With the option for decay as AdamW's; by default, and in the paper, it is proximal.",
    ),
    "addsign": Oracle(
        "torch.optim.SGD of a gradient scaled by pytorch_optimizer.SignSGD's sign",
        by_agreement(lambda agreement: 1 + agreement),
        lr=0.02,
        note="No package has it.",
    ),
    "ademamix": Oracle(
        "pytorch_optimizer.AdEMAMix",
        as_it_comes(pytorch_optimizer.AdEMAMix, weight_decouple=True, weight_decay=_DECAY),
        lr=0.03,
        weight_decay=_DECAY,
        note="Without warm-up, the package's default.",
    ),
    "adopt": Oracle(
        "pytorch_optimizer.ADOPT, its clip a step later",
        as_it_comes(
            pytorch_optimizer.ADOPT,
            clip_lambda=lambda step: (step - 1) ** 0.25,
            weight_decouple=True,
            weight_decay=_DECAY,
        ),
        lr=0.03,
        weight_decay=_DECAY,
        note="The package counts the first step, which moves nothing; the paper's clip does not.",
    ),
    "amsgrad": Oracle(
        "torch.optim.Adam(amsgrad=True)",
        as_it_comes(optim.Adam, amsgrad=True),
        lr=0.03,
        note="torch corrects for bias, the paper does not.",
    ),
    "came": Oracle(
        "pytorch_optimizer.CAME",
        came,
        lr=0.03,
        weight_decay=_DECAY,
    ),
    "cautious_adamw": Oracle(
        "pytorch_optimizer.AdEMAMix(alpha=0, cautious=True)",
        as_it_comes(pytorch_optimizer.AdEMAMix, **_CAUTIOUS_ADAMW),
        lr=0.03,
        weight_decay=_DECAY,
        note="The package's AdamW has no such option; AdEMAMix without its slow mean is AdamW.",
    ),
    "cautious_adamw_eps": Oracle(
        "pytorch_optimizer.AdEMAMix(alpha=0, cautious=True), the mask's scale replaced",
        as_it_comes(CautiousEps, **_CAUTIOUS_ADAMW),
        lr=0.03,
        weight_decay=_DECAY,
        note="The package has numel/(sum + 1); here 1/(mean + eps), as in the paper's listing.",
    ),
    "cautious_adamw_max": Oracle(
        "pytorch_optimizer.AdEMAMix(alpha=0, cautious=True), the mask's scale replaced",
        as_it_comes(CautiousMax, **_CAUTIOUS_ADAMW),
        lr=0.03,
        weight_decay=_DECAY,
        note="The package has numel/(sum + 1); here 1/max(mean, 1e-3), as in the authors' code.",
    ),
    "cautious_lion": Oracle(
        "pytorch_optimizer.Lion(cautious=True)",
        as_it_comes(pytorch_optimizer.Lion, cautious=True, weight_decay=_DECAY),
        lr=0.03,
        weight_decay=_DECAY,
    ),
    "cautious_lion_eps": Oracle(
        "pytorch_optimizer.Lion(cautious=True), the mask's scale replaced",
        as_it_comes(CautiousEpsLion, cautious=True, weight_decay=_DECAY),
        lr=0.03,
        weight_decay=_DECAY,
        note="The package has numel/(sum + 1); here 1/(mean + eps), as in the paper's listing.",
    ),
    "cautious_lion_max": Oracle(
        "lion_pytorch.cautious_lion.Lion, its floor raised",
        instead(
            as_it_comes(cautious_lion.Lion, weight_decay=_DECAY), torch.Tensor.clamp, with_floor
        ),
        lr=0.03,
        weight_decay=_DECAY,
        note="The package takes the share as at least 1e-5; here 1e-3, as timm does.",
    ),
    "diffgrad": Oracle(
        "pytorch_optimizer.DiffGrad, its epsilons moved",
        as_it_comes(ExactDiffGrad, weight_decay=_DECAY, foreach=False),
        lr=0.03,
        weight_decay=_DECAY,
        note="The package adds 1e-15 to v, and eps before the root is corrected for bias.",
    ),
    "exadam": Oracle(
        "pytorch_optimizer.EXAdam",
        as_it_comes(pytorch_optimizer.EXAdam, weight_decay=_DECAY),
        lr=0.03,
        weight_decay=_DECAY,
    ),
    "fadam": Oracle(
        "pytorch_optimizer.FAdam",
        as_it_comes(pytorch_optimizer.FAdam, momentum_dtype=torch.float64, fim_dtype=torch.float64),
        lr=0.03,
        note="Its weight decay, 0.1 by default, is the rule's own.",
    ),
    "grams": Oracle(
        "pytorch_optimizer.Grams",
        as_it_comes(pytorch_optimizer.Grams, eps=1e-8, weight_decay=_DECAY),
        lr=0.03,
        weight_decay=_DECAY,
        note="With AdamW's epsilon of 1e-8; the package's default is 1e-6. The authors' code adds "
        "it before v is corrected for bias.",
    ),
    "lamb": Oracle(
        "torch.optim.Adam's direction through pytorch_optimizer.LARS's trust ratio",
        lamb,
        lr=0.03,
        note="pytorch_optimizer.Lamb corrects for bias after the trust ratio, which the paper's "
        "would cancel, clips the weights' norm to 10 and adds eps to the other.",
    ),
    "laprop": Oracle(
        "pytorch_optimizer.LaProp at rate 1, its epsilons moved",
        at_rate_one(ExactLaProp, foreach=False),
        lr=0.03,
        note="The package averages what is multiplied by the rate, adds 1e-15 to v, and eps before "
        "the root is corrected for bias.",
    ),
    "lars": Oracle(
        "pytorch_optimizer.LARS",
        lars,
        lr=20.0,
        note="The package leaves vectors alone, so it gets them as matrices of one row. Its rate "
        "multiplies the momentum; in the paper it multiplies the gradient.",
    ),
    "lion": Oracle(
        "lion_pytorch.Lion",
        as_it_comes(lion_pytorch.Lion, weight_decay=_DECAY),
        lr=0.03,
        weight_decay=_DECAY,
    ),
    "lion_l2": Oracle(
        "lion_pytorch.Lion, torch's normalize instead of its sign",
        instead(
            as_it_comes(lion_pytorch.Lion, weight_decay=_DECAY), torch.Tensor.sgn_, to_unit_length
        ),
        lr=0.3,
        weight_decay=_DECAY,
        note="No package has it.",
    ),
    "madgrad": Oracle(
        "pytorch_optimizer.MADGRAD, its rate less its eps",
        with_rate(
            as_it_comes(pytorch_optimizer.MADGRAD, weight_decouple=True, weight_decay=_DECAY),
            lambda lr, _: lr - 1e-6,
        ),
        lr=0.03,
        weight_decay=_DECAY,
        note="The package adds eps to the rate too, as the authors' code does.",
    ),
    "mars_adamw": Oracle(
        "pytorch_optimizer.MARS, its epsilons moved",
        as_it_comes(ExactMARS, optimize_1d=True, weight_decay=_DECAY, foreach=False),
        lr=0.03,
        weight_decay=_DECAY,
        note="The package adds 1e-15 to v, and eps before the root is corrected for bias; by "
        "default it trains vectors by AdamW.",
    ),
    "mars_lion": Oracle(
        "pytorch_optimizer.MARS(mars_type='lion')",
        as_it_comes(
            pytorch_optimizer.MARS, mars_type="lion", optimize_1d=True, weight_decay=_DECAY
        ),
        lr=0.03,
        weight_decay=_DECAY,
        note="By default the package trains vectors by AdamW.",
    ),
    "momentum": Oracle("torch.optim.SGD", as_it_comes(optim.SGD, momentum=0.9), lr=0.03),
    "nadam": Oracle(
        "torch.optim.NAdam",
        double_precision(
            as_it_comes(optim.NAdam, decoupled_weight_decay=True, weight_decay=_DECAY)
        ),
        lr=0.03,
        weight_decay=_DECAY,
        note="Its product of mu has torch's default dtype, so that is float64 here; in float32 "
        "it is off by some 1e-8.",
    ),
    "nesterov": Oracle(
        "torch.optim.SGD(nesterov=True)",
        as_it_comes(optim.SGD, momentum=0.9, nesterov=True),
        lr=0.03,
    ),
    "novograd": Oracle(
        "pytorch_optimizer.NovoGrad",
        as_it_comes(pytorch_optimizer.NovoGrad, weight_decouple=True, weight_decay=_DECAY),
        lr=0.03,
        weight_decay=_DECAY,
        note="With the option for decay as AdamW's; by default it enters the momentum.",
    ),
    "padam": Oracle(
        "pytorch_optimizer.PAdam, of the largest v, its rate uncorrected",
        padam,
        lr=0.1,
        note="The package has no maximum of v, corrects the rate for bias, and its default for p "
        "is 1/4.",
    ),
    "pnm": Oracle(
        "pytorch_optimizer.PNM",
        as_it_comes(pytorch_optimizer.PNM, weight_decay=_DECAY),
        lr=0.3,
        weight_decay=_DECAY,
    ),
    "powersign": Oracle(
        "torch.optim.SGD of a gradient scaled by pytorch_optimizer.SignSGD's sign",
        by_agreement(torch.exp),
        lr=0.02,
        note="No package has it.",
    ),
    "qhadam": Oracle(
        "pytorch_optimizer.QHAdam",
        instead(
            as_it_comes(
                pytorch_optimizer.QHAdam,
                betas=(0.995, 0.999),
                nus=(0.7, 1.0),
                weight_decouple=True,
                weight_decay=_DECAY,
            ),
            torch.zeros,
            zeros_in_double,
        ),
        lr=0.03,
        weight_decay=_DECAY,
        note="Its sums of betas are float32, so they are made float64 here.",
    ),
    "qhm": Oracle(
        "pytorch_optimizer.QHM",
        as_it_comes(
            pytorch_optimizer.QHM,
            momentum=0.999,
            nu=0.7,
            weight_decouple=True,
            weight_decay=_DECAY,
        ),
        lr=0.3,
        weight_decay=_DECAY,
    ),
    "radam": Oracle(
        "torch.optim.RAdam",
        as_it_comes(optim.RAdam, decoupled_weight_decay=True, weight_decay=_DECAY),
        lr=0.03,
        weight_decay=_DECAY,
        note="torch rectifies from rho > 5, the paper from rho > 4.",
    ),
    "rmsprop": Oracle("torch.optim.RMSprop", as_it_comes(optim.RMSprop), lr=0.03),
    "rprop": Oracle(
        "torch.optim.Rprop at rate 1, without a least step",
        at_rate_one(optim.Rprop, step_sizes=(0.0, 50.0)),
        lr=0.02,
        note="In torch the rate is the first step's length alone, and bounds are lengths.",
    ),
    "sgd": Oracle("torch.optim.SGD", as_it_comes(optim.SGD), lr=0.1),
    "signsgd": Oracle(
        "pytorch_optimizer.SignSGD",
        as_it_comes(pytorch_optimizer.SignSGD, momentum=0.0, weight_decay=_DECAY),
        lr=0.03,
        weight_decay=_DECAY,
    ),
    "signum": Oracle(
        "pytorch_optimizer.SignSGD",
        as_it_comes(pytorch_optimizer.SignSGD, weight_decay=_DECAY),
        lr=0.03,
        weight_decay=_DECAY,
    ),
    "stableadamw": Oracle(
        "pytorch_optimizer.StableAdamW",
        as_it_comes(pytorch_optimizer.StableAdamW, eps=1e-6, weight_decay=0.0),
        lr=0.03,
        note="Without its decay, which shrinks with the step, and with the paper's epsilon.",
    ),
    "tiger": Oracle(
        "pytorch_optimizer.Tiger",
        as_it_comes(pytorch_optimizer.Tiger, weight_decay=_DECAY),
        lr=0.03,
        weight_decay=_DECAY,
    ),
    "yogi": Oracle(
        "pytorch_optimizer.Yogi",
        as_it_comes(pytorch_optimizer.Yogi, initial_accumulator=0.0, weight_decay=_DECAY),
        lr=0.03,
        weight_decay=_DECAY,
        note="Both moments from zero, as in the paper; the package's default is 1e-6 for both. It "
        "corrects for bias, the paper does not.",
    ),
}
