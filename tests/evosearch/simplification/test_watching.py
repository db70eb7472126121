"""How far one rule departs from another, where it is known."""

import numpy as np
import pytest

from evosearch import known_rule, lower, parse
from evosearch.graph.graph import Graph
from evosearch.screening.trajectory import Inputs
from evosearch.simplification.watching import RECORDED, Scene, Watched, faint_probe, scenes
from primitives import NumpySegments


def rule(text: str) -> Graph:
    return lower(parse(text))


def scene(gradients: list[list[float]]) -> Scene:
    """Two tensors of one and two elements."""
    g = np.array(gradients)
    return Scene("by hand", Inputs(NumpySegments([1, 2]), 0 * g, g, np.ones((len(g), 1))))


GIVEN = scene([[1.0, 3.0, 4.0], [0.0, 0.0, 0.0], [2.0, 0.0, 0.0]])


@pytest.mark.parametrize(
    ("text", "departs"),
    [
        ("def f(g): return g", [0, 0, 0]),
        ("def f(g): return 2 * g", [1, 0, 1]),
        ("def f(g): return min(g, 3)", [0.2, 0, 0]),
        ("def f(g): return g + 1 / t * 0", [0, 0, 0]),
        ("def f(g): return g + 1", [1, np.inf, np.inf]),
        ("def f(g): return log(0 * g) + exp(g * 1e6)", [np.inf, np.inf, np.inf]),
    ],
)
def test_departure_is_the_share_of_the_worst_tensor(text: str, departs: list[float]) -> None:
    """Relative to the gradient itself, which is the first rule's direction."""
    watched = Watched(rule("def f(g): return g"), [GIVEN])
    text = text.replace("(g)", "(g, t)") if "t *" in text else text
    np.testing.assert_allclose(watched.departures(rule(text), GIVEN), departs, atol=1e-15)


def test_the_last_step_that_departs_is_told() -> None:
    """By the value of t; 0 where none does."""
    watched = Watched(rule("def f(g): return g"), [GIVEN])
    assert watched.last(rule("def f(g): return min(g, 3)"), GIVEN, 0.1) == 1
    assert watched.last(rule("def f(g): return min(g, 3)"), GIVEN, 0.3) == 0
    assert watched.last(rule("def f(g): return 2 * g"), GIVEN, 0.1) == 3
    assert watched.same(rule("def f(g): return min(g, 5)"), 0)
    assert not watched.same(rule("def f(g): return min(g, 3)"), 0.1)


def test_rules_are_watched_on_probes_and_in_their_own_training() -> None:
    """In which the gradient shrinks, as it learns."""
    places = scenes(lower(known_rule("adam")))
    assert [place.name for place in places] == [
        *("the short probe", "the long probe", "one with faint gradients and zero weights"),
        *(f"training on {name}" for name in RECORDED),
    ]
    for place in places:
        assert len(place.times) == len(place.inputs.weights) == len(place.inputs.gradients)
        assert place.training == place.name.startswith("training")
    assert not np.array_equal(places[3].inputs.weights[0], places[3].inputs.weights[-1])


def test_a_training_that_diverges_is_left_out() -> None:
    """Nothing can be compared there; nor is anything recorded of a rule that does not move."""
    runaway = rule("def f(w, g, m): m = exp(g + w * 100 * m); return m, m")
    assert not any(place.training for place in scenes(runaway))
    assert len(scenes(rule("def f(g): return 0 * g"))) == 3


def test_some_elements_stand_for_all_where_a_rule_knows_no_others() -> None:
    """They are those of the whole training; a rule that takes norms is shown whole tensors."""
    whole, some = (
        scenes(rule("def f(g): return g / norm(g)"))[3],
        scenes(rule("def f(g): return g"))[3],
    )
    assert whole.inputs.segments.total == 2945  # 2-64-..., the model's parameters
    assert some.inputs.segments.total < 400
    assert len(some.inputs.segments.counts) == len(whole.inputs.segments.counts)
    first = whole.inputs.weights[0]
    ends = np.cumsum(whole.inputs.segments.counts)
    assert some.inputs.weights[0][0] == first[0]
    assert some.inputs.weights[0][-1] == first[ends[-1] - 1]
    assert np.isin(some.inputs.weights[0], first).all()


def test_the_faint_probe_has_what_models_have() -> None:
    """Tensors of zero weights, of no gradient, and of gradients under a guard of 1e-8."""
    inputs = faint_probe()
    ends = np.cumsum(inputs.segments.counts)[:-1]
    gradients = [np.abs(part).max() for part in np.split(inputs.gradients, ends, axis=1)]
    weights = [np.abs(part).max() for part in np.split(inputs.weights, ends, axis=1)]
    assert 0 in gradients
    assert any(0 < size < 1e-8 for size in gradients)
    assert 0 in weights
    assert np.median(gradients) > 1e-3 or np.max(gradients) > 1e-2
