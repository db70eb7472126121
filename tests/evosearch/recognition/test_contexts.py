"""What is left of a rule when something is cut out of it."""

from __future__ import annotations

import pytest

from evosearch import Program, known_rule, parse
from evosearch.graph.structure import structure, with_named_constants
from evosearch.recognition.contexts import Context, cuts, holes

ADAMW = """def f(g, m, v, t, *, beta1=0.9, beta2=0.999, eps=1e-8):
    m = lerp(g, m, beta1)
    v = lerp({power}(g), v, beta2)
    m_hat = {m_hat}
    v_hat = {v_hat}
    return m_hat / (sqrt(v_hat) + eps), m, v
"""


def adamw(
    power: str = "square", m_hat: str = "m / (1 - beta1**t)", v_hat: str = "v / (1 - beta2**t)"
) -> Program:
    return parse(ADAMW.format(power=power, m_hat=m_hat, v_hat=v_hat))


def digests(contexts: list[Context]) -> dict[str, int]:
    """Of each structure that is left, the fewest statements that are gone."""
    removed: dict[str, int] = {}
    for one in contexts:
        digest = one.structure.digest
        removed[digest] = min(one.removed, removed.get(digest, one.removed))
    return removed


@pytest.mark.parametrize(
    ("program", "removed"),
    [
        (adamw(m_hat="m"), 3),
        (adamw(v_hat="v"), 3),
        (adamw(m_hat="g"), 4),
        (adamw(power="identity"), 1),
        (adamw(m_hat="m / beta1**t"), 1),
    ],
)
def test_a_cut_leaves_the_rule_without_something(program: Program, removed: int) -> None:
    """A person's text of what is left is of the structure of one cut, with so much gone."""
    left = digests(list(cuts(with_named_constants(known_rule("adamw")), 1)))
    assert left[structure(program).digest] == removed


def test_two_cuts() -> None:
    """AdamW without the square and with a bare power of beta1."""
    graph = with_named_constants(known_rule("adamw"))
    wanted = structure(adamw(power="identity", m_hat="m / beta1**t")).digest
    assert digests(list(cuts(graph, 2)))[wanted] == 2
    assert wanted not in digests(list(cuts(graph, 1)))


def test_no_cut_leaves_all() -> None:
    (whole,) = cuts(with_named_constants(known_rule("lion")), 0)
    assert (whole.kept, whole.removed) == (3, 0)
    assert whole.structure.digest == structure(known_rule("lion")).digest


def test_rules_that_differ_in_one_place_share_what_is_around_a_hole() -> None:
    """Two that differ in two places do not."""
    one, other, third = (
        digests(list(holes(with_named_constants(program))))
        for program in (
            adamw(),
            adamw(power="cube"),
            adamw(power="cube", m_hat="m / (1 + beta1**t)"),
        )
    )
    assert min(one[digest] for digest in one.keys() & other.keys()) == 1
    assert not one.keys() & third.keys()


def test_a_hole_has_its_place() -> None:
    """What is made of `g` for the average is not what is made of it for the square."""
    here, there = (
        parse(f"def f(g, m, v): return lerp({a}, m, 0.8) / (v + {b}), {a} + m, v + {b}")
        for a, b in (("exp(g)", "abs(g)"), ("abs(g)", "tanh(g)"))
    )
    assert here != there
    shared = digests(list(holes(with_named_constants(here)))).keys()
    assert not shared & digests(list(holes(with_named_constants(there)))).keys()


@pytest.mark.parametrize("name", ["adamw", "lion", "adagrad"])
def test_two_thirds_are_kept(name: str) -> None:
    """Of no statements, anything would be left."""
    graph = with_named_constants(known_rule(name))
    for context in (*cuts(graph, 1), *cuts(graph, 2), *holes(graph)):
        assert context.kept + context.removed == graph.size
        assert context.kept >= 2 / 3 * graph.size
        assert context.removed > 0
