"""Long lines are broken as ruff's formatter breaks them."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from evosearch.export.notation.line_breaking import WIDTH, break_lines

LONG = [f"a_rather_long_name_{n}" for n in range(12)]
STATEMENTS = {
    "a call": f"function({', '.join(LONG[:5])})",
    "a call with many arguments": f"function({', '.join(LONG)})",
    "an assignment": f"result = function({', '.join(LONG[:5])})",
    "a typed assignment": f"result: Any = function({', '.join(LONG[:5])})",
    "keywords": f"torch._foreach_add_({LONG[0]}, {LONG[1]}, alpha={LONG[2]}, beta={LONG[3]}, c=1)",
    "a sum": f"{LONG[0]}_{LONG[1]} = {LONG[2]} + {LONG[3]} * {LONG[4]}",
    "a long product": f"{LONG[0]} = {' * '.join(f'{name}({LONG[1]})' for name in LONG[:5])}",
    "a long sum of products": f"x = {LONG[0]} * (1 - {LONG[1]}) - {' * '.join(LONG[:5])} / lr + b",
    "a product of sums": f"x = ({LONG[0]} + {LONG[1]}) * ({LONG[2]} - {LONG[3]}) / ({LONG[4]} + 1)",
    "a product of long sums": f"x = ({' + '.join(LONG[:6])}) * ({' - '.join(LONG[:3])}) * lr",
    "cases": f"result = {LONG[0]}({LONG[1]}) if isinstance({LONG[2]}, Tensor) else {LONG[3]}",
    "cases in a case": f"x = (a / {LONG[0]} if {LONG[0]} else 0.0) if isinstance({LONG[1]}, Tensor)"
    f" else {LONG[2]}({LONG[3]}) if {LONG[3]} else {LONG[4]}",
    "long cases in a case": f"x = ({LONG[0]} / {LONG[1]} if {LONG[2]}({LONG[3]}, {LONG[4]}) else "
    f"{LONG[5]} * {LONG[6]}) if isinstance({LONG[7]}, Tensor) else {LONG[8]}",
    "many cases": f"x = {' '.join(f'{a}({a}) if {a}[{a}] else' for a in LONG)} 0",
    "a list": f"lists = [{', '.join(LONG)}]",
    "a comprehension": f"xs = [{LONG[0]} * {LONG[1]} for {LONG[0]}, {LONG[1]} in "
    f"zip({LONG[2]}, {LONG[3]}, strict=True)]",
    "a loop": f"for {LONG[0]}, {LONG[1]} in zip({LONG[2]}, {LONG[3]}, {LONG[4]}, strict=True):",
    "a loop over many": f"for {', '.join(LONG)} in zip({', '.join(LONG)}, strict=True):",
    "calls on an operation": f"x = ({LONG[0]} * {LONG[1]} / {LONG[2]}).sum().clamp_({LONG[3]}, 0)",
    "calls in a call": f"x = _whole(({LONG[0]} * {LONG[1]} / {LONG[2]}).sum().nan_to_num(0.0))",
    "calls in a list": f"x = [({LONG[0]} * {LONG[1]} / {LONG[2]}).sum().abs() for {LONG[0]} in xs]",
    "a raise": f'raise ValueError(f"Invalid {LONG[0]}: {{{LONG[0]}}}; expected something else")',
    "short": "x = 1",
}


@pytest.mark.parametrize("depth", [0, 2])
@pytest.mark.parametrize("name", STATEMENTS)
def test_lines_are_broken_as_ruff_breaks_them(name: str, depth: int) -> None:
    """The formatter, asked whether it would change anything, has nothing to say."""
    statement, ends = STATEMENTS[name], []
    if statement.endswith(":"):
        ends = ["    " * (depth + 1) + "pass"]
    line = "    " * depth + statement
    lines = [*("    " * n + "if True:" for n in range(depth)), *break_lines([line]), *ends]
    ruff = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", str(WIDTH), "-"]
    done = subprocess.run(ruff, input="\n".join(lines) + "\n", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", STATEMENTS)
def test_breaking_keeps_the_meaning(name: str) -> None:
    """Python reads the lines as it reads the one that they come from."""
    statement, end = STATEMENTS[name], ""
    if statement.endswith(":"):
        end = "\n    pass"
    lines = break_lines([statement])
    assert ast.dump(ast.parse("\n".join(lines) + end)) == ast.dump(ast.parse(statement + end))
