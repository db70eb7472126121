"""What stands in a program in the place of what in a rule, in words."""

from __future__ import annotations

import pytest

from evosearch import lower, parse
from evosearch.graph.graph import Graph
from evosearch.recognition.contexts import Context, cuts, holes
from evosearch.recognition.differences import Named, differences

RULE = "def f(g, m, *, b=0.9): m = lerp({average}, m, b); return {result}, m"
NAMES = {"m": "m", "b": "b", "s": "s"}


def graph(average: str = "g", result: str = "sign(m)") -> Graph:
    return lower(parse(RULE.format(average=average, result=result)))


def whole(one: Graph) -> Named:
    return Named(next(cuts(one, 0)), NAMES)


def told_of_cut(one: Graph, other: Graph) -> str | None:
    """What differs between a program and the rule that a cut makes of it."""
    return differences(whole(other), Named(_like(list(cuts(one, 1)), other), NAMES))


def _like(contexts: list[Context], other: Graph) -> Context:
    wanted = next(cuts(other, 0)).structure.digest
    return next(one for one in contexts if one.structure.digest == wanted)


def test_what_is_added() -> None:
    """What stays and stands elsewhere too, as what becomes a state does, is told with its place."""
    assert told_of_cut(graph(result="sign(m) * tanh(g)"), graph(result="sign(m) * g")) == (
        "sign(m) * tanh(g) in place of sign(m) * g"
    )
    assert told_of_cut(graph(result="cbrt(exp(m)) + g"), graph(result="cbrt(m) + g")) == (
        "cbrt(exp(m)) in place of cbrt(m)"
    )


def test_what_is_missing() -> None:
    """It is the rule then from which something is cut out."""
    one, other = graph(result="cbrt(exp(m)) + g"), graph(result="cbrt(m) + g")
    cut = Named(_like(list(cuts(one, 1)), other), NAMES)
    assert differences(cut, whole(other)) == "m in place of exp(m)"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("m = lerp(g, m, b); return {}(m) + g, m", "exp(m) in place of cbrt(m)"),
        ("return {}(m) + g, lerp(g, m, b)", "exp(old_m) in place of cbrt(old_m)"),
    ],
)
def test_what_is_in_the_place_of_something_else(text: str, told: str) -> None:
    """Around a hole; the old state is told apart from the new one."""
    one, other = (
        lower(parse(f"def f(g, m, *, b=0.9): {text.format(name)}")) for name in ("exp", "cbrt")
    )
    pairs = [
        (Named(rule, NAMES), Named(own, NAMES))
        for own in holes(one)
        for rule in holes(other)
        if own.structure.digest == rule.structure.digest and own.removed == 1
    ]
    assert {differences(*pair) for pair in pairs} == {told}


def test_a_state_that_only_the_program_has() -> None:
    """What it is is told too."""
    text = """def f(g, m, s, *, b=0.9):
    s = s + abs(g)
    m = lerp(g, m, b)
    return cube(exp(sign(m) {} + g) / rms(g)), m, s
"""
    one, other = (lower(parse(text.format(more))) for more in ("* s", ""))
    assert told_of_cut(one, other) == "s * sign(m) in place of sign(m), where s = s + abs(g)"


def test_no_difference_that_can_be_read() -> None:
    """Of the same text no difference is told."""
    hole = next(holes(graph(result="cbrt(m) + g")))
    assert differences(Named(hole, NAMES), Named(hole, NAMES)) is None
