"""Holds the rows for arithmetic of two numbers, extrema and interpolation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import sympy
import torch

from primitives import ranges
from primitives.division import over, over_torch
from primitives.kinds import Kind
from primitives.primitive import Foreach, Guarded, Primitive

_L, _T = Kind.LEAF, Kind.TENSOR


def _power_numpy(base: Any, exponent: Any) -> Any:
    fractional = exponent != np.floor(exponent)
    result = np.power(np.where((base < 0) & fractional, np.abs(base), base), exponent)
    return np.where((base == 0) & (exponent < 0), 0.0, result)


def _power_torch(base: Any, exponent: Any) -> Any:
    fractional = exponent != exponent.floor()
    result = torch.pow(torch.where((base < 0) & fractional, base.abs(), base), exponent)
    return torch.where((base == 0) & (exponent < 0), 0.0, result)


def _extremum_source(function: str, bound: str) -> Any:
    """Makes an extremum's source: torch's function for two tensors, a clamp against a number."""

    def source(arguments: Sequence[str], floats: Sequence[bool]) -> str:
        a, b = arguments
        if floats[0]:
            return f"{b}.clamp({bound}={a})"
        if floats[1]:
            return f"{a}.clamp({bound}={b})"
        return f"torch.{function}({a}, {b})"

    return source


def _lerp_source(arguments: Sequence[str], floats: Sequence[bool]) -> str:
    a, b, weight = arguments
    if floats[0] or floats[1]:
        return f"(1 - {weight}) * {a} + {weight} * {b}"
    return f"torch.lerp({a}, {b}, {weight})"


def _turned_lerp_source(arguments: Sequence[str], floats: Sequence[bool]) -> str:
    a, b, weight = arguments
    if floats[0] or floats[1]:
        return _lerp_source(arguments, floats)
    return f"torch.lerp({b}, {a}, 1 - {weight})"


_NEAREST = 15 / 16
"""The largest weight for torch's `lerp`, which takes it from 1 in the tensors' own precision: at
most four bits of what is left are lost. From 0.999 in single precision it would be ten."""


def _precise_lerp(row: Primitive, values: Sequence[float | None]) -> Primitive:
    weight = values[2]
    if weight is None or 1 - _NEAREST <= weight <= _NEAREST:
        return row
    assert row.foreach is not None
    first = int(weight > 0.5)
    return replace(
        row,
        source=_turned_lerp_source if first else row.source,
        in_place={first: row.in_place[first]},
        foreach=replace(row.foreach, forms={first: row.foreach.forms[first]}),
    )


def _power_sympy(base: Any, exponent: Any) -> Any:
    whole = sympy.Eq(exponent % 1, 0)
    return sympy.Piecewise((base**exponent, whole), (sympy.Abs(base) ** exponent, True))


def _literal(text: str) -> float | None:
    """Reads the number that a text spells; gives None if it spells none."""
    try:
        return float(text.strip("()"))
    except ValueError:
        return None


def _guarded_power_source(arguments: Sequence[str], floats: Sequence[bool]) -> str:
    exponent = _literal(arguments[1])
    if exponent is not None:
        power = "{0} ** {1}" if exponent % 1 == 0 else "{0}.abs() ** {1}"
        result = power if exponent >= 0 else f"torch.where({{0}} == 0, 0.0, {power})"
        return result.format(*arguments)
    if floats[1]:
        result = "({0} if {1} % 1 == 0 else {0}.abs()) ** {1}"
    elif floats[0]:
        result = "torch.where({1} == {1}.floor(), {0} ** {1}, abs({0}) ** {1})"
    else:
        result = "torch.where({1} == {1}.floor(), {0}, {0}.abs()) ** {1}"
    return f"torch.where(({{0}} == 0) & ({{1}} < 0), 0.0, {result})".format(*arguments)


ROWS = (
    Primitive(
        name="add",
        definition="a + b",
        accepts=(_T, _T),
        numpy=lambda a, b: a + b,
        torch=torch.add,
        sympy=lambda a, b: a + b,
        source="{0} + {1}",
        scalar_source="{0} + {1}",
        in_place={0: "{0}.add_({1})", 1: "{1}.add_({0})"},
        foreach=Foreach(
            forms={0: "torch._foreach_add{_}({0}, {1})", 1: "torch._foreach_add{_}({1}, {0})"},
            shared_tensor=True,
        ),
        scaled_together=(0, 1),
        range=ranges.add,
        infix="+",
        exact=True,
        commutative=True,
        paper=True,
        zero_preserving=True,
    ),
    Primitive(
        name="subtract",
        definition="a - b",
        accepts=(_T, _T),
        numpy=lambda a, b: a - b,
        torch=torch.sub,
        sympy=lambda a, b: a - b,
        source="{0} - {1}",
        scalar_source="{0} - {1}",
        in_place={0: "{0}.sub_({1})"},
        foreach=Foreach(forms={0: "torch._foreach_sub{_}({0}, {1})"}),
        scaled_together=(0, 1),
        range=ranges.subtract,
        infix="-",
        aliases=("sub",),
        exact=True,
        paper=True,
        zero_preserving=True,
    ),
    Primitive(
        name="multiply",
        definition="a * b",
        accepts=(_T, _T),
        numpy=lambda a, b: a * b,
        torch=torch.mul,
        sympy=lambda a, b: a * b,
        source="{0} * {1}",
        scalar_source="{0} * {1}",
        in_place={0: "{0}.mul_({1})", 1: "{1}.mul_({0})"},
        foreach=Foreach(
            forms={0: "torch._foreach_mul{_}({0}, {1})", 1: "torch._foreach_mul{_}({1}, {0})"},
            shared_tensor=True,
        ),
        degrees=(1, 1),
        neutral=frozenset({0, 1}),
        range=ranges.multiply,
        infix="*",
        aliases=("mul",),
        exact=True,
        commutative=True,
        paper=True,
        zero_preserving=True,
    ),
    Primitive(
        name="divide",
        definition="a / b, and 0 where b = 0",
        accepts=(_T, _T),
        numpy=over,
        torch=torch.div,
        sympy=lambda a, b: a / b,
        source="{0} / {1}",
        scalar_source="{0} / {1}",
        in_place={0: "{0}.div_({1})"},
        foreach=Foreach(forms={0: "torch._foreach_div{_}({0}, {1})"}, shared_tensor=True),
        argument_roles={1: "denom"},
        degrees=(1, -1),
        neutral=frozenset({1}),
        guarded=Guarded(
            unneeded=lambda _, b: b.nonzero,
            torch=over_torch,
            source=lambda arguments, floats: (
                "({0} / {1} if {1} else 0 * {0})".format(*arguments)
                if floats[1]
                else "torch.where({1} == 0, 0.0, {0} / {1})".format(*arguments)
            ),
            jax="jnp.where({1} == 0, 0.0, {0} / jnp.where({1} == 0, 1.0, {1}))",
            scalar_source="({0} / {1} if {1} else 0.0)",
        ),
        range=ranges.of_signs,
        infix="/",
        aliases=("div",),
        exact=True,
        paper=True,
        zero_preserving=True,
    ),
    Primitive(
        name="power",
        definition="a ** b, of |a| where a < 0 and b is fractional, and 0 where a = 0 and b < 0",
        accepts=(_T, _L),
        numpy=_power_numpy,
        torch=torch.pow,
        sympy=lambda a, b: a**b,
        source="{0} ** {1}",
        scalar_source="{0} ** {1}",
        in_place={0: "{0}.pow_({1})"},
        foreach=Foreach(forms={0: "torch._foreach_pow{_}({0}, {1})"}),
        guarded=Guarded(
            # A nonnegative base is safe unless zero meets a negative exponent.
            unneeded=lambda a, b: a.nonnegative and (a.nonzero or b.nonnegative),
            torch=_power_torch,
            jax="jnp.where(({0} == 0) & ({1} < 0), 0.0, "
            "jnp.where({1} % 1 == 0, {0}, jnp.abs({0})) ** {1})",
            source=_guarded_power_source,
            # Through a tensor, because Python's power raises where it overflows.
            scalar_source="(0.0 if {0} == 0 and {1} < 0 else (torch.tensor("
            "{0} if {1} % 1 == 0 else abs({0}), dtype=torch.float64) ** {1}).item())",
            scalar_unneeded=lambda a, b: (
                (a.within(0, 1) and b.nonnegative) or (a.nonnegative and b.within(0, 1))
            ),
            sympy=_power_sympy,
        ),
        range=ranges.power,
        infix="**",
        aliases=("pow",),
        decay_position=0,
        paper=True,
        cost=20,
    ),
    Primitive(
        name="negative",
        definition="-a",
        accepts=(_T,),
        numpy=lambda a: -a,
        torch=torch.neg,
        sympy=lambda a: -a,
        source="-{0}",
        scalar_source="-{0}",
        in_place={0: "{0}.neg_()"},
        foreach=Foreach(forms={0: "torch._foreach_neg{_}({0})"}),
        degrees=(1,),
        range=ranges.negative,
        infix="-",
        aliases=("neg",),
        exact=True,
        odd=True,
        paper=True,
        zero_preserving=True,
    ),
    Primitive(
        name="maximum",
        definition="the larger of a and b",
        accepts=(_T, _T),
        numpy=np.maximum,
        torch=torch.maximum,
        sympy=sympy.Max,
        source=_extremum_source("maximum", "min"),
        jax="jnp.maximum({0}, {1})",
        scalar_source="max({0}, {1})",
        in_place={0: "{0}.clamp_(min={1})", 1: "{1}.clamp_(min={0})"},
        foreach=Foreach(
            forms={
                0: "torch._foreach_maximum{_}({0}, {1})",
                1: "torch._foreach_maximum{_}({1}, {0})",
            },
            numbers_with_shards=False,
        ),
        scaled_together=(0, 1),
        range=ranges.maximum,
        switches=True,
        aliases=("max",),
        exact=True,
        commutative=True,
        paper=True,
        zero_preserving=True,
    ),
    Primitive(
        name="minimum",
        definition="the smaller of a and b",
        accepts=(_T, _T),
        numpy=np.minimum,
        torch=torch.minimum,
        sympy=sympy.Min,
        source=_extremum_source("minimum", "max"),
        jax="jnp.minimum({0}, {1})",
        scalar_source="min({0}, {1})",
        in_place={0: "{0}.clamp_(max={1})", 1: "{1}.clamp_(max={0})"},
        foreach=Foreach(
            forms={
                0: "torch._foreach_minimum{_}({0}, {1})",
                1: "torch._foreach_minimum{_}({1}, {0})",
            },
            numbers_with_shards=False,
        ),
        scaled_together=(0, 1),
        range=ranges.minimum,
        switches=True,
        aliases=("min",),
        exact=True,
        commutative=True,
        paper=True,
        zero_preserving=True,
    ),
    Primitive(
        name="lerp",
        definition="(1 - c) * a + c * b, for a weight c that is no tensor",
        accepts=(_T, _T, _L),
        numpy=lambda a, b, x: (1.0 - x) * a + x * b,
        torch=torch.lerp,
        sympy=lambda a, b, x: (1 - x) * a + x * b,
        source=_lerp_source,
        jax="(1 - {2}) * {0} + {2} * {1}",
        scalar_source="(1 - {2}) * {0} + {2} * {1}",
        in_place={0: "{0}.lerp_({1}, {2})", 1: "{1}.lerp_({0}, 1 - {2})"},
        foreach=Foreach(
            forms={
                0: "torch._foreach_lerp{_}({0}, {1}, {2})",
                1: "torch._foreach_lerp{_}({1}, {0}, 1 - {2})",
            },
            listed_numbers=False,
        ),
        precise=_precise_lerp,
        tensors=frozenset({0, 1}),
        scaled_together=(0, 1),
        range=ranges.lerp,
        aliases=("interp", "interpolate"),
        decay_position=2,
        exact=True,
        paper=True,
        zero_preserving=True,
        cost=3,
    ),
    Primitive(
        name="identity",
        definition="a",
        accepts=(_T,),
        numpy=lambda a: a,
        torch=lambda a: a,
        sympy=lambda a: a,
        source="{0}",
        scalar_source="{0}",
        range=lambda a: a,
        exact=True,
        odd=True,
        monotone=True,
        keeps_sign=True,
        zero_preserving=True,
        cost=0,
    ),
)
