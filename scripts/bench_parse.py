"""Measures how long parsing and type-checking a program takes, and where the time goes.

    python scripts/bench_parse.py

Times are of one thread, the median of many rounds that interleave all rows, so that what else the
machine does falls on all alike. The 20-statement program is straight-line code with one primitive
a statement, as search writes it; `ast.parse` of the same text is the floor.
"""

from __future__ import annotations

import ast
import statistics
import time
from collections.abc import Callable

from evosearch.language.library import known_rule
from evosearch.language.parser import parse
from evosearch.language.printer import to_text
from evosearch.language.program import infer_slot_kinds

ROUNDS = 300

TWENTY = """\
def rule(w, g, m, v, lr, t, *, beta1=0.9, beta2=0.999, eps=1e-8):
    m = lerp(g, m, beta1)
    g2 = square(g)
    v = lerp(g2, v, beta2)
    p1 = beta1 ** t
    c1 = 1.0 - p1
    p2 = beta2 ** t
    c2 = 1.0 - p2
    m_hat = m / c1
    v_hat = v / c2
    root = sqrt(v_hat)
    denom = root + eps
    step = m_hat / denom
    agree = m * g
    mask = agree > 0.0
    share = mean(mask)
    floor = maximum(share, 0.001)
    scaled = mask / floor
    masked = scaled * step
    shrunk = tanh(masked)
    update = masked + shrunk
    return update, m, v
"""


def median_times(rows: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Seconds of each call, the median over interleaved rounds."""
    times: dict[str, list[float]] = {name: [] for name in rows}
    for _ in range(ROUNDS):
        for name, function in rows.items():
            start = time.perf_counter()
            function()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(found) for name, found in times.items()}


def main() -> None:
    program = parse(TWENTY)
    assert len(program.statements) == 20
    adamw = to_text(known_rule("adamw"))
    found = median_times(
        {
            "20 statements: parse and type-check": lambda: parse(TWENTY),
            "20 statements: of that, ast.parse": lambda: ast.parse(TWENTY),
            "20 statements: of that, type-check": lambda: infer_slot_kinds(program),
            "adamw, nested, 12 statements": lambda: parse(adamw),
        }
    )
    for name, seconds in found.items():
        print(f"{name:<38} {seconds * 1e6:6.0f} us")


if __name__ == "__main__":
    main()
