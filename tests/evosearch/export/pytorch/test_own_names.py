"""Whatever a rule's states and constants are called, its file does the same."""

from __future__ import annotations

import inspect
import io
import keyword
import tokenize
from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor

from evosearch import Program, lower, optimizer, parse, to_source
from evosearch.errors import EvosearchError
from evosearch.export.pytorch.own_names import renames
from tests.support.sampling import sampled

AT_ONCE = 25
PATHS: dict[str, dict[str, Any]] = {
    "single": {"foreach": False},
    "lists": {"foreach": True},
    "differentiable": {"differentiable": True},
}


def program(states: Sequence[str], constants: Sequence[str]) -> Program:
    """A rule with a state and a decay rate of each name, and a sum over all parameters."""
    lines = [
        f"    {state} = lerp(g, {state}, {constant})"
        for state, constant in zip(states, constants, strict=True)
    ]
    total = " + ".join(f"{m} / (1 - {h} ** t)" for m, h in zip(states, constants, strict=True))
    options = ", ".join(f"{name}={0.5 + 0.01 * n}" for n, name in enumerate(constants))
    return parse(
        f"def f(g, {', '.join(states)}, lr, t, *, {options}):\n"
        + "\n".join(lines)
        + f"\n    return {total} + 0.01 * lr * global_norm({states[0]}) * g, {', '.join(states)}\n"
    )


@cache
def names() -> list[str]:
    """All that a program may call a state, of the names in two exported files."""
    text = to_source(program(["the_state"], ["the_constant"])) + to_source("adamw")
    words = {
        token.string
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.NAME and not keyword.iskeyword(token.string)
    }
    return sorted(filter(may_be_a_state, words - {"the_state", "the_constant"}))


def may_be_a_state(name: str) -> bool:
    try:
        program([name], ["h"])
    except EvosearchError:
        return False
    return True


def moved(rule: Program, options: dict[str, Any]) -> Tensor:
    """The weights after three steps, of which the last goes on from a state dict."""
    kind = optimizer(rule)
    weights = [torch.linspace(-1, 1, n, dtype=torch.float64) for n in (3, 4)]
    made = kind(weights, lr=0.1, weight_decay=0.1, **options)
    for t in range(3):
        if t == 2:
            state = made.state_dict()
            made = kind(weights, lr=0.1, weight_decay=0.1, **options)
            made.load_state_dict(state)
        for weight in weights:
            weight.grad = torch.sin(3 * weight + t)
        made.step()
    return torch.cat(weights)


@pytest.mark.parametrize("path", sampled(PATHS, 3))
def test_names_of_the_file_itself_may_be_a_rules(path: str) -> None:
    """Its functions', variables' and options', as those of states and of constants."""
    for first in range(0, len(names()), AT_ONCE):
        tried = names()[first : first + AT_ONCE]
        plain = [f"plain_{n}" for n in range(len(tried))]
        others = [f"other_{n}" for n in range(len(tried))]
        expected = moved(program(plain, others), PATHS[path])
        for rule in (program(tried, others), program(plain, tried)):
            torch.testing.assert_close(moved(rule, PATHS[path]), expected, rtol=1e-9, atol=1e-12)


def test_there_are_many_names() -> None:
    """Those that faults came from are among them."""
    assert {"ts", "_number", "old_p", "_", "group", "betas", "state"} <= {*names()}


def test_what_is_renamed_is_told() -> None:
    """In the docstring; other names stay."""
    rule = parse(
        "def f(g, m, *, max_lr=0.5, b=0.9):\n    m = lerp(g, m, b)\n    return max_lr * m, m"
    )
    assert renames(lower(rule)) == {"max_lr": "max_lr_"}
    doc = inspect.getdoc(optimizer(rule)) or ""
    assert "names of the program: here is `max_lr_` for `max_lr`." in " ".join(doc.split())
    assert renames(lower(program(["old_p", "old_m", "m", "old_v"], ["a", "b", "_c", "d"]))) == {
        "old_p": "p_old",
        "old_m": "m_old",
        "_c": "c",
    }
