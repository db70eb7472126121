"""The tests that are written beside an exported file pass, and say so where none can be written."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from evosearch import EvosearchError, Program, known_rule, lower, parse, to_source
from evosearch.export.pytorch.tests_file import test_source as text_of_tests
from evosearch.graph.interpreter import Interpreter
from primitives import NumpySegments

EXPLODING = """
def f(g, v):
    v = lerp(square(g), v, 0.9)
    return 1e9 * g / (sqrt(v) + 1e-8), v
"""
"""A rule that takes the weights beyond all bounds within the first step at the usual rate."""


def run_tests(program: Program, folder: Path) -> tuple[int, str]:
    """The status and output of pytest on the tests of an exported program."""
    (folder / "mine.py").write_text(to_source(program, "Mine"), encoding="utf-8")
    text = text_of_tests(lower(program), "Mine", "mine")
    (folder / "test_mine.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "-k", "not compiled", "test_mine.py"],
        cwd=folder, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    return done.returncode, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("text", [EXPLODING, "def f(g):\n    return 1e13 * g"])
def test_rules_that_grow_at_once_get_a_gentler_rate(text: str, tmp_path: Path) -> None:
    """Their tests hold steps, and pass."""
    tests = text_of_tests(lower(parse(text)), "Mine", "mine")
    rate = re.search(r"^RATE, DECAY = (\S+), ", tests, re.MULTILINE)
    assert rate is not None
    assert float(rate[1]) < 0.02
    assert "STEPS = 20" in tests
    status, output = run_tests(parse(text), tmp_path)
    assert status == 0, output


@pytest.mark.slow
def test_a_gentler_rate_still_catches_a_wrong_constant(tmp_path: Path) -> None:
    """The tests of one rule fail on another that differs from it by a constant."""
    run_tests(parse(EXPLODING), tmp_path)
    other = parse(EXPLODING.replace("0.9", "0.8"))
    (tmp_path / "mine.py").write_text(to_source(other, "Mine"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
         "-k", "follows", "test_mine.py"],
        cwd=tmp_path, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout


@pytest.mark.parametrize(
    "direction", ["exp(exp(100 + square(g)))", "1e200 * (2 + g) * 1e200", "1e300 * (2 + g)"]
)
def test_where_no_rate_will_do_an_error_says_so(direction: str) -> None:
    """In one line, with what to do instead."""
    graph = lower(parse(f"def f(g):\n    return {direction}"))
    with pytest.raises(EvosearchError, match=r"^Mine: no tests can be written.*--with-tests$"):
        text_of_tests(graph, "Mine", "mine")


@pytest.mark.parametrize("name", ["lion", "adamw"])
def test_the_weights_written_down_are_the_reference_interpreters(name: str) -> None:
    """They are computed here from the formulas that the file itself holds."""
    scope: dict[str, object] = {"__file__": __file__}
    text = text_of_tests(lower(known_rule(name)), "Mine", "mine")
    start = text.index("SHAPES = ")
    exec("import math\n" + text[start : text.index("def load()")], scope)
    sizes, expected = scope["SIZES"], scope["EXPECTED"]
    assert isinstance(sizes, list)
    assert isinstance(expected, dict)
    interpreter = Interpreter(lower(known_rule(name)), NumpySegments(sizes))
    n = np.arange(sum(sizes))
    w = np.sin(2.3 * n + 1)
    for t in range(1, 21):
        g = (np.sin(1.7 * t * (n + 1)) + 0.3 * np.cos(n)) * (t != 4)
        lr = 0.02 * (1 - t / 40)
        w = (1 - lr * 0.1) * w - lr * interpreter.step(w=w, g=g, lr=lr, t=t)
        if t in expected:
            np.testing.assert_allclose(expected[t], w, rtol=1e-12)
    assert list(expected) == [1, 2, 5, 10, 20]
