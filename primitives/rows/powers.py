"""Holds the rows for signs, powers and roots of one number."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import sympy
import torch

from primitives import ranges
from primitives.division import over
from primitives.kinds import Kind
from primitives.masks import keep, nonzero_mask
from primitives.primitive import Foreach, Guarded, Primitive

_T = Kind.TENSOR


def _reciprocal_torch(a: Any, *, out: Any = None) -> Any:
    defined = nonzero_mask(a)  # before `out` overwrites it
    return keep(torch.reciprocal(a, out=out), defined)


def _sqrt_torch(a: Any, *, out: Any = None) -> Any:
    """Takes roots by numpy on a processor, where torch takes far longer if elements are zero."""
    if out is None or not a.is_cpu:
        return torch.sqrt(a, out=out)
    np.sqrt(a.numpy(), out=out.numpy())
    return out


ROWS = (
    Primitive(
        name="abs",
        definition="|a|",
        accepts=(_T,),
        numpy=np.abs,
        torch=torch.abs,
        sympy=sympy.Abs,
        source="{0}.abs()",
        jax="jnp.abs({0})",
        scalar_source="abs({0})",
        in_place={0: "{0}.abs_()"},
        foreach=Foreach(forms={0: "torch._foreach_abs{_}({0})"}),
        degrees=(1,),
        range=ranges.absolute,
        exact=True,
        even=True,
        paper=True,
        zero_preserving=True,
    ),
    Primitive(
        name="sign",
        definition="-1, 0 or 1, the sign of a",
        accepts=(_T,),
        numpy=np.sign,
        torch=torch.sign,
        sympy=sympy.sign,
        source="{0}.sign()",
        jax="jnp.sign({0})",
        scalar_source="float(({0} > 0) - ({0} < 0))",
        in_place={0: "{0}.sign_()"},
        foreach=Foreach(forms={0: "torch._foreach_sign{_}({0})"}),
        degrees=(0,),
        range=ranges.sign,
        exact=True,
        switches=True,
        odd=True,
        paper=True,
        monotone=True,
        keeps_sign=True,
        zero_preserving=True,
    ),
    Primitive(
        name="square",
        definition="a * a",
        accepts=(_T,),
        numpy=np.square,
        torch=torch.square,
        sympy=lambda a: a**2,
        source="{0}.square()",
        jax="jnp.square({0})",
        scalar_source="{0} * {0}",
        in_place={0: "{0}.square_()"},
        foreach=Foreach(forms={0: "torch._foreach_mul{_}({0}, {0})"}),
        degrees=(2,),
        range=ranges.magnitude,
        exact=True,
        even=True,
        paper=True,
        zero_preserving=True,
    ),
    Primitive(
        name="cube",
        definition="a * a * a",
        accepts=(_T,),
        numpy=lambda a: a * a * a,
        torch=lambda a, out=None: torch.mul(a * a, a, out=out),
        sympy=lambda a: a**3,
        source="{0} ** 3",
        scalar_source="{0} * {0} * {0}",
        foreach=Foreach(forms={0: "torch._foreach_pow{_}({0}, 3)"}),
        degrees=(3,),
        range=ranges.of_signs,
        exact=True,
        odd=True,
        paper=True,
        monotone=True,
        zero_preserving=True,
        cost=2,
    ),
    Primitive(
        name="sqrt",
        definition="the square root of |a|",
        accepts=(_T,),
        numpy=lambda a: np.sqrt(np.abs(a)),
        torch=_sqrt_torch,
        sympy=sympy.sqrt,
        source="{0}.sqrt()",
        jax="jnp.sqrt({0})",
        scalar_source="math.sqrt({0})",
        any_source="{0} ** 0.5",
        in_place={0: "{0}.sqrt_()"},
        foreach=Foreach(forms={0: "torch._foreach_sqrt{_}({0})"}),
        degrees=(0.5,),
        guarded=Guarded(
            unneeded=lambda a: a.nonnegative,
            torch=lambda a, out=None: _sqrt_torch(torch.abs(a, out=out), out=out),
            source="{0}.abs().sqrt()",
            jax="jnp.sqrt(jnp.abs({0}))",
            scalar_source="math.sqrt(abs({0}))",
            sympy=lambda a: sympy.sqrt(sympy.Abs(a)),
        ),
        range=lambda a: ranges.increasing(math.sqrt)(ranges.absolute(a)),
        exact=True,
        even=True,
        paper=True,
        zero_preserving=True,
        cost=4,
    ),
    Primitive(
        name="cbrt",
        definition="the cube root of a, negative where a is",
        accepts=(_T,),
        numpy=np.cbrt,
        torch=lambda a: torch.sign(a) * torch.abs(a) ** (1 / 3),
        sympy=lambda a: sympy.sign(a) * sympy.Abs(a) ** sympy.Rational(1, 3),
        source="{0}.sign() * {0}.abs() ** (1 / 3)",
        jax="jnp.cbrt({0})",
        scalar_source="math.cbrt({0})",
        degrees=(1 / 3,),
        range=ranges.increasing(math.cbrt),
        odd=True,
        paper=True,
        monotone=True,
        keeps_sign=True,
        zero_preserving=True,
        cost=20,
    ),
    Primitive(
        name="reciprocal",
        definition="1 / a, and 0 where a = 0",
        accepts=(_T,),
        numpy=lambda a: over(1.0, a),
        torch=torch.reciprocal,
        sympy=lambda a: 1 / a,
        source="{0}.reciprocal()",
        jax="1 / {0}",
        scalar_source="1 / {0}",
        any_source="1 / {0}",
        in_place={0: "{0}.reciprocal_()"},
        foreach=Foreach(forms={0: "torch._foreach_reciprocal{_}({0})"}),
        degrees=(-1,),
        guarded=Guarded(
            unneeded=lambda a: a.nonzero,
            torch=_reciprocal_torch,
            source="torch.where({0} == 0, 0.0, {0}.reciprocal())",
            jax="jnp.where({0} == 0, 0.0, 1 / jnp.where({0} == 0, 1.0, {0}))",
            scalar_source="(1 / {0} if {0} else 0.0)",
        ),
        range=ranges.of_signs,
        exact=True,
        odd=True,
        paper=True,
        keeps_sign=True,
        zero_preserving=True,
    ),
)
