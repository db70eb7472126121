"""Holds the rows for comparisons, which give 1 or 0, and for the choice between two values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import sympy
import torch

from primitives import ranges
from primitives.kinds import Kind
from primitives.masks import choose, nonzero_mask
from primitives.primitive import Primitive

_T = Kind.TENSOR


def _where_source(arguments: Sequence[str], floats: Sequence[bool]) -> str:
    """Fills in one of two numbers, for which `torch.where` would choose the default dtype."""
    condition, a, b = arguments
    if floats[1] and floats[2]:
        a = f"torch.full_like({condition}, {a})"
    test = f"{condition} != 0"
    if floats[0]:
        # Not `a if … else b`, which is one of them itself, in its own shape.
        test = f"torch.tensor({test}, device=p.device)"
    return f"torch.where({test}, {a}, {b})"


def _comparison(
    name: str,
    operator: str,
    numpy: Callable[..., Any],
    torch_function: Callable[..., Any],
    *,
    commutative: bool = False,
    zero_preserving: bool = False,
) -> Primitive:
    return Primitive(
        name=name,
        definition=f"1 where a {operator} b, else 0",
        accepts=(_T, _T),
        numpy=lambda a, b: numpy(a, b).astype(np.float64),
        torch=lambda a, b, out=None: (
            torch_function(a, b).to(a.dtype) if out is None else torch_function(a, b, out=out)
        ),
        sympy=lambda a, b: sympy.Function(name)(a, b),
        source=f"({{0}} {operator} {{1}}).to(p.dtype)",
        jax=f"jnp.where({{0}} {operator} {{1}}, 1.0, 0.0)",
        scalar_source=f"float({{0}} {operator} {{1}})",
        range=ranges.always(ranges.UNIT),
        infix=operator,
        result_role="mask",
        exact=True,
        switches=True,
        commutative=commutative,
        zero_preserving=zero_preserving,
    )


ROWS = (
    _comparison("greater", ">", np.greater, torch.gt, zero_preserving=True),
    _comparison("greater_equal", ">=", np.greater_equal, torch.ge),
    _comparison("equal", "==", np.equal, torch.eq, commutative=True),
    _comparison("not_equal", "!=", np.not_equal, torch.ne, commutative=True, zero_preserving=True),
    Primitive(
        name="where",
        definition="b where a is not 0, else c",
        accepts=(_T, _T, _T),
        numpy=lambda c, a, b: np.where(c != 0, a, b),
        torch=lambda c, a, b, out=None: choose(nonzero_mask(c), a, b, out=out),
        sympy=lambda c, a, b: sympy.Piecewise((a, sympy.Ne(c, 0)), (b, True)),
        scaled_together=(1, 2),
        source=_where_source,
        jax="jnp.where({0} != 0, {1}, {2})",
        scalar_source="({1} if {0} else {2})",
        range=lambda _, a, b: ranges.hull(a, b),
        exact=True,
        switches=True,
        zero_preserving=True,
    ),
)
