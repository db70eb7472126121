"""Names of a listing that mean two things do so here too."""

from __future__ import annotations

import pytest

from evosearch import EvosearchError, lower, parse
from evosearch.export.notation.program_text import readable
from evosearch.graph.digest import digest
from evosearch.graph.lion_paper import convert
from evosearch.graph.listing_names import settled

LISTINGS = {
    "gradient and g": (
        "def train(weight, gradient, m, lr):\n"
        "  g = clip(gradient, 0.1)\n"
        "  m = interp(gradient, m, 0.9)\n"
        "  return (sign(m) + g) * lr, m",
        "def rule(g, m):\n    c = clip(g, 0.1)\n    m = lerp(g, m, 0.9)\n    return sign(m) + c, m",
    ),
    "gradient and a local grad": (
        "def train(w, gradient, m, lr):\n"
        "  grad = tanh(gradient)\n"
        "  m = m + gradient * grad\n"
        "  return m * lr, m",
        "def rule(g, m):\n    m = m + g * tanh(g)\n    return m, m",
    ),
    "weight and w": (
        "def train(weight, g, m, lr):\n"
        "  w = weight * 0.5\n"
        "  m = interp(g, m, 0.9)\n"
        "  return (m + w * weight) * lr, m",
        "def rule(w, g, m):\n    m = lerp(g, m, 0.9)\n    return m + w * 0.5 * w, m",
    ),
    "a state called weights": (
        "def train(w, grad, weights, lr):\n"
        "  weights = weights + grad * w\n"
        "  return weights * lr, weights",
        "def rule(w, g, s):\n    s = s + g * w\n    return s, s",
    ),
    "learning_rate and lr": (
        "def train(w, g, m, learning_rate):\n"
        "  lr = tanh(learning_rate)\n"
        "  m = interp(g, m, 0.9)\n"
        "  return m * lr * learning_rate, m",
        "def rule(g, m, lr):\n    m = lerp(g, m, 0.9)\n    return m * tanh(lr), m",
    ),
    "lambda and decay": (
        "def train(w, g, m, lr):\n"
        "  decay = 0.5\n"
        "  m = interp(g, m, decay)\n"
        "  return m * lr * lambda, m",
        "def rule(g, m):\n    m = lerp(g, m, 0.5)\n    return m * 0.25, m",
    ),
    "lambda and a state called decay": (
        "def train(w, g, decay, lr):\n"
        "  decay = interp(g, decay, 0.9)\n"
        "  return lr * (tanh(decay) * lambda + g), decay",
        "def rule(g, m):\n    m = lerp(g, m, 0.9)\n    return tanh(m) * 0.25 + g, m",
    ),
    "all of them, and what they would become": (
        "def train(weight, gradient, g_, learning_rate):\n"
        "  g = gradient + g_\n"
        "  w = weight + g\n"
        "  lr = lambda * exp(w)\n"
        "  return learning_rate * (lr + g * tanh(w)), g",
        "def rule(w, g, s):\n    s = g + s\n    return 0.25 * exp(w + s) + s * tanh(w + s), s",
    ),
}
"""What the paper writes, and the same by hand; `lambda` is 0.25."""


@pytest.mark.parametrize(("text", "rule"), LISTINGS.values(), ids=LISTINGS)
def test_names_that_renaming_would_merge_are_kept_apart(text: str, rule: str) -> None:
    """The rule is the one that a person would make of the listing."""
    converted = convert(text, {"lambda": 0.25}).graph
    numbers = {node.label: node.value for node in converted.nodes if node.op == "hyperparameter"}
    assert set(numbers.values()) <= {0.25}
    bound = parse(readable(converted, "rule"))
    assert digest(lower(bound, bind=True)) == digest(lower(parse(rule), bind=True))


def test_what_is_left_open_has_the_listings_name() -> None:
    """In the message, and for the number that is given."""
    text = "def train(weight, gradient, lr):\n  return lr * gradient * g"
    with pytest.raises(EvosearchError, match=r"^l\.txt: the listing leaves g open; .* --set g=\."):
        settled(text, {}, "l.txt")
    given = parse(settled(text, {"g": 0.5}, "l.txt").text)
    assert [value for _, value in given.hyperparameters] == [0.5]


@pytest.mark.parametrize("names", ["weight, weights, g", "w, grad, gradient"])
def test_two_names_for_one_input_are_refused(names: str) -> None:
    """Nothing says which of them is meant."""
    text = f"def train({names}, lr):\n  return lr * g"
    with pytest.raises(EvosearchError, match=r"^l\.txt: '\w+' and '\w+' both name the input [wg];"):
        settled(text, {}, "l.txt")


def test_words_in_comments_are_no_names() -> None:
    """That one speaks of decay or of g keeps nothing from being called so."""
    text = (
        '# the decay of w\ndef train(weight, gradient, lr):\n  """g"""\n  return gradient * lambda'
    )
    result = settled(text, {"lambda": 0.5}, "l.txt")
    assert parse(result.text).hyperparameters == (("decay", 0.5),)
    assert "g" in parse(result.text).inputs
