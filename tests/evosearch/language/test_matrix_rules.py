"""What holds of rules that see rows and columns without any training."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from evosearch import Program, known_rule, lower, optimizer, parse
from evosearch.graph.interpreter import Interpreter
from primitives import NumpySegments

Array = NDArray[np.float64]

RULES = ("adafactor", "adam_mini", "came")
STEPS = 12
OF_VECTORS = {
    # Adafactor's own account of a vector, its algorithm 5: an average for each element.
    "adafactor": """
        def f(w, g, v, lr, t, *, decay=0.8, eps=1.1920929e-07, least=1e-3):
            v = lerp(v, square(g), t**-decay)
            u = g / max(sqrt(v), eps)
            u = u / max(1, rms(u))
            return u * max(least, rms(w)) * min(1, 1 / (lr * sqrt(t))), v
    """,
    "adam_mini": "adam",
    "came": """
        def f(g, v, m, *, beta1=0.9, beta2=0.999):
            v = lerp(square(g), v, beta2)
            u = g / sqrt(v)
            m = lerp(u / max(1, rms(u)), m, beta1)
            return m, v, m
    """,
}
"""What each rule is for a vector, where an average by row is one for each element."""


def program(text: str) -> Program:
    if " " not in text:
        return known_rule(text)
    lines = text.strip("\n").splitlines()
    margin = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    return parse("\n".join(line[margin:] for line in lines) + "\n")


def gradients(shape: tuple[int, ...]) -> Array:
    return np.random.default_rng(3).standard_normal((STEPS, *shape))


def directions(rule: Program, gradients: Array) -> Array:
    """`[STEPS, *shape]`, of one tensor whose weights move along them."""
    shape = gradients.shape[1:]
    interpreter = Interpreter(lower(rule), NumpySegments([shape]))
    w, result = np.random.default_rng(4).standard_normal(gradients[0].size), []
    for t, gradient in enumerate(gradients, start=1):
        result.append(interpreter.step(w=w, g=gradient.ravel(), lr=0.03, t=t))
        w = w - 0.03 * result[-1]
    return np.stack(result).reshape(gradients.shape)


@pytest.mark.parametrize("name", RULES)
def test_a_vector_is_a_column_of_elements(name: str) -> None:
    """There each rule is the one by elements that its paper makes of it; Adafactor is RMSProp."""
    given = gradients((7,))
    ours, plain = directions(known_rule(name), given), directions(program(OF_VECTORS[name]), given)
    np.testing.assert_allclose(ours, plain, rtol=1e-12)
    matrix = gradients((7, 2))
    ours, plain = (directions(p, matrix) for p in (known_rule(name), program(OF_VECTORS[name])))
    assert not np.allclose(ours, plain, rtol=0.01)


def test_one_step_of_adafactor_divides_by_rows_and_columns() -> None:
    """The first estimate is R C / mean(R) of the squares, the paper's equation (4)."""
    rule = parse(
        "def f(g, r, c):\n"
        "    r = row_mean(square(g))\n"
        "    c = column_mean(square(g))\n"
        "    return r * c / mean(r), r, c\n"
    )
    g = gradients((3, 4))[0]
    square = np.square(g)
    expected = np.outer(square.sum(1), square.sum(0)) / square.sum()
    (result,) = directions(rule, g[None])
    np.testing.assert_allclose(result, expected, rtol=1e-12)


@pytest.mark.parametrize("name", RULES)
def test_rows_and_columns_have_no_order(name: str) -> None:
    """A rule of rows and columns commutes with permutations of them."""
    given = gradients((4, 5))
    rows, columns = np.random.default_rng(5).permutation(4), np.random.default_rng(6).permutation(5)
    interpreter = Interpreter(lower(known_rule(name)), NumpySegments([(4, 5)]))
    other = Interpreter(lower(known_rule(name)), NumpySegments([(4, 5)]))
    w = np.random.default_rng(4).standard_normal((4, 5))
    for t, g in enumerate(given, start=1):
        u = interpreter.step(w=w.ravel(), g=g.ravel(), lr=0.03, t=t).reshape(4, 5)
        turned = [x[rows][:, columns].ravel() for x in (w, g)]
        v = other.step(w=turned[0], g=turned[1], lr=0.03, t=t).reshape(4, 5)
        np.testing.assert_allclose(v, u[rows][:, columns], rtol=1e-10)
        w = w - 0.03 * u


def trained(name: str, shapes: Sequence[tuple[int, ...]], **options: bool) -> list[Tensor]:
    """Weights of these shapes, all holding the same numbers, after some steps of the export."""
    weights = []
    for shape in shapes:
        draw = torch.Generator().manual_seed(int(np.prod(shape)))
        weights.append(torch.nn.Parameter(torch.randn(shape, generator=draw).double()))
    moving = optimizer(name)(weights, lr=0.03, weight_decay=0.1, **options)
    for step in range(6):
        for weight in weights:
            draw = torch.Generator().manual_seed(100 + step)
            flat = torch.randn(weight.numel(), generator=draw).double()
            weight.grad = flat.reshape(weight.shape)
        moving.step()
    return [weight.detach() for weight in weights]


@pytest.mark.parametrize("foreach", [False, True])
@pytest.mark.parametrize("name", RULES)
def test_a_convolution_is_its_flattened_copy(name: str, foreach: bool) -> None:
    """Of up to five dimensions, to the last bit; the matrix has a row for each channel given."""
    shapes = [(8, 4, 3, 3), (4, 6, 2), (3, 2, 2, 1, 2)]
    flat = [(shape[0], int(np.prod(shape[1:]))) for shape in shapes]
    for one, other in zip(
        trained(name, shapes, foreach=foreach), trained(name, flat, foreach=foreach), strict=True
    ):
        assert torch.equal(one.flatten(1), other)


@pytest.mark.parametrize("foreach", [False, True])
@pytest.mark.parametrize("name", RULES)
def test_empty_parameters_stay_empty(name: str, foreach: bool) -> None:
    """Beside others, which they do not disturb; a state dict of them loads."""
    alone = trained(name, [(3, 4), ()], foreach=foreach)
    beside = trained(name, [(3, 4), (), (0, 4), (0,)], foreach=foreach)
    assert [tuple(weight.shape) for weight in beside[2:]] == [(0, 4), (0,)]
    for one, other in zip(alone, beside[:2], strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("name", RULES)
def test_states_are_small_and_are_kept(name: str) -> None:
    """A row and a column, not the matrix; a loaded state goes on to the same weights."""
    weight = torch.nn.Parameter(torch.ones(30, 20))
    one = optimizer(name)([weight])
    weight.grad = torch.arange(600.0).reshape(30, 20)
    one.step()
    shapes = {tuple(v.shape) for k, v in one.state[weight].items() if k not in ("step", "m")}
    assert shapes <= {(30, 1), (1, 20)}
    copy = torch.nn.Parameter(weight.detach().clone())
    other = optimizer(name)([copy])
    other.load_state_dict(deepcopy(one.state_dict()))
    for parameter, moving in ((weight, one), (copy, other)):
        parameter.grad = torch.ones(30, 20)
        moving.step()
    assert torch.equal(weight, copy)
    wrong = torch.nn.Parameter(torch.ones(20, 30))
    with pytest.raises(ValueError, match=r"of shape \((30, 1|1, 20|30, 20)\) for a parameter"):
        optimizer(name)([wrong]).load_state_dict(one.state_dict())
