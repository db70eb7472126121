"""The cheapest program is chosen: shared values are paid once, states with what they become."""

import itertools
import random

import pytest

from evosearch import known_rule, lower, parse
from evosearch.graph.graph import SLOT, Node
from evosearch.simplification.egraph import EGraph
from evosearch.simplification.extraction import OF_CONSTANTS, PRIMITIVE, Extraction
from evosearch.simplification.loading import Loaded, load, write
from evosearch.simplification.rules import rules
from evosearch.simplification.saturation import Limits, saturate


def extracted(loaded: Loaded) -> tuple[int, str]:
    """The cost, and the operations of the graph that is chosen."""
    states = loaded.states()
    chosen = Extraction(loaded.egraph, states).cheapest(loaded.direction)
    assert chosen is not None
    graph = write(loaded.egraph, loaded.direction, states, chosen[1])
    return chosen[0], " ".join(node.op for node in graph.nodes if node.operands)


def equal(loaded: Loaded, left: str, right: str) -> None:
    """Says that two values, by the operation that makes them, are equal."""
    numbers = {
        node.op: number
        for node, number in zip(loaded.graph.nodes, loaded.numbers, strict=True)
        if node.operands
    }
    loaded.egraph.union(numbers[left], numbers[right], "given")
    loaded.egraph.rebuild()


def test_what_is_shared_is_paid_once() -> None:
    """A longer way is taken if the rest of the program goes most of it anyway."""
    text = "def f(w, g): return tanh({}) * sinh(tan(exp(w))) + 0 * g"
    loaded = load(lower(parse("def f(w): return sin(w) * cosh(tan(exp(w)))")))
    assert extracted(loaded)[0] == 5 * PRIMITIVE
    equal(loaded, "sin", "tan")
    cost, operations = extracted(loaded)
    assert (cost, operations.split()) == (3 * PRIMITIVE, ["sin", "cosh", "multiply"])
    assert "{}" in text


def test_a_state_is_paid_with_what_it_becomes() -> None:
    """Reading a state costs what making its next value costs."""
    loaded = load(lower(parse("def f(w, g, m): return sin(m) + tanh(exp(g)), cosh(sinh(tan(w)))")))
    assert extracted(loaded)[0] == 7 * PRIMITIVE
    equal(loaded, "sin", "tanh")
    cost, operations = extracted(loaded)
    # x + x is not simplified here, as no rule is applied; the builder of graphs leaves it too.
    assert (cost, operations.split()) == (3 * PRIMITIVE, ["exp", "tanh", "add"])


def test_what_a_tuner_takes_for_one_constant_costs_less() -> None:
    """An expression of named constants alone."""
    assert extracted(load(lower(parse("def f(g, *, a=3, b=2): return a * b * g"))))[0] == (
        PRIMITIVE + OF_CONSTANTS
    )


def test_no_weight_is_larger_than_it_may_be() -> None:
    """A weight that equals a tensor is computed as what holds one number per tensor."""
    loaded = load(lower(parse("def f(w, g): return lerp(w, g, mean(exp(w))) + tanh(g)")))
    equal(loaded, "mean", "tanh")
    assert extracted(loaded)[1].split().count("mean") == 1


def test_products_with_zero_are_written_as_products() -> None:
    """`lerp(x, 0, a)` is one primitive, and yet not what a reader wants."""
    loaded = load(lower(parse("def f(g): return lerp(g, 0, 0.25)")))
    saturate(loaded.egraph, rules(), Limits(nodes=500))
    assert extracted(loaded) == (PRIMITIVE, "multiply")


@pytest.mark.parametrize("seed", range(6))
def test_a_small_choice_is_the_best_of_all(seed: int) -> None:
    """Held against all choices, one node for each class, in small e-graphs."""
    rng = random.Random(seed)
    loaded = load(
        lower(
            parse(
                "def f(w, g): a = sin(w); b = exp(a); c = tanh(g); d = sinh(c); e = cosh(d); "
                "return max(b, e) * min(a, max(d, c))"
            )
        )
    )
    egraph = loaded.egraph
    inner = [n for n in loaded.numbers if n != loaded.direction and list(egraph.nodes(n))]
    for _ in range(3):
        egraph.union(*rng.sample(inner, 2), "given")
    egraph.rebuild()
    chosen = Extraction(egraph, {}).cheapest(loaded.direction)
    assert chosen is not None
    assert chosen[0] == PRIMITIVE * least(egraph, egraph.root(loaded.direction))


def least(egraph: EGraph, direction: int) -> int:
    """The fewest classes that a choice without a cycle needs."""
    inner = [n for n, one in egraph.classes.items() if not one.leaves]
    best = len(inner) + 1
    for choice in itertools.product(*(list(egraph.nodes(n)) for n in inner)):
        operands = {n: node[1] for n, node in zip(inner, choice, strict=True)}
        order: list[int] = []

        def visit(n: int, above: tuple[int, ...]) -> bool:
            if n in above:
                return False
            if n not in order and n in operands:  # noqa: B023
                if not all(visit(o, (*above, n)) for o in operands[n]):  # noqa: B023
                    return False
                order.append(n)  # noqa: B023
            return True

        if visit(direction, ()):
            best = min(best, len(order))
    return best


def test_a_state_that_is_not_in_the_egraph_gives_nothing() -> None:
    """Where an old value cannot be made of what is to be held."""
    loaded = load(lower(known_rule("lion")))
    source = Node(SLOT, label="m", kind=loaded.graph.slots[0].kind)
    other = loaded.egraph.constant(7.0)
    extraction = Extraction(loaded.egraph, {other: (source, other)})
    assert extraction.cheapest(loaded.direction) is None
