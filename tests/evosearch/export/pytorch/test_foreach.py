"""Code for lists does what code for single tensors does, whatever torch's functions take."""

from __future__ import annotations

import re

import pytest
import torch

import evosearch
from evosearch import known_rule, parse, rule_names
from evosearch.export.notation.code import lines_of
from evosearch.export.pytorch.foreach import MultiTensorCode
from tests.evosearch.export.pytorch.test_file import (
    PATHS,
    descend_torch,
    deviation,
    mutants,
    stable_path,
)
from tests.evosearch.export.pytorch.test_schedule import step_of_rule

NUMBERS_IN_FUSIONS = {
    "a difference": "v = lerp(square(g), v, a - b)",
    "a sum": "v = lerp(square(g), v, b + c)",
    "a quotient": "v = lerp(square(g), v, b / (a + c))",
    "a difference of the step": "v = v + g * (1 / t - b)",
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", NUMBERS_IN_FUSIONS)
def test_numbers_enter_fusions_as_wholes(name: str, path: str) -> None:
    """A fusion that writes `1 - x` means the whole of `x`, be it `a - b`."""
    program = parse(
        "def f(g, v, t, *, a=0.5, b=0.25, c=0.125):\n"
        f"    {NUMBERS_IN_FUSIONS[name]}\n"
        "    return g / (sqrt(v) + 1e-3) + v * a, v"
    )
    expected = stable_path(program, 1e-14, 1e-12)
    assert expected is not None
    found = descend_torch(evosearch.optimizer(program), **PATHS[path])
    assert deviation(found, expected) < 1e-12


@pytest.mark.parametrize("name", ["adamw", "lion", "sgd", "rmsprop", "momentum"])
def test_what_torch_has_functions_for_needs_no_loop(name: str) -> None:
    """The rules that torch's own list code serves are written without a loop over parameters."""
    step = step_of_rule(known_rule(name))
    assert step is not None
    lines = lines_of(MultiTensorCode(step, ()).statements())
    assert not any(line.lstrip().startswith("for ") for line in lines)
    calls = {name for line in lines for name in re.findall(r"torch\.(_foreach_\w+)", line)}
    assert calls
    assert all(hasattr(torch, call) for call in calls)


def test_only_functions_that_torch_has_are_called() -> None:
    """In the code of all known rules and of programs that nobody wrote."""
    called = set()
    for program in (*map(known_rule, rule_names()), *mutants(60, seed=3)):
        called |= set(re.findall(r"torch\.(_foreach_\w+)", evosearch.to_source(program)))
    assert len(called) > 20
    assert all(hasattr(torch, name) for name in called)
