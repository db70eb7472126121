"""Holds the rows for exponentials, logarithms and hyperbolic functions."""

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


_NEAR_ONE = 1 - 2.0**-23
"""The largest argument of `arctanh`: a number of single precision, so that the result, for which
the distance from 1 counts, is the same there."""


def _logarithm(name: str, base: Any, shown: str) -> Primitive:
    """Makes the row of the logarithm to `base`, which numpy, torch and math all have under one
    name.
    """
    logarithm = getattr(np, name)
    torch_logarithm = getattr(torch, name)
    return Primitive(
        name=name,
        definition=f"the {shown} logarithm of |a|, and 0 where a = 0",
        accepts=(_T,),
        numpy=lambda a: logarithm(np.where(a == 0, 1.0, np.abs(a))),
        torch=torch_logarithm,
        sympy=lambda a: sympy.log(a, base),
        source=f"{{0}}.{name}()",
        jax=f"jnp.{name}({{0}})",
        scalar_source=f"math.{name}({{0}})",
        in_place={0: f"{{0}}.{name}_()"},
        foreach=Foreach(forms={0: f"torch._foreach_{name}{{_}}({{0}})"}),
        guarded=Guarded(
            unneeded=lambda a: a.nonnegative and a.nonzero,
            torch=lambda a, out=None: torch_logarithm(_magnitude_or_one(a), out=out),
            source=f"torch.where({{0}} == 0, 1.0, {{0}}.abs()).{name}()",
            jax=f"jnp.{name}(jnp.where({{0}} == 0, 1.0, jnp.abs({{0}})))",
            scalar_source=f"math.{name}(abs({{0}}) or 1.0)",
            sympy=lambda a: sympy.log(sympy.Abs(a), base),
        ),
        even=True,
        paper=True,
        zero_preserving=True,
        cost=10,
    )


def _magnitude_or_one(a: Any) -> Any:
    """Gives the magnitude |a|, and 1 where a = 0."""
    return torch.eq(a, 0, out=torch.empty_like(a)).add_(a.abs())


def _log1p_numpy(a: Any) -> Any:
    return np.log1p(np.where(a == -1, 0.0, np.where(a < -1, -2.0 - a, a)))


def _log1p_torch(a: Any) -> Any:
    return torch.log1p(torch.where(a == -1, 0.0, torch.where(a < -1, -2.0 - a, a)))


ROWS = (
    Primitive(
        name="exp",
        definition="e ** a",
        accepts=(_T,),
        numpy=np.exp,
        torch=torch.exp,
        sympy=sympy.exp,
        source="{0}.exp()",
        jax="jnp.exp({0})",
        scalar_source="math.exp(min({0}, 709.78))",
        in_place={0: "{0}.exp_()"},
        foreach=Foreach(forms={0: "torch._foreach_exp{_}({0})"}),
        range=ranges.always(ranges.NONNEGATIVE),
        paper=True,
        monotone=True,
        cost=10,
    ),
    Primitive(
        name="exp2",
        definition="2 ** a",
        accepts=(_T,),
        numpy=np.exp2,
        torch=torch.exp2,
        sympy=lambda a: sympy.Integer(2) ** a,
        source="{0}.exp2()",
        jax="jnp.exp2({0})",
        scalar_source="math.exp2(min({0}, 1023.99))",
        in_place={0: "{0}.exp2_()"},
        range=ranges.always(ranges.NONNEGATIVE),
        paper=True,
        monotone=True,
        cost=10,
    ),
    Primitive(
        name="exp10",
        definition="10 ** a",
        accepts=(_T,),
        numpy=lambda a: np.power(10.0, a),
        torch=lambda a: torch.pow(10.0, a),
        sympy=lambda a: sympy.Integer(10) ** a,
        source="10.0 ** {0}",
        scalar_source="10.0 ** min({0}, 308.25)",
        range=ranges.always(ranges.NONNEGATIVE),
        paper=True,
        monotone=True,
        cost=20,
    ),
    Primitive(
        name="expm1",
        definition="e ** a - 1",
        accepts=(_T,),
        numpy=np.expm1,
        torch=torch.expm1,
        sympy=lambda a: sympy.exp(a) - 1,
        source="{0}.expm1()",
        jax="jnp.expm1({0})",
        scalar_source="math.expm1(min({0}, 709.78))",
        in_place={0: "{0}.expm1_()"},
        foreach=Foreach(forms={0: "torch._foreach_expm1{_}({0})"}),
        range=ranges.increasing(lambda a: math.expm1(a) if a < 700 else math.inf),
        paper=True,
        monotone=True,
        keeps_sign=True,
        zero_preserving=True,
        cost=10,
    ),
    _logarithm("log", sympy.E, "natural"),
    _logarithm("log10", 10, "decimal"),
    _logarithm("log2", 2, "binary"),
    Primitive(
        name="log1p",
        definition="the natural logarithm of |1 + a|, and 0 where a = -1",
        accepts=(_T,),
        numpy=_log1p_numpy,
        torch=torch.log1p,
        sympy=lambda a: sympy.log(1 + a),
        source="{0}.log1p()",
        jax="jnp.log1p({0})",
        scalar_source="math.log1p({0})",
        in_place={0: "{0}.log1p_()"},
        foreach=Foreach(forms={0: "torch._foreach_log1p{_}({0})"}),
        guarded=Guarded(
            unneeded=lambda a: a.low > -1,
            torch=_log1p_torch,
            source="torch.where({0} == -1, 0.0, torch.where({0} < -1, -2 - {0}, {0})).log1p()",
            jax="jnp.log1p(jnp.where({0} == -1, 0.0, jnp.where({0} < -1, -2 - {0}, {0})))",
            scalar_source="(math.log1p({0} if {0} > -1 else -2 - {0}) if {0} != -1 else 0.0)",
            sympy=lambda a: sympy.log(sympy.Abs(1 + a)),
        ),
        paper=True,
        zero_preserving=True,
        cost=10,
    ),
    Primitive(
        name="sinh",
        definition="the hyperbolic sine of a",
        accepts=(_T,),
        numpy=np.sinh,
        torch=torch.sinh,
        sympy=sympy.sinh,
        source="{0}.sinh()",
        jax="jnp.sinh({0})",
        scalar_source="math.sinh(max(-710.47, min({0}, 710.47)))",
        in_place={0: "{0}.sinh_()"},
        foreach=Foreach(forms={0: "torch._foreach_sinh{_}({0})"}),
        range=ranges.increasing(
            lambda a: math.sinh(a) if abs(a) < 700 else math.copysign(math.inf, a)
        ),
        odd=True,
        paper=True,
        monotone=True,
        keeps_sign=True,
        zero_preserving=True,
        cost=10,
    ),
    Primitive(
        name="cosh",
        definition="the hyperbolic cosine of a",
        accepts=(_T,),
        numpy=np.cosh,
        torch=torch.cosh,
        sympy=sympy.cosh,
        source="{0}.cosh()",
        jax="jnp.cosh({0})",
        scalar_source="math.cosh(max(-710.47, min({0}, 710.47)))",
        in_place={0: "{0}.cosh_()"},
        foreach=Foreach(forms={0: "torch._foreach_cosh{_}({0})"}),
        range=ranges.always(ranges.loosened(1.0, math.inf)),
        even=True,
        paper=True,
        cost=10,
    ),
    Primitive(
        name="tanh",
        definition="the hyperbolic tangent of a",
        accepts=(_T,),
        numpy=np.tanh,
        torch=torch.tanh,
        sympy=sympy.tanh,
        source="{0}.tanh()",
        jax="jnp.tanh({0})",
        scalar_source="math.tanh({0})",
        in_place={0: "{0}.tanh_()"},
        foreach=Foreach(forms={0: "torch._foreach_tanh{_}({0})"}),
        range=ranges.increasing(math.tanh),
        odd=True,
        paper=True,
        monotone=True,
        keeps_sign=True,
        zero_preserving=True,
        cost=10,
    ),
    Primitive(
        name="arcsinh",
        definition="the inverse hyperbolic sine of a",
        accepts=(_T,),
        numpy=np.arcsinh,
        torch=torch.arcsinh,
        sympy=sympy.asinh,
        source="{0}.arcsinh()",
        jax="jnp.arcsinh({0})",
        scalar_source="math.asinh({0})",
        in_place={0: "{0}.arcsinh_()"},
        range=ranges.increasing(math.asinh),
        odd=True,
        paper=True,
        monotone=True,
        keeps_sign=True,
        zero_preserving=True,
        cost=10,
    ),
    Primitive(
        name="arccosh",
        definition="the inverse hyperbolic cosine of a, of 1 where a < 1",
        accepts=(_T,),
        numpy=lambda a: np.arccosh(np.maximum(a, 1.0)),
        torch=torch.arccosh,
        sympy=sympy.acosh,
        source="{0}.arccosh()",
        jax="jnp.arccosh({0})",
        scalar_source="math.acosh({0})",
        guarded=Guarded(
            unneeded=lambda a: a.low >= 1,
            torch=lambda a: torch.arccosh(torch.clamp(a, min=1.0)),
            source="{0}.clamp(min=1.0).arccosh()",
            jax="jnp.arccosh(jnp.maximum({0}, 1.0))",
            scalar_source="math.acosh(max(1.0, {0}))",
            sympy=lambda a: sympy.acosh(sympy.Max(1, a)),
        ),
        range=ranges.always(ranges.NONNEGATIVE),
        paper=True,
        monotone=True,
        zero_preserving=True,
        cost=10,
    ),
    Primitive(
        name="arctanh",
        definition="the inverse hyperbolic tangent of a clipped to ±(1 - 2**-23)",
        accepts=(_T,),
        numpy=lambda a: np.arctanh(np.clip(a, -_NEAR_ONE, _NEAR_ONE)),
        torch=torch.arctanh,
        sympy=sympy.atanh,
        # torch's own, compiled for a CPU, has no digit right of 1e-8 in single precision (pytorch
        # issue 198183).
        source="torch.sub({0}.log1p(), (-{0}).log1p()).div(2)",
        jax="jnp.arctanh({0})",
        scalar_source="math.atanh({0})",
        guarded=Guarded(
            unneeded=lambda a: a.within(-_NEAR_ONE, _NEAR_ONE),
            torch=lambda a: torch.arctanh(torch.clamp(a, -_NEAR_ONE, _NEAR_ONE)),
            source=f"torch.sub({{0}}.clamp(-{_NEAR_ONE}, {_NEAR_ONE}).log1p(), "
            f"(-{{0}}).clamp(-{_NEAR_ONE}, {_NEAR_ONE}).log1p()).div(2)",
            jax=f"jnp.arctanh(jnp.clip({{0}}, -{_NEAR_ONE}, {_NEAR_ONE}))",
            scalar_source=f"math.atanh(max(-{_NEAR_ONE}, min({{0}}, {_NEAR_ONE})))",
            sympy=lambda a: sympy.atanh(sympy.Max(-_NEAR_ONE, sympy.Min(_NEAR_ONE, a))),
        ),
        range=ranges.always(ranges.ANY),
        odd=True,
        paper=True,
        monotone=True,
        keeps_sign=True,
        zero_preserving=True,
        cost=10,
    ),
)
