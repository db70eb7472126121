"""Holds the rows for trigonometric functions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import sympy
import torch

from primitives import ranges
from primitives.kinds import Kind
from primitives.primitive import Foreach, Guarded, Primitive

_T = Kind.TENSOR


_WAVE = ranges.always(ranges.Range(-1.000001, 1.000001))
"""The range of a sine, whose last bit may be rounded away from zero."""


def _clipped(a: Any) -> Any:
    return sympy.Max(-1, sympy.Min(1, a))


ROWS = (
    Primitive(
        name="sin",
        definition="the sine of a",
        accepts=(_T,),
        numpy=np.sin,
        torch=torch.sin,
        sympy=sympy.sin,
        source="{0}.sin()",
        jax="jnp.sin({0})",
        scalar_source="math.sin({0})",
        in_place={0: "{0}.sin_()"},
        foreach=Foreach(forms={0: "torch._foreach_sin{_}({0})"}),
        range=_WAVE,
        odd=True,
        paper=True,
        zero_preserving=True,
        cost=10,
    ),
    Primitive(
        name="cos",
        definition="the cosine of a",
        accepts=(_T,),
        numpy=np.cos,
        torch=torch.cos,
        sympy=sympy.cos,
        source="{0}.cos()",
        jax="jnp.cos({0})",
        scalar_source="math.cos({0})",
        in_place={0: "{0}.cos_()"},
        foreach=Foreach(forms={0: "torch._foreach_cos{_}({0})"}),
        range=_WAVE,
        even=True,
        paper=True,
        cost=10,
    ),
    Primitive(
        name="tan",
        definition="the tangent of a",
        accepts=(_T,),
        numpy=np.tan,
        torch=torch.tan,
        sympy=sympy.tan,
        source="{0}.tan()",
        jax="jnp.tan({0})",
        scalar_source="math.tan({0})",
        in_place={0: "{0}.tan_()"},
        foreach=Foreach(forms={0: "torch._foreach_tan{_}({0})"}),
        odd=True,
        paper=True,
        zero_preserving=True,
        cost=10,
    ),
    Primitive(
        name="arcsin",
        definition="the inverse sine of a clipped to ±1",
        accepts=(_T,),
        numpy=lambda a: np.arcsin(np.clip(a, -1.0, 1.0)),
        torch=torch.arcsin,
        sympy=sympy.asin,
        source="{0}.arcsin()",
        jax="jnp.arcsin({0})",
        scalar_source="math.asin({0})",
        foreach=Foreach(forms={0: "torch._foreach_asin{_}({0})"}),
        guarded=Guarded(
            unneeded=lambda a: a.within(-1, 1),
            torch=lambda a: torch.arcsin(torch.clamp(a, -1.0, 1.0)),
            source="{0}.clamp(-1.0, 1.0).arcsin()",
            jax="jnp.arcsin(jnp.clip({0}, -1.0, 1.0))",
            scalar_source="math.asin(max(-1.0, min({0}, 1.0)))",
            sympy=lambda a: sympy.asin(_clipped(a)),
        ),
        range=ranges.increasing(lambda a: math.asin(max(-1.0, min(a, 1.0)))),
        odd=True,
        paper=True,
        monotone=True,
        keeps_sign=True,
        zero_preserving=True,
        cost=10,
    ),
    Primitive(
        name="arccos",
        definition="the inverse cosine of a clipped to ±1",
        accepts=(_T,),
        numpy=lambda a: np.arccos(np.clip(a, -1.0, 1.0)),
        torch=torch.arccos,
        sympy=sympy.acos,
        source="{0}.arccos()",
        jax="jnp.arccos({0})",
        scalar_source="math.acos({0})",
        foreach=Foreach(forms={0: "torch._foreach_acos{_}({0})"}),
        guarded=Guarded(
            unneeded=lambda a: a.within(-1, 1),
            torch=lambda a: torch.arccos(torch.clamp(a, -1.0, 1.0)),
            source="{0}.clamp(-1.0, 1.0).arccos()",
            jax="jnp.arccos(jnp.clip({0}, -1.0, 1.0))",
            scalar_source="math.acos(max(-1.0, min({0}, 1.0)))",
            sympy=lambda a: sympy.acos(_clipped(a)),
        ),
        range=ranges.always(ranges.loosened(0.0, math.pi)),
        paper=True,
        cost=10,
    ),
    Primitive(
        name="arctan",
        definition="the inverse tangent of a",
        accepts=(_T,),
        numpy=np.arctan,
        torch=torch.arctan,
        sympy=sympy.atan,
        source="{0}.arctan()",
        jax="jnp.arctan({0})",
        scalar_source="math.atan({0})",
        in_place={0: "{0}.arctan_()"},
        foreach=Foreach(forms={0: "torch._foreach_atan{_}({0})"}),
        range=ranges.increasing(math.atan),
        odd=True,
        paper=True,
        monotone=True,
        keeps_sign=True,
        zero_preserving=True,
        cost=10,
    ),
)
