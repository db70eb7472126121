"""The table of primitives: one row per operation, and the only place that knows any by name.

Guards, all of them: division by zero gives 0, `sqrt` and `log` take the magnitude, `log(0)` is 0,
and `power` of a negative number to a fractional exponent takes the magnitude, of zero to a
negative one gives 0. Elsewhere the operations are exact; an epsilon is written in the program.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import sympy
import torch

from primitives import ranges
from primitives.kinds import Kind
from primitives.primitive import Guarded, Primitive

_S, _L, _T = Kind.SCALAR, Kind.LEAF, Kind.TENSOR


def _power_numpy(base: Any, exponent: Any) -> Any:
    fractional = exponent != np.floor(exponent)
    result = np.power(np.where((base < 0) & fractional, np.abs(base), base), exponent)
    return np.where((base == 0) & (exponent < 0), 0.0, result)


def _power_torch(base: Any, exponent: Any) -> Any:
    fractional = exponent != exponent.floor()
    result = torch.pow(torch.where((base < 0) & fractional, base.abs(), base), exponent)
    return torch.where((base == 0) & (exponent < 0), 0.0, result)


def _extremum_source(function: str, bound: str) -> Any:
    """`torch.maximum` wants two tensors; against a number it is a clamp."""

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


def _power_sympy(base: Any, exponent: Any) -> Any:
    whole = sympy.Eq(exponent % 1, 0)
    return sympy.Piecewise((base**exponent, whole), (sympy.Abs(base) ** exponent, True))


def _literal(text: str) -> float | None:
    """The number that a text spells, if it spells one."""
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


def _where_source(arguments: Sequence[str], floats: Sequence[bool]) -> str:
    """Of two numbers `torch.where` would make the default dtype, so one is filled in."""
    condition, a, b = arguments
    if floats[1] and floats[2]:
        a = f"torch.full_like({condition}, {a})"
    test = f"{condition} != 0"
    if floats[0]:
        # Not `a if … else b`, which is one of them itself, in its own shape.
        test = f"torch.tensor({test}, device=p.device)"
    return f"torch.where({test}, {a}, {b})"


def _over(numerator: Any, denominator: Any) -> Any:
    """Division in numpy, 0 where the denominator is."""
    return np.where(denominator == 0, 0.0, numerator / denominator)


def _over_torch(numerator: Any, denominator: Any) -> Any:
    return torch.where(denominator == 0, 0.0, numerator / denominator)


_ARITHMETIC = (
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
        range=ranges.add,
        infix="+",
        commutative=True,
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
        range=ranges.subtract,
        infix="-",
        aliases=("sub",),
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
        range=ranges.multiply,
        infix="*",
        aliases=("mul",),
        commutative=True,
    ),
    Primitive(
        name="divide",
        definition="a / b, and 0 where b = 0",
        accepts=(_T, _T),
        numpy=_over,
        torch=torch.div,
        sympy=lambda a, b: a / b,
        source="{0} / {1}",
        scalar_source="{0} / {1}",
        in_place={0: "{0}.div_({1})"},
        guarded=Guarded(
            unneeded=lambda _, b: b.nonzero,
            torch=_over_torch,
            source=lambda arguments, floats: (
                "({0} / {1} if {1} else 0 * {0})".format(*arguments)
                if floats[1]
                else "torch.where({1} == 0, 0.0, {0} / {1})".format(*arguments)
            ),
            scalar_source="({0} / {1} if {1} else 0.0)",
        ),
        range=ranges.of_signs,
        infix="/",
        aliases=("div",),
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
        guarded=Guarded(
            # A nonnegative base is safe unless zero meets a negative exponent.
            unneeded=lambda a, b: a.nonnegative and (a.nonzero or b.nonnegative),
            torch=_power_torch,
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
        range=ranges.negative,
        infix="-",
        aliases=("neg",),
        odd=True,
    ),
    Primitive(
        name="maximum",
        definition="the larger of a and b",
        accepts=(_T, _T),
        numpy=np.maximum,
        torch=torch.maximum,
        sympy=sympy.Max,
        source=_extremum_source("maximum", "min"),
        scalar_source="max({0}, {1})",
        range=ranges.maximum,
        aliases=("max",),
        commutative=True,
    ),
    Primitive(
        name="minimum",
        definition="the smaller of a and b",
        accepts=(_T, _T),
        numpy=np.minimum,
        torch=torch.minimum,
        sympy=sympy.Min,
        source=_extremum_source("minimum", "max"),
        scalar_source="min({0}, {1})",
        range=ranges.minimum,
        aliases=("min",),
        commutative=True,
    ),
    Primitive(
        name="lerp",
        definition="(1 - x) * a + x * b, for a weight x that is no tensor",
        accepts=(_T, _T, _L),
        numpy=lambda a, b, x: (1.0 - x) * a + x * b,
        torch=torch.lerp,
        sympy=lambda a, b, x: (1 - x) * a + x * b,
        source=_lerp_source,
        scalar_source="(1 - {2}) * {0} + {2} * {1}",
        in_place={0: "{0}.lerp_({1}, {2})", 1: "{1}.lerp_({0}, 1 - {2})"},
        range=ranges.lerp,
        aliases=("interp", "interpolate"),
        decay_position=2,
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
        odd=True,
        cost=0,
    ),
)

_CHOICES = (
    Primitive(
        name="greater",
        definition="1 where a > b, else 0",
        accepts=(_T, _T),
        numpy=lambda a, b: np.greater(a, b).astype(np.float64),
        torch=lambda a, b: (a > b).to(a.dtype),
        sympy=lambda a, b: sympy.Function("greater")(a, b),
        source="({0} > {1}).to(p.dtype)",
        scalar_source="float({0} > {1})",
        range=ranges.always(ranges.UNIT),
        infix=">",
    ),
    Primitive(
        name="where",
        definition="a where c is not 0, else b",
        accepts=(_T, _T, _T),
        numpy=lambda c, a, b: np.where(c != 0, a, b),
        torch=lambda c, a, b: torch.where(c != 0, a, b),
        sympy=lambda c, a, b: sympy.Function("where")(c, a, b),
        source=_where_source,
        scalar_source="({1} if {0} else {2})",
        range=lambda _, a, b: ranges.hull(a, b),
    ),
)

_FUNCTIONS = (
    Primitive(
        name="abs",
        definition="|a|",
        accepts=(_T,),
        numpy=np.abs,
        torch=torch.abs,
        sympy=sympy.Abs,
        source="{0}.abs()",
        scalar_source="abs({0})",
        in_place={0: "{0}.abs_()"},
        range=ranges.absolute,
        even=True,
    ),
    Primitive(
        name="sign",
        definition="-1, 0 or 1, the sign of a",
        accepts=(_T,),
        numpy=np.sign,
        torch=torch.sign,
        sympy=sympy.sign,
        source="{0}.sign()",
        scalar_source="float(({0} > 0) - ({0} < 0))",
        in_place={0: "{0}.sign_()"},
        range=ranges.sign,
        odd=True,
    ),
    Primitive(
        name="square",
        definition="a * a",
        accepts=(_T,),
        numpy=np.square,
        torch=torch.square,
        sympy=lambda a: a**2,
        source="{0}.square()",
        scalar_source="{0} * {0}",
        in_place={0: "{0}.square_()"},
        range=ranges.magnitude,
        even=True,
    ),
    Primitive(
        name="cube",
        definition="a * a * a",
        accepts=(_T,),
        numpy=lambda a: a * a * a,
        torch=lambda a: a * a * a,
        sympy=lambda a: a**3,
        source="{0} ** 3",
        scalar_source="{0} * {0} * {0}",
        range=ranges.of_signs,
        odd=True,
        cost=2,
    ),
    Primitive(
        name="sqrt",
        definition="the square root of |a|",
        accepts=(_T,),
        numpy=lambda a: np.sqrt(np.abs(a)),
        torch=torch.sqrt,
        sympy=sympy.sqrt,
        source="{0}.sqrt()",
        scalar_source="math.sqrt({0})",
        guarded=Guarded(
            unneeded=lambda a: a.nonnegative,
            torch=lambda a: torch.sqrt(torch.abs(a)),
            source="{0}.abs().sqrt()",
            scalar_source="math.sqrt(abs({0}))",
            sympy=lambda a: sympy.sqrt(sympy.Abs(a)),
        ),
        range=lambda a: ranges.increasing(math.sqrt)(ranges.absolute(a)),
        even=True,
        cost=4,
    ),
    Primitive(
        name="reciprocal",
        definition="1 / a, and 0 where a = 0",
        accepts=(_T,),
        numpy=lambda a: _over(1.0, a),
        torch=torch.reciprocal,
        sympy=lambda a: 1 / a,
        source="{0}.reciprocal()",
        scalar_source="1 / {0}",
        guarded=Guarded(
            unneeded=lambda a: a.nonzero,
            torch=lambda a: _over_torch(1.0, a),
            source="torch.where({0} == 0, 0.0, {0}.reciprocal())",
            scalar_source="(1 / {0} if {0} else 0.0)",
        ),
        range=ranges.of_signs,
        odd=True,
    ),
    Primitive(
        name="exp",
        definition="e ** a",
        accepts=(_T,),
        numpy=np.exp,
        torch=torch.exp,
        sympy=sympy.exp,
        source="{0}.exp()",
        scalar_source="math.exp(min({0}, 709.78))",
        in_place={0: "{0}.exp_()"},
        range=ranges.always(ranges.NONNEGATIVE),
        cost=10,
    ),
    Primitive(
        name="log",
        definition="the natural logarithm of |a|, and 0 where a = 0",
        accepts=(_T,),
        numpy=lambda a: np.log(np.where(a == 0, 1.0, np.abs(a))),
        torch=torch.log,
        sympy=sympy.log,
        source="{0}.log()",
        scalar_source="math.log({0})",
        guarded=Guarded(
            unneeded=lambda a: a.nonnegative and a.nonzero,
            torch=lambda a: torch.log(torch.where(a == 0, 1.0, a.abs())),
            source="torch.where({0} == 0, 1.0, {0}.abs()).log()",
            scalar_source="math.log(abs({0}) or 1.0)",
            sympy=lambda a: sympy.log(sympy.Abs(a)),
        ),
        even=True,
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
        scalar_source="math.tanh({0})",
        in_place={0: "{0}.tanh_()"},
        range=ranges.increasing(math.tanh),
        odd=True,
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
        scalar_source="math.atan({0})",
        range=ranges.increasing(math.atan),
        odd=True,
        cost=10,
    ),
)


def _symbolic(name: str) -> Any:
    """A reduction in a formula: an undefined function of that name."""
    return lambda *arguments: sympy.Function(name)(*arguments)


_REDUCTIONS = (
    Primitive(
        name="sum",
        definition="the sum over the parameter tensor",
        accepts=(_T,),
        numpy=lambda s, a: s.sum(a),
        torch=lambda s, a: s.sum(a),
        sympy=_symbolic("sum"),
        source="{0}.sum()",
        reduces=True,
        range=ranges.of_signs,
        odd=True,
    ),
    Primitive(
        name="mean",
        definition="the mean over the parameter tensor",
        accepts=(_T,),
        numpy=lambda s, a: s.sum(a) / s.sizes,
        torch=lambda s, a: s.sum(a) / s.sizes,
        sympy=_symbolic("mean"),
        source="{0}.mean()",
        reduces=True,
        range=ranges.of_signs,
        odd=True,
    ),
    Primitive(
        name="rms",
        definition="the root mean square over the parameter tensor",
        accepts=(_T,),
        numpy=lambda s, a: np.sqrt(s.sum(np.square(a)) / s.sizes),
        torch=lambda s, a: torch.sqrt(s.sum(torch.square(a)) / s.sizes),
        sympy=_symbolic("rms"),
        source="{0}.square().mean().sqrt()",
        reduces=True,
        range=ranges.magnitude,
        even=True,
        cost=2,
    ),
    Primitive(
        name="norm",
        definition="the Euclidean norm of the parameter tensor",
        accepts=(_T,),
        numpy=lambda s, a: np.sqrt(s.sum(np.square(a))),
        torch=lambda s, a: torch.sqrt(s.sum(torch.square(a))),
        sympy=_symbolic("norm"),
        source="torch.linalg.vector_norm({0})",
        reduces=True,
        range=ranges.magnitude,
        even=True,
        cost=2,
    ),
    Primitive(
        name="dot",
        definition="the inner product of the parameter tensors a and b",
        accepts=(_T, _T),
        numpy=lambda s, a, b: s.sum(a * b),
        torch=lambda s, a, b: s.sum(a * b),
        sympy=_symbolic("dot"),
        source="({0} * {1}).sum()",
        reduces=True,
        range=ranges.of_signs,
        commutative=True,
        cost=2,
    ),
    Primitive(
        name="cosine_sim",
        definition="dot(a, b) / (norm(a) * norm(b)), and 0 where a norm is 0",
        accepts=(_T, _T),
        numpy=lambda s, a, b: _over(
            s.sum(a * b), np.sqrt(s.sum(np.square(a))) * np.sqrt(s.sum(np.square(b)))
        ),
        torch=lambda s, a, b: _over_torch(
            s.sum(a * b), torch.sqrt(s.sum(a.square())) * torch.sqrt(s.sum(b.square()))
        ),
        sympy=_symbolic("cosine_sim"),
        source="torch.nn.functional.cosine_similarity({0}.flatten(), {1}.flatten(), dim=0, eps=0.0)"
        # A norm that underflows gives infinity.
        ".nan_to_num(0.0, 0.0, 0.0)",
        reduces=True,
        range=ranges.of_signs,
        commutative=True,
        cost=6,
    ),
)

PRIMITIVES: Mapping[str, Primitive] = MappingProxyType(
    {row.name: row for row in (*_ARITHMETIC, *_CHOICES, *_FUNCTIONS, *_REDUCTIONS)}
)
"""Every primitive by its own name."""

SPELLINGS: Mapping[str, Primitive] = MappingProxyType(
    {name: row for row in PRIMITIVES.values() for name in (row.name, *row.aliases)}
)
"""Every primitive by its name and by each of its aliases."""

INFIX: Mapping[tuple[str, int], Primitive] = MappingProxyType(
    {(row.infix, row.arity): row for row in PRIMITIVES.values() if row.infix}
)
"""Primitives that are written as an operator, by operator and number of arguments."""
