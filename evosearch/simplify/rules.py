"""Lists, one line of algebra each, what may be put in the place of what; where need be, under what.

Each line holds for every finite input by the primitives' definitions, guards included (`x / 0` is
0, roots and logarithms are of magnitudes), rounding, underflow and overflow aside, and for all
kinds of value that its condition admits. `tests/evosearch/simplify/test_rules.py` tries each on
numbers, zeros among them. `<->` stands for two rules. The graph's own identities, which hold under
underflow too, are rules besides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from evosearch.graph.identities import Identity, identities, identities_from_facts
from evosearch.graph.patterns import Application, Literal, Pattern, Variable, read_pattern
from evosearch.simplify.egraph import EClass
from primitives import BUILT_IN, Kind, Primitive, Range, fits

_SUMS = """
    (x + y) + z -> x + (y + z)
    x - y <-> x + -y
    (x + y) - z <-> x + (y - z)
    (x - y) - z <-> x - (y + z)
    x - (y - z) -> (x + z) - y
    (x + y) - x -> y
    (x - y) + y -> x
    (x - y) - x -> -y
    x - (x - y) -> y
    x - (x + y) -> -y
    -(x + y) <-> -x - y
    -(x - y) -> y - x
    x + x <-> 2 * x
    -x + y -> y - x
"""

_PRODUCTS = """
    (x * y) * z -> x * (y * z)
    (-x) * y -> -(x * y)
    -(x * y) -> (-x) * y
    -(x / y) -> (-x) / y
    -(x * a) -> x * (-a) if number(a)
    x * a -> -(x * (-a)) if negative(a)
    -(a / x) -> (-a) / x if number(a)
    a / x -> -((-a) / x) if negative(a)
    x / a -> x * (1 / a) if number(a)
    x * a -> x / (1 / a) if number(a)
    a / x -> a * reciprocal(x) if number(a)
    x * y + x * z <-> x * (y + z)
    x * y - x * z <-> x * (y - z)
    x * y + x -> x * (y + 1)
    x * y - x -> x * (y - 1)
    x - x * y -> x * (1 - y)
    x * (y + a) -> x * y + x * a if number(a)
    x * (1 - y) -> x - x * y
    x * (y + 1) -> x * y + x
    x / z + y / z <-> (x + y) / z
    x / z - y / z <-> (x - y) / z
    x / z + y -> (x + y * z) / z if nonzero(z)
    (x * y) / z <-> x * (y / z)
    (x / y) / z <-> x / (y * z)
    x / (y / z) <-> (x * z) / y
    (x / y) * (z / w) <-> (x * z) / (y * w)
    x * (y / x) -> y * (x != 0)
    (x * y) / y -> x if nonzero(y)
    (x / y) * y -> x if nonzero(y)
    x / (x * y) -> reciprocal(y) if nonzero(x)
    x / (y / x) -> square(x) / y
    (x * z) / (y * z) -> x / y if nonzero(z)
    (x * z + w) / z -> x + w / z if nonzero(z)
    x / (y * a + z * a) -> (x / a) / (y + z) if number(a)
    x / x -> x != 0
    x / x -> 1 if nonzero(x)
    x * reciprocal(x) -> x != 0
    x * (x != 0) -> x
    x / (x != 0) -> x
    (x != 0) / x -> reciprocal(x)
    reciprocal(x) * (x != 0) -> reciprocal(x)
    reciprocal(x) <-> 1 / x
    reciprocal(x * y) -> reciprocal(x) * reciprocal(y)
    reciprocal(x / y) -> y / x
    y / reciprocal(x) -> x * y
    reciprocal(x) / y -> reciprocal(x * y)
    a * x + b * y -> (a + b) * lerp(x, y, b / (a + b)) if number(a) and number(b) and summed(a, b)
    x + b * y -> (1 + b) * lerp(x, y, b / (1 + b)) if number(b) and summed(b)
"""

_POWERS = """
    square(x) <-> x * x
    cube(x) <-> x * square(x)
    square(x) * square(y) <-> square(x * y)
    square(x) / square(y) <-> square(x / y)
    square(reciprocal(x)) <-> reciprocal(square(x))
    square(x) / x -> x
    square(x) / abs(x) -> abs(x)
    x / square(x) -> reciprocal(x)
    abs(x) / square(x) -> reciprocal(abs(x))
    cube(x) / x -> square(x)
    cube(x) / square(x) -> x
    square(x) / cube(x) -> reciprocal(x)
    cube(x) * cube(y) <-> cube(x * y)
    cube(x) / cube(y) <-> cube(x / y)
    square(square(x)) <-> x ** 4
    square(cube(x)) <-> x ** 6
    x * cube(x) <-> x ** 4
    cbrt(cube(x)) -> x
    cube(cbrt(x)) -> x
    cbrt(x * y) <-> cbrt(x) * cbrt(y)
    cbrt(x / y) <-> cbrt(x) / cbrt(y)
    cbrt(reciprocal(x)) <-> reciprocal(cbrt(x))

    sqrt(square(x)) -> abs(x)
    square(sqrt(x)) -> abs(x)
    sqrt(x) * sqrt(y) <-> sqrt(x * y)
    sqrt(x) / sqrt(y) <-> sqrt(x / y)
    sqrt(reciprocal(x)) <-> reciprocal(sqrt(x))
    abs(x) / sqrt(x) -> sqrt(x)
    x / sqrt(x) -> sqrt(x) if nonnegative(x)
    x / sqrt(x) -> sign(x) * sqrt(x)
    sqrt(x) / x -> reciprocal(sqrt(x)) if nonnegative(x)
    sqrt(x) / abs(x) -> reciprocal(sqrt(x))
    x * sqrt(y) -> sqrt(square(x) * y) if nonnegative(x)
    sqrt(square(x) * y) -> abs(x) * sqrt(y)
    sqrt(x * a) -> sqrt(x) * sqrt(a) if number(a)
    sqrt(x / a) -> sqrt(x) / sqrt(a) if number(a)
    sqrt(abs(x)) -> sqrt(x)

    sqrt(x) <-> x ** 0.5
    square(x) <-> x ** 2
    reciprocal(x) <-> x ** -1
    0 ** x -> 0 if nonzero(x)
    x ** -a <-> reciprocal(x ** a)
    x ** a -> reciprocal(x ** (-a)) if negative(a)
    y * x ** -a -> y / x ** a
    x ** a * x ** b -> x ** (a + b) if positive(x)
    x ** a * x ** b -> x ** (a + b) if nonnegative(x) and positive(a) and positive(b)
    x ** a / x ** b -> x ** (a - b) if positive(x)
    x * x ** a -> x ** (a + 1) if positive(x)
    x * x ** a -> x ** (a + 1) if nonnegative(x) and positive(a)
    x ** a / x -> x ** (a - 1) if positive(x)
    x ** (a + b) -> x ** a * x ** b if positive(x)
    (x ** a) ** b -> x ** (a * b) if positive(x)
    (x ** a) ** b -> x ** (a * b) if nonnegative(x) and positive(a) and positive(b)
    x ** a * y ** a <-> (x * y) ** a if nonnegative(x) and nonnegative(y)
    square(x ** a) <-> x ** (2 * a) if nonnegative(x)
    sqrt(x ** a) <-> x ** (0.5 * a) if nonnegative(x)
"""

_SIGNS = """
    abs(x * y) <-> abs(x) * abs(y)
    abs(x / y) <-> abs(x) / abs(y)
    abs(reciprocal(x)) <-> reciprocal(abs(x))
    abs(x - y) -> abs(y - x)
    abs(abs(x)) -> abs(x)
    abs(x) -> -x if nonpositive(x)
    abs(cube(x)) <-> cube(abs(x))
    abs(cbrt(x)) <-> cbrt(abs(x))
    abs(square(x)) -> square(x)
    square(abs(x)) -> square(x)
    abs(x) * abs(x) -> square(x)
    sign(x * y) <-> sign(x) * sign(y)
    sign(x / y) <-> sign(x * y)
    sign(reciprocal(x)) -> sign(x)
    sign(x * y) -> sign(x) if positive(y)
    sign(x / y) -> sign(x) if positive(y)
    sign(x * y) -> -sign(x) if negative(y)
    sign(x) -> x != 0 if nonnegative(x)
    sign(x) -> -1 if negative(x)
    sign(abs(x)) -> x != 0
    sign(square(x)) -> x != 0
    sign(sign(x)) -> sign(x)
    sign(x) * sign(x) -> x != 0
    x / sign(x) -> abs(x)
    abs(x) / sign(x) -> x
    y / sign(x) -> y * sign(x)
    x * sign(x) <-> abs(x)
    abs(x) * sign(x) -> x
    x / abs(x) -> sign(x)
    abs(x) / x -> sign(x)
    x * abs(x) -> sign(x) * square(x)
    sign(x) * square(x) -> x * abs(x)
    sign(x) * (x != 0) -> sign(x)
    reciprocal(sign(x)) -> sign(x)
    square(sign(x)) -> x != 0
    cube(sign(x)) -> sign(x)
    -max(-x, -y) -> min(x, y)
    -min(-x, -y) -> max(x, y)
    max(-x, -y) -> -min(x, y)
    min(-x, -y) -> -max(x, y)
"""

_EXTREMA = """
    max(max(x, y), z) -> max(x, max(y, z))
    min(min(x, y), z) -> min(x, min(y, z))
    max(x, max(x, y)) -> max(x, y)
    min(x, min(x, y)) -> min(x, y)
    max(x, min(x, y)) -> x
    min(x, max(x, y)) -> x
    max(x, y) -> x if above(x, y)
    min(x, y) -> y if above(x, y)
    max(x, y) + min(x, y) -> x + y
    max(x, y) * min(x, y) -> x * y
    max(x, y) - min(x, y) -> abs(x - y)
    max(x + z, y + z) <-> max(x, y) + z
    min(x + z, y + z) <-> min(x, y) + z
    max(x * z, y * z) <-> max(x, y) * z if nonnegative(z)
    min(x * z, y * z) <-> min(x, y) * z if nonnegative(z)
    max(x / z, y / z) <-> max(x, y) / z if nonnegative(z)
    min(x / z, y / z) <-> min(x, y) / z if nonnegative(z)
    max(x, y) * a -> min(x * a, y * a) if negative(a)
    min(x, y) * a -> max(x * a, y * a) if negative(a)
"""

_CHOICES = """
    where(c, x, where(c, y, z)) -> where(c, x, z)
    where(c, where(c, x, y), z) -> where(c, x, z)
    where(c, x * z, y * z) <-> where(c, x, y) * z
    where(c, x / z, y / z) <-> where(c, x, y) / z
    where(c, x + z, y + z) <-> where(c, x, y) + z
    where(c, -x, -y) <-> -where(c, x, y)
    where(c, x * y, 0) <-> where(c, x, 0) * y
    where(c, x * z, z) -> where(c, x, 1) * z
    where(-c, x, y) -> where(c, x, y)
    where(abs(c), x, y) -> where(c, x, y)
    where(sign(c), x, y) -> where(c, x, y)
    where(square(c), x, y) -> where(c, x, y)
    where(sqrt(c), x, y) -> where(c, x, y)
    where(reciprocal(c), x, y) -> where(c, x, y)
    where(c, c, 0) -> c
    where(c, 0, c) -> 0
    where(c * a, x, y) -> where(c, x, y) if nonzero(a)
    where(c / a, x, y) -> where(c, x, y) if nonzero(a)
    where(a > b, x, y) <-> where(b >= a, y, x)
    where(a == b, x, y) <-> where(a != b, y, x)
    where(a > b, x, 0) <-> x * (a > b)
    where(a >= b, x, 0) <-> x * (a >= b)
    where(a == b, x, 0) <-> x * (a == b)
    where(a != b, x, 0) <-> x * (a != b)
    where(x > 0, x != 0, -(x != 0)) -> sign(x)
    where(x, sign(x), 0) -> sign(x)
    where(x, abs(x), 0) -> abs(x)
    where(x, y * x, 0) -> y * x
    where(x > 0, x, 0) -> max(x, 0)
    where(x >= 0, x, -x) -> abs(x)
    where(0 > x, -x, x) -> abs(x)
    where(0 > x, x, -x) -> -abs(x)
    where(x == y, x, y) -> y
    where(x == y, y, x) -> x
    where(x != y, x, y) -> x
    max(x, 0) <-> x * (x > 0)
    min(x, 0) <-> x * (0 > x)
"""

_COMPARISONS = """
    x + z > y + z -> x > y
    x - z > y -> x > y + z
    x > y - z -> x + z > y
    x - y > 0 <-> x > y
    0 > x - y -> y > x
    0 >= x - y -> y >= x
    x - y >= 0 -> x >= y
    x * z > y * z -> x > y if positive(z)
    x * z >= y * z -> x >= y if positive(z)
    x / z > y / z -> x > y if positive(z)
    x * y > 0 -> x > 0 if positive(y)
    0 > x * y -> 0 > x if positive(y)
    x / y > 0 -> x > 0 if positive(y)
    0 > x / y -> 0 > x if positive(y)
    x / y > 0 <-> x * y > 0
    0 > x / y -> 0 > x * y
    -x > 0 -> 0 > x
    0 > -x -> x > 0
    -x >= 0 -> 0 >= x
    0 >= -x -> x >= 0
    -x == 0 -> x == 0
    -x != 0 -> x != 0
    -x == -y -> x == y
    -x != -y -> x != y
    reciprocal(x) > 0 -> x > 0
    0 > reciprocal(x) -> 0 > x
    sign(x) > 0 -> x > 0
    0 > sign(x) -> 0 > x
    sign(x) >= 0 -> x >= 0
    abs(x) != 0 -> x != 0
    sign(x) != 0 -> x != 0
    square(x) != 0 -> x != 0
    sqrt(x) != 0 -> x != 0
    reciprocal(x) != 0 -> x != 0
    abs(x) == 0 -> x == 0
    sign(x) == 0 -> x == 0
    square(x) == 0 -> x == 0
    sqrt(x) == 0 -> x == 0
    x * y != 0 -> x != 0 if nonzero(y)
    x * y == 0 -> x == 0 if nonzero(y)
    x > 0 -> x != 0 if nonnegative(x)
    0 >= x -> x == 0 if nonnegative(x)
    x > y -> 0 if above(y, x)
    x >= y -> 1 if above(x, y)
    x > 0 -> 1 if positive(x)
    0 > x -> 1 if negative(x)
    x != 0 -> 1 if nonzero(x)
    x == 0 -> 0 if nonzero(x)
    (x > y) != 0 -> x > y
    (x >= y) != 0 -> x >= y
    (x == y) != 0 -> x == y
    (x != y) != 0 -> x != y
    (x > y) > 0 -> x > y
    (x >= y) > 0 -> x >= y
    (x > y) == 0 -> y >= x
    (x >= y) == 0 -> y > x
    (x == y) == 0 -> x != y
    (x != y) == 0 -> x == y
    square(x > y) -> x > y
    square(x >= y) -> x >= y
    square(x == y) -> x == y
    square(x != y) -> x != y
    sqrt(x > y) -> x > y
    sqrt(x >= y) -> x >= y
    sqrt(x == y) -> x == y
    sqrt(x != y) -> x != y
    (x >= y) * (y >= x) -> x == y
    (x > y) * (y > x) -> 0
    (x >= y) * (x != y) -> x > y
    (x > y) * (x >= y) -> x > y
    (x > y) - (y > x) -> sign(x - y)
    (0 > x) - (x > 0) -> -sign(x)
    (x > y) + (x == y) -> x >= y
    (x > y) + (y > x) -> x != y
    (x > y) + (y >= x) -> 1
    (x == y) + (x != y) -> 1
"""

_AVERAGES = """
    lerp(x, y, a) <-> (1 - a) * x + a * y if single(a)
    lerp(x, y, a) <-> x + a * (y - x) if single(a)
    lerp(x, y, a) -> x - a * (x - y)
    x - a * (x - y) -> lerp(x, y, a) if single(a)
    y * a + (x - a * x) -> lerp(x, y, a) if single(a)
    (a * y - a * x) + x -> lerp(x, y, a) if single(a)
    lerp(x, y, 1 - a) -> lerp(y, x, a)
    lerp(x, y, a) -> lerp(y, x, 1 - a)
    lerp(0, y, a) -> a * y
    lerp(x, 0, a) -> (1 - a) * x
    lerp(x, lerp(x, y, a), b) -> lerp(x, y, a * b)
    lerp(lerp(x, y, a), y, b) -> lerp(y, x, (1 - a) * (1 - b))
    lerp(lerp(x, y, a), x, b) -> lerp(x, y, a * (1 - b))
    lerp(y, lerp(x, y, a), b) -> lerp(y, x, (1 - a) * b)
    lerp(x, x + y, a) -> x + a * y
    lerp(x, x - y, a) -> x - a * y
    lerp(x + y, x, a) -> x + (1 - a) * y
    lerp(x + z, y + z, a) <-> lerp(x, y, a) + z
    lerp(z * x, z * y, a) <-> z * lerp(x, y, a)
    lerp(x / z, y / z, a) <-> lerp(x, y, a) / z
    lerp(x / z, y, a) -> lerp(x, y * z, a) / z if number(z)
    lerp(x, y / z, a) -> lerp(x * z, y, a) / z if number(z)
    lerp(x * z, y, a) -> lerp(x, y / z, a) * z if number(z)
    lerp(x, y * z, a) -> lerp(x / z, y, a) * z if number(z)
    lerp(-x, -y, a) <-> -lerp(x, y, a)
    lerp(-x, y, a) -> -lerp(x, -y, a)
    lerp(x, -y, a) -> -lerp(-x, y, a)
    lerp(x, x, a) -> x
    lerp(x, y, 0.5) <-> (x + y) * 0.5
    max(lerp(x, y, a), lerp(z, y, a)) -> lerp(max(x, z), y, a) if unit(a)
"""

_EXPONENTIALS = """
    exp(x) * exp(y) <-> exp(x + y)
    exp(x) / exp(y) <-> exp(x - y)
    reciprocal(exp(x)) <-> exp(-x)
    y / exp(x) <-> y * exp(-x)
    square(exp(x)) <-> exp(2 * x)
    sqrt(exp(x)) <-> exp(0.5 * x)
    log(exp(x)) -> x
    exp(log(x)) -> abs(x) if nonzero(x)
    exp2(log2(x)) -> abs(x) if nonzero(x)
    exp10(log10(x)) -> abs(x) if nonzero(x)
    log2(exp2(x)) -> x
    log10(exp10(x)) -> x
    log(x * y) -> log(x) + log(y) if nonzero(x) and nonzero(y)
    log(x / y) -> log(x) - log(y) if nonzero(x) and nonzero(y)
    log(square(x)) <-> 2 * log(x)
    log(cube(x)) <-> 3 * log(x)
    log(sqrt(x)) <-> 0.5 * log(x)
    log(reciprocal(x)) <-> -log(x)
    log2(square(x)) <-> 2 * log2(x)
    log2(sqrt(x)) <-> 0.5 * log2(x)
    log2(reciprocal(x)) <-> -log2(x)
    log10(square(x)) <-> 2 * log10(x)
    log10(sqrt(x)) <-> 0.5 * log10(x)
    log10(reciprocal(x)) <-> -log10(x)
    exp(x) - 1 <-> expm1(x)
    expm1(x) + 1 -> exp(x)
    log(x + 1) <-> log1p(x)
    log1p(expm1(x)) -> x
    arcsinh(sinh(x)) -> x
    sinh(arcsinh(x)) -> x
    tan(arctan(x)) -> x
    sin(arcsin(x)) -> max(-1, min(x, 1))
    cos(arccos(x)) -> max(-1, min(x, 1))
    tanh(arctanh(x)) -> x if inside(x)
    arctanh(tanh(x)) -> x if inside(x)
"""

_REDUCTIONS = """
    sum(x) / numel() <-> mean(x)
    mean(x) * numel() <-> sum(x)
    sqrt(mean(square(x))) <-> rms(x)
    sqrt(dot(x, x)) <-> norm(x)
    dot(x, x) <-> sum(square(x))
    sum(x * y) <-> dot(x, y)
    square(norm(x)) <-> dot(x, x)
    square(rms(x)) <-> mean(square(x))
    norm(x) / sqrt(numel()) <-> rms(x)
    rms(x) * sqrt(numel()) <-> norm(x)
    dot(x, y) / (norm(x) * norm(y)) <-> cosine_sim(x, y)
    sqrt(global_dot(x, x)) <-> global_norm(x)
    square(global_norm(x)) <-> global_dot(x, x)
    sum(-x) -> -sum(x)
    mean(-x) -> -mean(x)
    rms(-x) -> rms(x)
    norm(-x) -> norm(x)
    global_norm(-x) -> global_norm(x)
    rms(abs(x)) -> rms(x)
    norm(abs(x)) -> norm(x)
    global_norm(abs(x)) -> global_norm(x)
    dot(-x, y) -> -dot(x, y)
    global_dot(-x, y) -> -global_dot(x, y)
    cosine_sim(-x, y) -> -cosine_sim(x, y)
    sum(x * a) <-> sum(x) * a if single(a)
    mean(x * a) <-> mean(x) * a if single(a)
    rms(x * a) <-> rms(x) * abs(a) if single(a)
    norm(x * a) <-> norm(x) * abs(a) if single(a)
    dot(x * a, y) <-> dot(x, y) * a if single(a)
    cosine_sim(x * a, y) <-> cosine_sim(x, y) * sign(a) if single(a)
    global_norm(x * a) <-> global_norm(x) * abs(a) if scalar(a)
    global_dot(x * a, y) <-> global_dot(x, y) * a if scalar(a)
    sum(x / a) <-> sum(x) / a if single(a)
    mean(x / a) <-> mean(x) / a if single(a)
    rms(x / a) <-> rms(x) / abs(a) if single(a)
    norm(x / a) <-> norm(x) / abs(a) if single(a)
    dot(x / a, y) <-> dot(x, y) / a if single(a)
    global_norm(x / a) <-> global_norm(x) / abs(a) if scalar(a)
    sum(x + y) <-> sum(x) + sum(y)
    sum(x - y) <-> sum(x) - sum(y)
    mean(x + y) <-> mean(x) + mean(y)
    mean(x - y) <-> mean(x) - mean(y)
    sum(a) -> a * numel() if single(a)
    mean(a) -> a if single(a)
    rms(a) -> abs(a) if single(a)
    norm(a) -> abs(a) * sqrt(numel()) if single(a)
"""

NOT_WRITTEN = ("lerp(x, 0, a)", "lerp(0, x, a)")
"""Patterns that no result has although they are short: a product says the same plainly."""

TABLES = (
    *(_SUMS, _PRODUCTS, _POWERS, _SIGNS, _EXTREMA, _CHOICES, _COMPARISONS, _AVERAGES),
    *(_EXPONENTIALS, _REDUCTIONS),
)

Condition = Callable[..., bool]

def _weighs(a: float, b: float) -> bool:
    """Tells whether two numbers can be weights: they do not cancel."""
    return abs(a + b) > 1e-3 * max(abs(a), abs(b))


CONDITIONS: Mapping[str, Condition] = {
    "number": lambda a: a.value is not None and a.value != 0,
    "negative": lambda a: a.range.high < 0 or (a.range.high == 0 and a.range.high_open),
    "positive": lambda a: a.range.nonnegative and a.range.nonzero,
    "nonnegative": lambda a: a.range.nonnegative,
    "nonpositive": lambda a: a.range.high <= 0,
    "nonzero": lambda a: a.range.nonzero,
    "unit": lambda a: a.range.within(0.0, 1.0),
    "inside": lambda a: a.range.within(-0.999, 0.999),
    "above": lambda a, b: a.range.low >= b.range.high,
    "scalar": lambda a: a.kind is Kind.SCALAR,
    "single": lambda a: fits(a.kind, Kind.LEAF),
    "summed": lambda a, b=None: _weighs(a.value or 0.0, 1.0 if b is None else b.value or 0.0),
}
"""What a rule may ask of the classes that its variables stand for: that it is a number but 0, that
it lies in a range, that it holds one number per tensor (`single`) or for all (`scalar`), that two
numbers (one and 1) do not sum to 0 (`summed`)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Tells that `right` equals `left` where all of `conditions` hold of the variables named."""

    text: str
    left: Application
    right: Pattern
    conditions: tuple[tuple[Condition, tuple[str, ...]], ...] = ()

    def allows(self, classes: Mapping[str, EClass]) -> bool:
        """Tells whether the conditions hold of what the variables stand for."""
        return all(test(*(classes[name] for name in names)) for test, names in self.conditions)

    @property
    def shrinks(self) -> bool:
        """Tells whether the right side has fewer primitives, or is part of the left."""
        return size(self.right) < size(self.left)


def size(pattern: Pattern) -> int:
    """Counts the primitives of a pattern."""
    if isinstance(pattern, Application):
        return 1 + sum(map(size, pattern.operands))
    return 0


@cache
def rules() -> tuple[Rule, ...]:
    """Lists all rules of the built-in operations, those that shrink first."""
    lines = [line.strip() for table in TABLES for line in table.splitlines() if line.strip()]
    every = [rule for line in lines for rule in read_rules(line)]
    every += [_of_identity(identity) for identity in identities()]
    unlike = {(rule.left, rule.right, rule.conditions): rule for rule in reversed(every)}
    return tuple(sorted(reversed(unlike.values()), key=lambda rule: not rule.shrinks))


def rules_of(row: Primitive) -> tuple[Rule, ...]:
    """Lists the rules that follow from what the row of a user's operation says of it."""
    return tuple(_of_identity(identity) for identity in identities_from_facts(row))


def read_rules(line: str) -> list[Rule]:
    """Reads a line of a table: one rule, or two where it says `<->`."""
    equation, _, condition = line.partition(" if ")
    arrow = " <-> " if " <-> " in equation else " -> "
    left, right = (read_pattern(side, BUILT_IN) for side in equation.split(arrow))
    conditions = tuple(_condition(part) for part in condition.split(" and ") if part)
    both = [(left, right)] + [(right, left)] * (arrow == " <-> ")
    made = []
    for one, other in both:
        assert isinstance(one, Application)
        made.append(Rule(line, one, other, conditions))
    return made


def _condition(text: str) -> tuple[Condition, tuple[str, ...]]:
    name, _, arguments = text.strip().rstrip(")").partition("(")
    return CONDITIONS[name], tuple(argument.strip() for argument in arguments.split(","))


def _of_identity(identity: Identity) -> Rule:
    test = identity.condition
    conditions = ((_of_range(test), ("x",)),) if test is not None else ()
    return Rule(identity.text, identity.left, identity.right, conditions)


def _of_range(test: Callable[[Range], bool]) -> Condition:
    return lambda x: test(x.range)


def variables(pattern: Pattern) -> tuple[str, ...]:
    """Names the variables of a pattern, in the order in which they first stand."""
    match pattern:
        case Variable(name):
            return (name,)
        case Application(_, operands):
            return tuple(dict.fromkeys(n for operand in operands for n in variables(operand)))
        case Literal():
            return ()
