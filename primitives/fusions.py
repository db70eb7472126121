"""Lists the sums of products that torch adds up in one pass over memory."""

from __future__ import annotations

from primitives.primitive import Fusion

FUSIONS = (
    Fusion(
        pattern="lerp(square(a), b, c)",
        numbers=frozenset({2}),
        fixed=True,
        target=1,
        in_place="{1}.mul_({2}).addcmul_({0}, {0}, value=1 - {2})",
        foreach="torch._foreach_mul_({1}, {2})\n"
        "torch._foreach_addcmul_({1}, {0}, {0}, value=1 - {2})",
    ),
    Fusion(
        pattern="a + b / c * d",
        numbers=frozenset({3}),
        in_place="{0}.addcdiv_({1}, {2}, value={3})",
        tensor_in_place="{0}.addcdiv_({1} * {3}, {2})",
        foreach="torch._foreach_addcdiv_({0}, {1}, {2}, {3})",
        foreach_listed=True,
        tensor_foreach="torch._foreach_addcdiv_({0}, torch._foreach_mul({1}, {3}), {2})",
    ),
    Fusion(
        pattern="a + b * c * d",
        numbers=frozenset({3}),
        in_place="{0}.addcmul_({1}, {2}, value={3})",
        tensor_in_place="{0}.addcmul_({1} * {3}, {2})",
        foreach="torch._foreach_addcmul_({0}, {1}, {2}, {3})",
        foreach_listed=True,
        tensor_foreach="torch._foreach_addcmul_({0}, torch._foreach_mul({1}, {3}), {2})",
    ),
    Fusion(
        pattern="a + b * c",
        numbers=frozenset({2}),
        in_place="{0}.add_({1}, alpha={2})",
        tensor_in_place="{0}.addcmul_({1}, {2})",
        foreach="torch._foreach_add_({0}, {1}, alpha={2})",
        tensor_foreach="torch._foreach_add_({0}, torch._foreach_mul({1}, {2}))",
    ),
    Fusion(
        pattern="a + b * c",
        in_place="{0}.addcmul_({1}, {2})",
        foreach="torch._foreach_addcmul_({0}, {1}, {2})",
    ),
    Fusion(
        pattern="a + b / c",
        in_place="{0}.addcdiv_({1}, {2})",
        foreach="torch._foreach_addcdiv_({0}, {1}, {2})",
    ),
)
"""All fusions, in order: the first whose pattern fits is used."""
