"""Holds the rows of the operations that are short for others."""

from __future__ import annotations

import math

from primitives.kinds import Kind
from primitives.primitive import Composite

_S, _L, _T = Kind.SCALAR, Kind.LEAF, Kind.TENSOR

ROWS = (
    Composite(
        name="pi",
        definition="3.14159…, the circle's circumference over its diameter",
        accepts=(),
        expansion=repr(math.pi),
        aliases=("get_pi",),
        paper=True,
    ),
    Composite(
        name="e",
        definition="2.71828…, the base of natural logarithms",
        accepts=(),
        expansion=repr(math.e),
        aliases=("get_e",),
        paper=True,
    ),
    Composite(
        name="eps",
        definition="1e-8",
        accepts=(),
        expansion="1e-8",
        aliases=("get_eps",),
        paper=True,
    ),
    Composite(
        name="heaviside",
        definition="1 where a > 0, else 0",
        accepts=(_T,),
        expansion="a > 0",
    ),
    Composite(
        name="clamp",
        definition="a clipped to the range from b to c: min(max(a, b), c)",
        accepts=(_T, _T, _T),
        expansion="min(max(a, b), c)",
        aliases=("clip",),
    ),
    Composite(
        name="softsign",
        definition="a / (1 + |a|)",
        accepts=(_T,),
        expansion="a / (1 + abs(a))",
    ),
    Composite(
        name="l1_norm",
        definition="the sum of |a| over the parameter tensor",
        accepts=(_T,),
        expansion="sum(abs(a))",
        reduces_to=_L,
    ),
    Composite(
        name="row_norm",
        definition="the Euclidean norm of each row of a, one number per row of the matrix view",
        accepts=(_T,),
        expansion="sqrt(row_mean(square(a)) * columns())",
        reduces_to=Kind.ROW,
    ),
    Composite(
        name="column_norm",
        definition="the Euclidean norm of each column of a, one number per column of the matrix",
        accepts=(_T,),
        expansion="sqrt(column_mean(square(a)) * rows())",
        reduces_to=Kind.COLUMN,
    ),
    Composite(
        name="numel_of",
        definition="the number of elements of a's parameter tensor, as numel()",
        accepts=(_T,),
        expansion="numel()",
        aliases=("numel",),
        reduces_to=_L,
    ),
    Composite(
        name="clip_by_global_norm",
        definition="a * min(1, b / global_norm(a)): a, scaled down to a global norm of b",
        accepts=(_T, _S),
        expansion="a * min(1, b / global_norm(a))",
        aliases=("clip",),
        paper=True,
    ),
    Composite(
        name="global_cosine_sim",
        definition="the cosine similarity of a and b over all parameters of the model",
        accepts=(_T, _T),
        expansion="global_dot(a, b) / (global_norm(a) * global_norm(b))",
        reduces_to=_S,
    ),
)
