"""Division by zero gives 0, all other quotients are IEEE 754's."""

import math

import numpy as np
import pytest
import torch

from primitives.division import over, over_torch

VALUES = (0.0, -0.0, 1.0, -3.0, 0.1, 1e-300, 1e300, -5e-324, math.inf)
PAIRS = [(a, b) for a in VALUES for b in VALUES]


def quotient(a: float, b: float) -> float:
    """The definition in plain Python, which raises where b = 0."""
    return a / b if b else 0.0


def expected() -> np.ndarray:
    return np.array([quotient(a, b) for a, b in PAIRS])


def test_numpy_divides_as_python_does() -> None:
    """Bit for bit, NaN in the same places."""
    numerator, denominator = np.array(PAIRS).T
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(over(numerator, denominator), expected())


@pytest.mark.parametrize("overwritten", [None, 0, 1], ids=["new", "numerator", "denominator"])
def test_torch_divides_as_python_does(overwritten: int | None) -> None:
    """Into a tensor of its own or one of the arguments, of which it leaves the other alone."""
    given = [torch.tensor(column, dtype=torch.float64) for column in zip(*PAIRS, strict=True)]
    kept = [tensor.clone() for tensor in given]
    out = None if overwritten is None else given[overwritten]
    result = over_torch(*given, out=out)
    np.testing.assert_array_equal(result.numpy(), expected())
    for position, tensor in enumerate(given):
        if position == overwritten:
            assert tensor is result
        else:
            assert torch.equal(tensor, kept[position])
