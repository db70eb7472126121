"""Exported optimizers on the inputs and errors that torch records for testing its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch.testing._internal.common_optimizers import OptimizerErrorEnum, optim_db

from evosearch import optimizer
from tests.evosearch.export.pytorch.test_contract import RULES

(ADAMW,) = (info for info in optim_db if info.optim_cls is torch.optim.AdamW)
TENSOR_RATES = ({"lr": torch.tensor(0.001)}, {"lr": torch.tensor([0.01])})
INPUTS = [given.kwargs for given in ADAMW.optim_inputs_func(device="cpu")] + list(TENSOR_RATES)
ERRORS = [
    given
    for given in ADAMW.optim_error_inputs_func(device="cpu", dtype=torch.float32)
    if "betas" not in given.error_regex  # of tensors in their place; ours are floats
]
SHAPES = ((10, 5), (7,), ())


def translated(options: dict[str, Any]) -> dict[str, Any]:
    """torch's options but for the one by which a rule is chosen."""
    return {key: value for key, value in options.items() if key != "amsgrad"}


def trained(made: Any, weights: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """The weights after some steps along gradients whose signs vary."""
    draw = torch.Generator().manual_seed(1)
    for _ in range(9):
        for weight in weights:
            weight.grad = torch.randn(weight.shape, generator=draw, dtype=weight.dtype)
        made.step()
    return [weight.detach() for weight in weights]


def weights() -> list[torch.nn.Parameter]:
    draw = torch.Generator().manual_seed(0)
    numbers = (torch.randn(shape, generator=draw, dtype=torch.float64) for shape in SHAPES)
    return [torch.nn.Parameter(number) for number in numbers]


@pytest.mark.parametrize("options", INPUTS, ids=str)
@pytest.mark.parametrize("path", ["single", "foreach", "capturable", "differentiable"])
def test_recorded_inputs_move_the_weights_as_torchs_adamw(
    options: dict[str, Any], path: str
) -> None:
    """Exported AdamW and AMSGrad end where torch's do, given what torch tests its own with."""
    tensor_rate = isinstance(options.get("lr"), torch.Tensor)
    if path == "foreach" and tensor_rate:
        path = "capturable"  # torch's own refuses the other
    ways = {
        "single": {"foreach": False},
        "foreach": {"foreach": True},
        "capturable": {"foreach": True, "capturable": True},
        "differentiable": {"foreach": False, "differentiable": True},
    }
    kind = optimizer("amsgrad" if options.get("amsgrad") else "adamw")
    ours: list[torch.Tensor] = list(weights())
    if path == "differentiable":
        ours = [weight.clone() for weight in ours]  # leaves must not be overwritten in a graph
    found = trained(kind(ours, **{"lr": 1e-3, **translated(options)}, **ways[path]), ours)
    theirs = weights()
    expected = trained(torch.optim.AdamW(theirs, **options, foreach=False), theirs)
    # A tensor of single precision stays one, so that gradients flow to it; torch reads its number.
    tolerance = 1e-6 if tensor_rate else 1e-12
    torch.testing.assert_close(found, expected, rtol=tolerance, atol=tolerance / 100)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.optimizer_error_input.desc)
@pytest.mark.parametrize("rule", RULES)
def test_recorded_errors_are_raised(rule: str, error: Any) -> None:
    """What torch's AdamW refuses, and with which exception; of parameters in the same words."""
    assert error.error_on is OptimizerErrorEnum.CONSTRUCTION_ERROR
    given = error.optimizer_error_input
    options = translated(given.kwargs)
    params: Any = weights() if given.params is None else given.params
    if not isinstance(params, torch.Tensor):
        # Optimizers write their options into the groups that they are given.
        params = [dict(one) if isinstance(one, dict) else one for one in params]
    kind = optimizer(rule)
    if not options.keys() <= kind(weights(), lr=1e-3).defaults.keys():
        options["weight_decay"] = -1  # in place of a hyperparameter that the rule lacks
        options = {key: options[key] for key in ("lr", "weight_decay")}
    words = error.error_regex
    if words.startswith("Invalid"):
        words = "Invalid (beta parameter at index 0|betas|weight_decay)"
    if error.error_type is UserWarning:
        with pytest.warns(UserWarning, match=words):
            kind(params, **{"lr": 1e-3, **options})
        return
    with pytest.raises(error.error_type, match=words):
        kind(params, **{"lr": 1e-3, **options})
