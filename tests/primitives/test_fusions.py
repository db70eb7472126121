"""Each fusion computes what its pattern means, in every form."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch

from primitives import FUSIONS, SPELLINGS, Fusion
from primitives.primitive import LETTERS
from tests.support import plain_definitions as plain
from tests.support.code_runs import assert_all, run, two


def meaning(pattern: str, letters: Mapping[str, float]) -> float:
    """A fusion's pattern by the plain definitions of its operations."""

    def value(node: ast.expr) -> float:
        match node:
            case ast.Name(id=name):
                return letters[name]
            case ast.BinOp(left=left, op=operator, right=right):
                name = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply"}.get(
                    type(operator), "divide"
                )
                return float(plain.ELEMENTWISE[name](value(left), value(right)))
            case ast.Call(func=ast.Name(id=name), args=arguments):
                row = SPELLINGS[name][0]
                return float(plain.ELEMENTWISE[row.name](*map(value, arguments)))
        raise AssertionError(pattern)

    return value(ast.parse(pattern, mode="eval").body)


@pytest.mark.parametrize("fusion", FUSIONS, ids=lambda fusion: fusion.pattern)
def test_fusions_are_their_patterns(fusion: Fusion) -> None:
    """All four forms, for floats and tensors, single and in lists, overwrite the letter named."""
    count = len(
        {c for c in fusion.pattern.replace("lerp", "").replace("square", "") if c in LETTERS}
    )
    names = list(LETTERS[:count])
    target = names[fusion.target]
    draw = np.random.default_rng(5)
    for _ in range(5):
        point = dict(zip(names, draw.uniform(0.2, 2.0, count).tolist(), strict=True))
        expected = meaning(fusion.pattern, point)
        for template, tensors in (
            (fusion.in_place, False),
            (fusion.tensor_in_place or fusion.in_place, True),
        ):
            given: dict[str, Any] = {
                name: torch.full((3,), value, dtype=torch.float64) for name, value in point.items()
            }
            for number in fusion.numbers:
                if not (tensors and not fusion.fixed):
                    given[names[number]] = point[names[number]]
                else:
                    given[names[number]] = given[names[number]][0]
            run(template.format(*names), given)
            assert_all([given[target]], expected)
        for template, form in (
            (fusion.foreach, "float"),
            (fusion.foreach if fusion.foreach_listed else fusion.tensor_foreach, "list"),
            (fusion.tensor_foreach, "tensor"),
        ):
            if not template or (form != "float" and not fusion.numbers):
                continue
            given = {name: two(value) for name, value in point.items()}
            for number in fusion.numbers:
                value = point[names[number]]
                given[names[number]] = {
                    "float": value,
                    "list": [value, value],
                    "tensor": torch.tensor(value, dtype=torch.float64),
                }[form]
            run(template.format(*names), given)
            assert_all(given[target], expected)
