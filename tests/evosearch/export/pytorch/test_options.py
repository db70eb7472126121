"""Options by torch's conventions: what its schedulers, users and clients pass."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import torch
from torch import Tensor, optim
from torch.optim.lr_scheduler import CyclicLR, OneCycleLR
from torch.optim.swa_utils import SWALR

from evosearch import lower, optimizer, parse, rule_names
from evosearch.export.pytorch.options import momentum_decays, options_of

OPTION_NAMES = {
    "adamw": ["betas", "eps"],
    "adan": ["betas", "eps"],
    "lion": ["betas"],
    "momentum": ["momentum"],
    "signum": ["momentum"],
    "lars": ["momentum", "trust", "decay"],
    "rmsprop": ["alpha", "eps"],
    "adadelta": ["rho", "eps"],
    "sgd": [],
}


@pytest.mark.parametrize("rule", OPTION_NAMES)
def test_decays_are_called_as_torch_calls_them(rule: str) -> None:
    """Numbered betas are one option; a sole decay of a signed state is `momentum`."""
    parameters = list(inspect.signature(optimizer(rule)).parameters)
    assert parameters[2 : parameters.index("weight_decay")] == OPTION_NAMES[rule]


def test_betas_may_be_given_by_position_by_name_and_in_groups() -> None:
    """As torch's; each way moves the weights as torch's AdamW."""
    kind = optimizer("adamw")
    moved = []
    for make in (
        lambda w: optim.AdamW(w, 0.1, (0.5, 0.8)),
        lambda w: kind(w, 0.1, (0.5, 0.8)),
        lambda w: kind(w, lr=0.1, betas=[0.5, 0.8]),
        lambda w: kind([{"params": w, "betas": (0.5, 0.8)}], lr=0.1),
    ):
        weight = torch.ones(3, dtype=torch.float64)
        made = make([weight])
        for t in range(5):
            weight.grad = torch.sin(weight + t)
            made.step()
        moved.append(weight)
    for one in moved[1:]:
        torch.testing.assert_close(one, moved[0], rtol=1e-12, atol=1e-12)


def rising_and_falling(made: Any, weight: Tensor, schedule: str) -> Tensor:
    """The weights after a course of one of torch's schedulers, momentum included."""
    schedulers = {
        "one cycle": lambda: OneCycleLR(made, 0.1, total_steps=12),
        "cyclic": lambda: CyclicLR(made, 0.001, 0.1, step_size_up=3),
    }
    scheduler = schedulers[schedule]()
    for t in range(10):
        weight.grad = torch.sin(3 * weight + t)
        made.step()
        scheduler.step()
    return weight


@pytest.mark.parametrize("schedule", ["one cycle", "cyclic"])
@pytest.mark.parametrize(
    ("rule", "theirs", "options"),
    [
        ("adamw", optim.AdamW, {}),
        ("nadam", optim.NAdam, {"decoupled_weight_decay": True}),
        ("momentum", optim.SGD, {"momentum": 0.9}),
        ("nesterov", optim.SGD, {"momentum": 0.9, "nesterov": True}),
    ],
)
def test_schedulers_cycle_momentum(
    rule: str, theirs: Any, options: dict[str, Any], schedule: str
) -> None:
    """With torch's defaults, and to the same weights as torch's own, whose NAdam keeps a product
    in single precision."""
    moved = []
    for make in (
        lambda w: theirs(w, lr=0.05, weight_decay=0.0, **options),
        lambda w: optimizer(rule)(w, lr=0.05, weight_decay=0.0),
    ):
        weight = torch.linspace(-1, 1, 5, dtype=torch.float64)
        moved.append(rising_and_falling(make([weight]), weight, schedule))
    torch.testing.assert_close(moved[1], moved[0], rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("schedule", ["one cycle", "cyclic"])
def test_every_rule_with_momentum_takes_the_schedulers(schedule: str) -> None:
    """Those without are refused by the scheduler, as torch's Adagrad is."""
    for rule in rule_names():
        weight = torch.linspace(-1, 1, 5, dtype=torch.float64)
        made = optimizer(rule)([weight], lr=0.05)
        if {"betas", "momentum"} & made.defaults.keys() and "momentum" not in fixed(made):
            before = weight.clone()
            assert not torch.equal(rising_and_falling(made, weight, schedule), before)
        elif not {"betas", "momentum"} & made.defaults.keys():
            with pytest.raises(ValueError, match="momentum"):
                rising_and_falling(made, weight, schedule)


def fixed(made: Any) -> set[str]:
    """The options that may not be set."""
    return made.defaults.keys() - inspect.signature(type(made)).parameters.keys()


def test_a_momentum_that_the_rule_has_not_is_no_secret() -> None:
    """torch's RMSprop gets one from OneCycleLR; the rule has none, so the step says so."""
    weight = torch.ones(3)
    made = optimizer("rmsprop")([weight], lr=0.1)
    with pytest.raises(ValueError, match=r"momentum=0\.95 is another rule's; expected momentum=0"):
        rising_and_falling(made, weight, "one cycle")


@pytest.mark.parametrize("rule", ["adamw", "lion", "sgd", "rmsprop"])
def test_an_unknown_option_of_a_group_is_refused(rule: str) -> None:
    """And not ignored; what schedulers note, and texts, are no options."""
    kind = optimizer(rule)
    weight = torch.ones(3)
    with pytest.raises(ValueError, match=r"has no option nesterov_; it has lr, "):
        kind([{"params": [weight], "nesterov_": True}])
    made = kind([{"params": [weight], "initial_lr": 0.1, "lr_scale": 0.5, "name": "head"}], lr=0.1)
    with pytest.raises(ValueError, match="has no option beta1"):
        made.add_param_group({"params": [torch.ones(2)], "beta1": 0.5})
    assert len(made.param_groups) == 1
    again = kind(made.param_groups)
    assert again.param_groups[0]["name"] == "head"


@pytest.mark.parametrize("options", [{"betas": (0.9, 1.0)}, {"lr": -1.0}, {"eps": 0.0}])
def test_options_of_a_group_are_checked(options: dict[str, Any]) -> None:
    """As those of the constructor."""
    with pytest.raises(ValueError, match="Invalid"):
        optimizer("adamw")([{"params": [torch.ones(3)], **options}])


def test_fused_is_taken_where_it_asks_for_nothing() -> None:
    """nanoGPT and others pass it always."""
    kind = optimizer("lion")
    for fused in (None, False):
        kind([torch.ones(3)], fused=fused)
    with pytest.raises(RuntimeError, match="Lion has no fused kernel"):
        kind([torch.ones(3)], fused=True)


def test_betas_must_be_as_many_as_the_rule_has() -> None:
    """One too many is not cut off."""
    with pytest.raises(ValueError, match=r"Invalid betas: .*; expected 2 numbers"):
        optimizer("adamw")([torch.ones(3)], betas=(0.9, 0.9, 0.9))


@pytest.mark.parametrize("name", ["max_lr", "initial_lr", "base_momentum", "swa_lr", "betas"])
def test_no_option_has_a_name_that_schedulers_write(name: str) -> None:
    """It is renamed, so that a schedule does not change a constant of the rule."""
    text = (
        f"def f(g, m, *, {name}=0.5, b=0.9):\n"
        f"    m = lerp(g, m, b)\n"
        f"    return clip(m, -{name}, {name}), m\n"
    )
    kind = optimizer(parse(text))
    assert f"{name}_" in inspect.signature(kind).parameters
    moved = []
    for scheduled in (False, True):
        weight = torch.zeros(1)
        made = kind([weight], lr=0.1, weight_decay=0.0)
        if scheduled:
            OneCycleLR(made, max_lr=0.01, total_steps=10, cycle_momentum=False)
            SWALR(made, 0.05)
            made.param_groups[0]["lr"] = 0.1
        for _ in range(5):
            weight.grad = torch.full((1,), 10.0)
            made.step()
        moved.append(weight.item())
    assert moved[0] == moved[1] == pytest.approx(-0.1 * 0.5 * 5)


def test_only_decays_of_states_that_can_be_negative_are_momentum() -> None:
    """An average of squares is none, nor is a factor of the direction."""
    text = (
        "def f(g, m, v, *, a=0.9, b=0.99, c=0.5):\n"
        "    m = lerp(g, m, a)\n"
        "    v = lerp(g * g, v, b)\n"
        "    return c * m / (sqrt(v) + 1), m, v\n"
    )
    assert momentum_decays(lower(parse(text))) == ["a"]
    assert [option.name for option in options_of(lower(parse(text)))] == ["momentum", "b", "c"]
