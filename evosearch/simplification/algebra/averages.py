"""Lists what holds of interpolations, exponentials, logarithms and their inverses."""

from __future__ import annotations

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
    tanh(arctanh(x)) -> x if inside(x)
    arctanh(tanh(x)) -> x if inside(x)
"""

TABLES = (
    _AVERAGES,
    _EXPONENTIALS,
)
