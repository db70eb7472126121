"""What of the language is public."""

from __future__ import annotations

import copy
import inspect
import pickle
from dataclasses import replace

import evosearch
from evosearch import Program, known_rule, parse


def test_what_is_asked_of_a_program_is_a_method_too() -> None:
    """Of every program, however it was made, with the documentation of the function."""
    lion = known_rule("lion")
    for program in (lion, pickle.loads(pickle.dumps(lion)), copy.deepcopy(lion), replace(lion)):
        assert program == lion
        assert program.latex() == evosearch.latex("lion")
        assert program.recognise() == evosearch.recognise("lion")
    double = parse("def f(g, m):\n    m = 0.9 * m + 0.1 * g\n    return 2 * sign(m), m")
    shorter = double.simplify()
    assert (shorter.factor, shorter.after.recognise().rule) == (2.0, "signum")
    for name in ("latex", "recognise", "simplify"):
        assert inspect.getdoc(getattr(Program, name)) == inspect.getdoc(getattr(evosearch, name))
