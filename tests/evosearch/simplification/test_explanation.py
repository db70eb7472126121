"""The rules by which a result equals what was there are named."""

from evosearch import lower, parse
from evosearch.simplification.explanation import rules_used
from evosearch.simplification.extraction import Extraction
from evosearch.simplification.loading import load
from evosearch.simplification.rules import read_rules
from evosearch.simplification.saturation import Limits, saturate


def used(text: str, *lines: str) -> list[str]:
    """What is named if these lines are the rules and the cheapest program is taken."""
    loaded = load(lower(parse(f"def f(w, g, t): return {text}")))
    egraph = loaded.egraph
    saturate(egraph, [rule for line in lines for rule in read_rules(line)], Limits())
    chosen = Extraction(egraph, {}).cheapest(loaded.direction)
    assert chosen is not None
    root = egraph.root(loaded.direction)
    return rules_used(egraph, [(loaded.direction, chosen[1][root][2])], chosen[1])


ABS, SIGN, TWICE = "sqrt(square(x)) -> abs(x)", "x / abs(x) -> sign(x)", "x + x -> 2 * x"


def test_the_rules_on_the_way_are_named_and_no_others() -> None:
    """One that made another match, inside a congruence; not one that led nowhere shorter."""
    assert used("tanh(g / sqrt(square(g))) * (w + w)", ABS, SIGN, TWICE) == [ABS, SIGN]
    assert used("tanh(w + w)", ABS, SIGN, TWICE) == []


def test_what_made_a_number_is_named() -> None:
    """Where a rule matched a number that something was found to be, by which rule it was."""
    none, one = "0 ** x -> 0 if nonzero(x)", "x / 1 -> x"
    assert used("g / (1 - 0 ** t)", none, one, ABS) == sorted([none, one])


def test_what_made_two_operands_equal_is_named() -> None:
    """Where a variable stands in two places of a pattern."""
    same = "max(x, x) -> x"
    assert used("max(abs(g), sqrt(square(g)))", same, ABS) == sorted([same, ABS])
