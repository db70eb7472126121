"""Lists what holds of sums, products, quotients, powers and roots."""

from __future__ import annotations

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
    x * x ** a -> x ** (a + 1) if nonnegative(x) and nonnegative(a)
    x ** a / x -> x ** (a - 1) if positive(x)
    x ** (a + b) -> x ** a * x ** b if positive(x)
    (x ** a) ** b -> x ** (a * b) if positive(x)
    (x ** a) ** b -> x ** (a * b) if nonnegative(x) and positive(a) and positive(b)
    x ** a * y ** a <-> (x * y) ** a if nonnegative(x) and nonnegative(y)
    square(x ** a) <-> x ** (2 * a) if nonnegative(x)
    sqrt(x ** a) <-> x ** (0.5 * a) if nonnegative(x)
"""

TABLES = (
    _SUMS,
    _PRODUCTS,
    _POWERS,
)
