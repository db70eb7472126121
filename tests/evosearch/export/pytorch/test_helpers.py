"""The helpers of exported files, and what of them a file gets."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from evosearch.export.pytorch import helpers as helpers_module
from evosearch.export.pytorch.helpers import helpers

ALL = ("_learning_rate", "_view_scalars", "_count", "_number", "_settled", "_alike")


def test_a_file_gets_what_it_calls() -> None:
    """Two are in every file, the counter where steps are counted, the others where called."""
    texts = [lines[0] for lines in helpers(False, {"_alike"})]
    assert [text.partition("(")[0] for text in texts] == [
        "def _learning_rate", "def _view_scalars", "def _alike",
    ]  # fmt: skip
    assert len(helpers(True, ALL)) == len(ALL)


@pytest.fixture(params=["as a module", "as text in a file"])
def module(request: pytest.FixtureRequest) -> SimpleNamespace:
    """The helpers, imported and as executed with what an exported file imports."""
    if request.param == "as a module":
        return SimpleNamespace(**vars(helpers_module))
    scope: dict[str, Any] = {"torch": torch, "Tensor": Tensor, "Any": Any}
    exec("\n".join(line for lines in helpers(True, ALL) for line in lines), scope)
    return SimpleNamespace(**scope)


def test_a_rate_is_a_number_or_has_no_dimension(module: SimpleNamespace) -> None:
    """A tensor of one element loses its dimensions; it stays the tensor that the user fills."""
    lr = torch.tensor([0.5])
    seen = module._learning_rate({"lr": lr})
    assert isinstance(seen, Tensor)
    assert seen.shape == ()
    lr.fill_(0.25)
    assert seen.item() == 0.25
    assert module._learning_rate({"lr": 0.5}) == 0.5


def test_views_of_scalars_share_their_memory(module: SimpleNamespace) -> None:
    """What has dimensions stays itself."""
    scalar, vector = torch.zeros(()), torch.zeros(2)
    tensors = [scalar, vector]
    module._view_scalars(tensors)
    assert tensors[0].shape == (1,)
    assert tensors[0].data_ptr() == scalar.data_ptr()
    assert tensors[1] is vector


def test_steps_are_counted_by_one(module: SimpleNamespace) -> None:
    """Each of them, in place."""
    steps = [torch.tensor(0.0), torch.tensor(41.0)]
    module._count(steps)
    assert [step.item() for step in steps] == [1.0, 42.0]


def test_a_step_is_a_number_unless_it_is_captured(module: SimpleNamespace) -> None:
    """Then it is a tensor in double precision, in which `1 - beta**t` keeps its digits."""
    assert module._number(torch.tensor(3.0), capturable=False) == 3.0
    captured = module._number(torch.tensor(3.0), capturable=True)
    assert captured.dtype == torch.float64


def test_settled_numbers_are_the_same(module: SimpleNamespace) -> None:
    """To the last bit."""
    numbers = [torch.tensor(0.1, dtype=torch.float64), torch.tensor(-3.0, dtype=torch.float64)]
    assert module._settled(numbers) == numbers


@pytest.mark.parametrize("t", [3.0, torch.tensor(3.0)])
@pytest.mark.parametrize("lr", [0.5, torch.tensor(0.5)])
def test_both_are_tensors_if_one_is(module: SimpleNamespace, t: Any, lr: Any) -> None:
    """And numbers if both are; lists of steps alike."""
    any_tensor = isinstance(t, Tensor) or isinstance(lr, Tensor)
    for one, rate in (module._alike(t, lr), module._alike([t, t], lr)):
        one = one[1] if isinstance(one, list) else one
        assert isinstance(one, Tensor) == isinstance(rate, Tensor) == any_tensor
        assert (float(one), float(rate)) == (3.0, 0.5)
