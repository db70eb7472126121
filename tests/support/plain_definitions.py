"""What each primitive means, in plain Python: the reference that the tests compare with.

Elementwise operations are functions of floats, reductions of lists of floats: the elements of one
parameter tensor, or of all for a reduction over all parameters. Overflow is inf.
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


def _or_infinite(function: Callable[[float], float]) -> Callable[[float], float]:
    """The function; infinity of the argument's sign, or of a positive one, where it overflows."""

    def total(a: float) -> float:
        try:
            return function(a)
        except OverflowError:
            return math.copysign(math.inf, function(math.copysign(1.0, a)))

    return total


def _clip(a: float, low: float, high: float) -> float:
    return low if a < low else high if a > high else a


def _log1p(a: float) -> float:
    # Twice the inverse hyperbolic tangent, which neither numpy nor torch uses.
    if a == -1:
        return 0.0
    size = a if a > -1 else -2 - a
    return 2 * math.atanh(size / (2 + size)) if abs(size) < 0.5 else math.log(1 + size)


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
    "cbrt": math.cbrt,
    "exp": _or_infinite(math.exp),
    "exp2": _or_infinite(lambda a: math.pow(2, a)),
    "exp10": _or_infinite(lambda a: math.pow(10, a)),
    "expm1": _or_infinite(math.expm1),
    "log": lambda a: math.log(math.fabs(a)) if a else 0.0,
    "log10": lambda a: math.log10(math.fabs(a)) if a else 0.0,
    "log2": lambda a: math.log2(math.fabs(a)) if a else 0.0,
    "log1p": _log1p,
    "sinh": _or_infinite(math.sinh),
    "cosh": _or_infinite(math.cosh),
    "tanh": math.tanh,
    "arcsinh": math.asinh,
    "arccosh": lambda a: math.acosh(_clip(a, 1.0, math.inf)),
    "arctanh": lambda a: math.atanh(_clip(a, 2**-23 - 1, 1 - 2**-23)),
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "arcsin": lambda a: math.asin(_clip(a, -1.0, 1.0)),
    "arccos": lambda a: math.acos(_clip(a, -1.0, 1.0)),
    "arctan": math.atan,
    "greater_equal": lambda a, b: 1.0 if a >= b else 0.0,
    "equal": lambda a, b: 1.0 if a == b else 0.0,
    "not_equal": lambda a, b: 1.0 if a != b else 0.0,
    "heaviside": lambda a: 1.0 if a > 0 else 0.0,
    "clamp": lambda a, b, c: min(max(a, b), c),
    "softsign": lambda a: a / (1.0 + math.fabs(a)),
    "pi": lambda: 3.141592653589793,
    "e": lambda: 2.718281828459045,
    "eps": lambda: 1e-8,
}

REDUCTIONS: dict[str, Callable[..., float]] = {
    "sum": math.fsum,
    "mean": lambda a: math.fsum(a) / len(a),
    "rms": lambda a: math.hypot(*a) / math.sqrt(len(a)),
    "norm": lambda a: math.hypot(*a),
    "dot": _dot,
    "cosine_sim": _cosine_sim,
    "l1_norm": lambda a: math.fsum(map(math.fabs, a)),
    "numel_of": lambda a: float(len(a)),
}

Matrix = Sequence[Sequence[float]]
"""The rows of a matrix."""

MATRICES: dict[str, Callable[[Matrix], list[float]]] = {
    "row_mean": lambda a: [math.fsum(row) / len(row) for row in a],
    "column_mean": lambda a: [math.fsum(column) / len(a) for column in zip(*a, strict=True)],
    "row_norm": lambda a: [math.hypot(*row) for row in a],
    "column_norm": lambda a: [math.hypot(*column) for column in zip(*a, strict=True)],
}
"""Of a matrix, the number for each row or column, in their order."""


def spread_over_matrix(
    name: str, arguments: Sequence[Sequence[float]], view: tuple[int, int]
) -> list[float]:
    """What an operation on a matrix of that many rows and columns gives, for each element."""
    rows, columns = view
    if name in ("rows", "columns"):
        return [float(rows if name == "rows" else columns)] * (rows * columns)
    (numbers,) = arguments
    result = MATRICES[name]([numbers[r * columns : (r + 1) * columns] for r in range(rows)])
    if name.startswith("column"):
        return result * rows
    return [number for number in result for _ in range(columns)]


GLOBAL: dict[str, Callable[..., float]] = {
    "global_norm": lambda a: math.hypot(*a),
    "global_dot": _dot,
    "global_cosine_sim": _cosine_sim,
}


def clip_by_global_norm(a: Sequence[float], limit: float) -> list[float]:
    """The elements of all parameters, scaled down where their norm exceeds the limit."""
    norm = math.hypot(*a)
    scale = min(1.0, limit / norm) if norm else 0.0
    return [scale * x for x in a]
