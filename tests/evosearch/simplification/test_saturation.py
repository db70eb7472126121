"""Rules are applied until nothing new comes of it, within limits that are counts."""

import pytest

from evosearch.graph.lowering import lower
from evosearch.language.library import known_rule
from evosearch.language.parser import parse
from evosearch.simplification.egraph import EGraph
from evosearch.simplification.loading import Loaded, load
from evosearch.simplification.rules import read_rules, rules
from evosearch.simplification.saturation import Limits, saturate
from primitives import PRIMITIVES
from primitives.ranges import ANY


def loaded(expression: str) -> Loaded:
    return load(lower(parse(f"def f(w, g, lr, t): return {expression}")))


@pytest.mark.parametrize("reverse", [False, True])
def test_what_follows_is_found_in_any_order_of_rules(reverse: bool) -> None:
    """A rule that applies only after another one, listed before or after, applies."""
    lines = ["sqrt(square(x)) -> abs(x)", "x * x -> square(x)", "x + x -> 2 * x", "2 * 0.5 -> 1"]
    made = [rule for line in lines[:: -1 if reverse else 1] for rule in read_rules(line)]
    one = loaded("sqrt(w * g)")
    egraph = one.egraph
    w, g = (egraph.leaf(node, ANY) for node in one.graph.nodes[:2])
    egraph.union(w, g, "given")
    assert saturate(egraph, made, Limits())
    assert egraph.root(one.direction) == egraph.apply(PRIMITIVES["abs"], [w])


def test_it_ends_where_nothing_is_new() -> None:
    """Without a limit being reached, if a few rules have finitely many consequences."""
    one = loaded("w + (g + (lr + t))")
    both = [rule for line in ["(x + y) + z -> x + (y + z)"] for rule in read_rules(line)]
    assert saturate(one.egraph, both, Limits(nodes=10_000, rounds=30, applications=10_000))
    # Four values are summed in 15 ways up to order, of 11 sums of two or more of them.
    sums = [c for c in one.egraph.classes.values() if c.rows]
    assert len(sums) == 11


def test_limits_stop_it() -> None:
    """The number of nodes, and of rounds."""
    graph = lower(known_rule("adamw"), bind=True)
    few = load(graph)
    assert not saturate(few.egraph, rules(), Limits(nodes=200))
    assert 200 < len(few.egraph) < 300
    one_round, two_rounds = load(graph), load(graph)
    saturate(one_round.egraph, rules(), Limits(rounds=1))
    saturate(two_rounds.egraph, rules(), Limits(rounds=2))
    assert len(one_round.egraph) < len(two_rounds.egraph)


def test_it_is_the_same_every_time() -> None:
    """Classes and nodes, in their order."""

    def written(egraph: EGraph) -> list[object]:
        return [
            (number, [(row.name, operands) for row, operands, _ in egraph.nodes(number)])
            for number in egraph.classes
        ]

    first, second = (load(lower(known_rule("adamw"))) for _ in range(2))
    saturate(first.egraph, rules(), Limits(nodes=800))
    saturate(second.egraph, rules(), Limits(nodes=800))
    assert written(first.egraph) == written(second.egraph)
