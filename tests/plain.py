"""What each primitive means, in plain Python: the reference that the tests compare with.

Elementwise primitives are functions of floats, reductions of lists of floats. Overflow is inf.
"""

import math
from collections.abc import Callable, Sequence


def _power(a: float, b: float) -> float:
    if a == 0:
        return 1.0 if b == 0 else 0.0
    try:
        size = math.pow(abs(a), b)
    except OverflowError:
        size = math.inf
    return -size if a < 0 and math.fmod(abs(b), 2) == 1 else size


def _exp(a: float) -> float:
    try:
        return math.exp(a)
    except OverflowError:
        return math.inf


def _lerp(a: float, b: float, x: float) -> float:
    # Written as neither numpy nor torch does; exact at both ends.
    if x == 0 or a == b:
        return a
    return b if x == 1 else a + x * (b - a)


def _dot(a: Sequence[float], b: Sequence[float]) -> float:
    return math.fsum(x * y for x, y in zip(a, b, strict=True))


def _cosine_sim(a: Sequence[float], b: Sequence[float]) -> float:
    lengths = math.hypot(*a) * math.hypot(*b)
    return _dot(a, b) / lengths if lengths else 0.0


ELEMENTWISE: dict[str, Callable[..., float]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b if b else 0.0,
    "power": _power,
    "negative": lambda a: -a,
    "maximum": lambda a, b: a if a > b else b,
    "minimum": lambda a, b: a if a < b else b,
    "lerp": _lerp,
    "identity": lambda a: a,
    "greater": lambda a, b: 1.0 if a > b else 0.0,
    "where": lambda c, a, b: a if c else b,
    "abs": math.fabs,
    "sign": lambda a: math.copysign(1.0, a) if a else 0.0,
    "square": lambda a: a * a,
    "cube": lambda a: a * a * a,
    "sqrt": lambda a: math.sqrt(math.fabs(a)),
    "reciprocal": lambda a: 1.0 / a if a else 0.0,
    "exp": _exp,
    "log": lambda a: math.log(math.fabs(a)) if a else 0.0,
    "tanh": math.tanh,
    "arctan": math.atan,
}

REDUCTIONS: dict[str, Callable[..., float]] = {
    "sum": math.fsum,
    "mean": lambda a: math.fsum(a) / len(a),
    "rms": lambda a: math.hypot(*a) / math.sqrt(len(a)),
    "norm": lambda a: math.hypot(*a),
    "dot": _dot,
    "cosine_sim": _cosine_sim,
}
