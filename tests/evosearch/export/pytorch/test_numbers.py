"""The code of numbers, run as floats and as tensors, gives what the table defines."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from evosearch import Program, known_rule, parse, rule_names
from evosearch.export.notation.names import Namer
from evosearch.export.pytorch.numbers import Numbers
from primitives import NumpySegments
from tests.evosearch.export.pytorch.test_file import mutants
from tests.evosearch.export.pytorch.test_step import SIZES, step_and_inputs
from tests.support.step_execution import values_of


def check(program: Program, as_tensors: bool) -> int:
    """How many named numbers were computed right, in the order in which the code has them."""
    step, inputs = step_and_inputs(program)
    wanted = [i for i, node in enumerate(step.nodes) if step.numbers[i] and node.operands]
    wanted = [i for i in wanted if "w" not in step.leaves[i]]
    numbers = Numbers(step, Namer(set()), wanted, wanted)
    scope: dict[str, Any] = {"math": math, "torch": torch, "Tensor": Tensor}
    scope["p"] = torch.ones(sum(SIZES), dtype=torch.float64)
    scope |= {n.label: n.value for n in step.nodes if n.op == "hyperparameter"}
    scope |= {name: float(inputs[name]) for name in ("t", "lr", "weight_decay")}
    if as_tensors:
        scope |= {n: torch.tensor(scope[n], dtype=torch.float64) for n in ("t", "lr")}
    with np.errstate(all="ignore"):
        expected = values_of(step.nodes, inputs, NumpySegments(SIZES))
    for index, name in numbers.names.items():
        value = float(expected[index])
        if not math.isfinite(value) or abs(value) > 1e300:
            break
        scope[name] = eval(numbers.definition(index).text, scope)
        assert isinstance(scope[name], Tensor) == (as_tensors and numbers.varies(index))
        assert float(scope[name]) == pytest.approx(value, rel=1e-12, abs=1e-300)
    return len(numbers.names)


@pytest.mark.parametrize("as_tensors", [False, True])
@pytest.mark.parametrize("name", rule_names())
def test_numbers_of_known_rules(name: str, as_tensors: bool) -> None:
    """Every number, each by the names of those before it."""
    assert check(known_rule(name), as_tensors) > 0


@pytest.mark.parametrize("as_tensors", [False, True])
def test_numbers_of_mutants(as_tensors: bool) -> None:
    """Numbers that nobody would write, guards among them."""
    assert sum(check(program, as_tensors) for program in mutants(80, seed=17)) > 300


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("1 - b ** t", ["bias_correction"]),
        ("(1 - b ** t) * (3 - (1 - b ** t))", ["bias_correction"]),
        ("t + 2", []),
        ("1 + 1 / (1 + 1 / (1 + 1 / t))", ["x1"]),
    ],
)
def test_what_a_person_would_name_has_a_name(expression: str, names: list[str]) -> None:
    """What is read twice, is long, or has a name of its own; nothing else."""
    step, _ = step_and_inputs(
        parse(f"def f(g, m, t, *, b=0.9):\n    return m, g + tanh(m) * ({expression})")
    )
    factors = [node.operands for node in step.nodes if node.op == "multiply"]
    (read,) = (
        number
        for operands in factors
        for number, other in (operands, operands[::-1])
        if step.numbers[number] and step.nodes[other].op == "tanh"
    )
    assert list(Numbers(step, Namer(set()), [], [read]).names.values()) == names
