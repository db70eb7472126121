"""Files of a user's own: an operation and a task whose meaning a test chooses."""

from __future__ import annotations

from evosearch.plugins.additions import NOTHING_ADDED, Additions
from evosearch.plugins.operations import load_operations_text

_OPERATION = """
import numpy as np
import torch
import sympy
from primitives import Kind, Primitive

PRIMITIVES = [
    Primitive(
        name="bend",
        definition={meaning!r},
        accepts=(Kind.TENSOR,),
        numpy=lambda a, abs=np.abs, tanh=np.tanh: {meaning},
        torch=lambda a, abs=torch.abs, tanh=torch.tanh: {meaning},
        sympy=lambda a, abs=sympy.Abs, tanh=sympy.tanh: {meaning},
        source={torch_source!r},
        scalar_source={scalar_source!r},
        zero_preserving=True,
    )
]
"""

_TASK = """
from dataclasses import replace
from tests.support.tiny_task import NoisyLine, TINY

class Data(NoisyLine):
    def sample(self, draw, size):
        inputs, targets = super().sample(draw, size)
        return inputs, {factor} * targets

MINE = replace(TINY, name="mine", summary="a line", data=Data, steps=40)
"""


def operation_text(meaning: str) -> str:
    """A file with the operation `bend`; `meaning` is of `a`, `abs` and `tanh`."""
    return _OPERATION.format(
        meaning=meaning,
        torch_source=_spelt(meaning, "torch.abs", "torch.tanh"),
        scalar_source=_spelt(meaning, "abs", "math.tanh"),
    )


def task_text(factor: float) -> str:
    """A file with the task `mine` in a variable MINE, whose targets are that many times larger."""
    return _TASK.format(factor=factor)


def bending(meaning: str) -> Additions:
    """What a file with the operation `bend` adds."""
    return load_operations_text(operation_text(meaning), "mine.py", NOTHING_ADDED)


def _spelt(meaning: str, absolute: str, tangent: str) -> str:
    return (
        meaning.replace("abs", absolute).replace("tanh", tangent).replace("(a)", "({0})")
    ).replace("a *", "{0} *")
