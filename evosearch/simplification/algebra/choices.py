"""Lists what holds of signs, extrema, choices and comparisons."""

from __future__ import annotations

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
    where(c ** a, x, y) -> where(c, x, y) if nonnegative(c) and positive(a)
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
    where(x, sqrt(x), 0) -> sqrt(x)
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

TABLES = (
    _SIGNS,
    _EXTREMA,
    _CHOICES,
    _COMPARISONS,
)
