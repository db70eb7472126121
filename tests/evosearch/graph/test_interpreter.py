"""The reference interpreter on rules whose numbers can be worked out by hand."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from evosearch import lower, parse
from evosearch.graph.interpreter import Interpreter
from primitives import NumpySegments

Array = NDArray[np.float64]

SEGMENTS = NumpySegments((2, 1))
W = np.array([1.0, 2.0, 3.0])
G = np.array([3.0, -4.0, 2.0])


def started(text: str) -> Interpreter:
    return Interpreter(lower(parse(text), bind=True), SEGMENTS)


def first(text: str) -> list[float]:
    """The direction of the first step."""
    result: list[float] = started(text).step(w=W, g=G, lr=0.1, t=1).tolist()
    return result


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("g - 2 * w", [1.0, -8.0, -4.0]),
        ("lr + t", [1.1, 1.1, 1.1]),
        ("norm(g)", [5.0, 5.0, 2.0]),
        ("mean(g) + g", [2.5, -4.5, 4.0]),
        ("norm(g) * norm(w / w) ** 2", [10.0, 10.0, 2.0]),
        ("sum(1)", [2.0, 2.0, 1.0]),
        ("mean(t)", [1.0, 1.0, 1.0]),
        ("sum(norm(g))", [10.0, 10.0, 2.0]),
        ("dot(g, 2)", [-2.0, -2.0, 4.0]),
        ("where(g > 0, norm(g), t)", [5.0, 1.0, 2.0]),
        ("lerp(g, norm(g), mean(0.5))", [4.0, 0.5, 2.0]),
        ("g ** (sum(w) - sum(w) + 2)", [9.0, 16.0, 4.0]),
        ("5", [5.0, 5.0, 5.0]),
    ],
)
def test_values_broadcast_from_scalar_to_leaf_to_tensor(
    expression: str, expected: list[float]
) -> None:
    """Scalars and one number per tensor are repeated where needed; reductions count elements."""
    assert_allclose(first(f"def f(w, g, lr, t):\n return {expression}"), expected, rtol=1e-12)


def test_states_start_at_zero_and_persist() -> None:
    """Momentum is a geometric sum of the gradients so far."""
    interpreter = started("def f(g, m):\n m = 0.5 * m + g\n return m, m")
    for step, factor in enumerate((1.0, 1.5, 1.75), start=1):
        assert interpreter.step(w=W, g=G, lr=0.1, t=step).tolist() == (factor * G).tolist()
    assert interpreter.states["m"].tolist() == (1.75 * G).tolist()


def test_states_change_together() -> None:
    """A state's new value is made from the old values of all, whatever the order."""
    interpreter = started("def f(g, a, b):\n return a, b + g, a - g")
    directions = [interpreter.step(w=W, g=G, lr=0.1, t=t).tolist() for t in (1, 2, 3)]
    # a: 0, g, -g + g; b: 0, -g, g - g
    assert directions == [[0.0] * 3, G.tolist(), [0.0] * 3]
    assert interpreter.states["a"].tolist() == G.tolist()


def test_states_are_held_in_their_own_kind() -> None:
    """A counter is one number, a norm one per tensor, a momentum one per element."""
    interpreter = started(
        "def f(g, s, l, m):\n s = s + 1\n l = max(l, norm(g))\n m = m + g\n"
        " return s * l * m, s, l, m"
    )
    assert {k: np.shape(v) for k, v in interpreter.states.items()} == {
        "s": (),
        "l": (2,),
        "m": (3,),
    }
    interpreter.step(w=W, g=G, lr=0.1, t=1)
    interpreter.step(w=W, g=G, lr=0.1, t=2)
    assert float(interpreter.states["s"]) == 2.0
    assert interpreter.states["l"].tolist() == [5.0, 2.0]
    assert interpreter.states["m"].tolist() == (2 * G).tolist()


def test_small_value_is_raised_when_it_is_stored() -> None:
    """A state of a larger kind than what is written repeats it, so that sums count elements."""
    interpreter = started("def f(g, t, a):\n return sum(a) + g, t + (g - g)")
    interpreter.step(w=W, g=G, lr=0.1, t=1)
    assert interpreter.states["a"].tolist() == [1.0, 1.0, 1.0]
    assert interpreter.step(w=W, g=G, lr=0.1, t=2).tolist() == np.add(G, [2.0, 2.0, 1.0]).tolist()


def test_what_is_given_is_left_alone() -> None:
    """A step changes neither the gradient nor the weights, nor a direction given before."""
    interpreter = started("def f(w, g, m):\n m = m + g\n return m, m")
    w, g = W.copy(), G.copy()
    one = interpreter.step(w=w, g=g, lr=0.1, t=1)
    before = one.copy()
    interpreter.step(w=w, g=g, lr=0.1, t=2)
    assert one.tolist() == before.tolist()
    assert (w.tolist(), g.tolist()) == (W.tolist(), G.tolist())


def test_two_runs_of_a_graph_do_not_share_states() -> None:
    """Each interpreter has its own states."""
    graph = lower(parse("def f(g, m):\n return m, m + g"), bind=True)
    one, two = Interpreter(graph, SEGMENTS), Interpreter(graph, SEGMENTS)
    one.step(w=W, g=G, lr=0.1, t=1)
    assert two.step(w=W, g=G, lr=0.1, t=1).tolist() == [0.0] * 3


def test_named_hyperparameters_stand_at_their_defaults() -> None:
    """A graph with named hyperparameters runs as the bound one does."""
    program = parse("def f(g, m, *, a=0.25):\n m = lerp(g, m, a)\n return m, m")
    runs: list[Array] = []
    for bind in (True, False):
        interpreter = Interpreter(lower(program, bind=bind), SEGMENTS)
        runs.append(interpreter.step(w=W, g=G, lr=0.1, t=1))
    assert runs[0].tolist() == runs[1].tolist() == (0.75 * G).tolist()


def test_overflow_is_infinite_and_silent() -> None:
    """Too large a number becomes infinite without a warning."""
    assert first("def f(g):\n return exp(1000 * g)") == [np.inf, 0.0, np.inf]
