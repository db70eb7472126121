"""What a direction is a multiple of is given through products and quotients by constants."""

from evosearch import lower, parse
from evosearch.simplification.extraction import PRIMITIVE, Extraction
from evosearch.simplification.loading import load
from evosearch.simplification.multiples import multiples


def costs(expression: str) -> list[int]:
    """What the program of each multiple costs."""
    loaded = load(lower(parse(f"def f(g, t, *, c=2): return {expression}")))
    extraction = Extraction(loaded.egraph, {})
    given = []
    for direction, multiple in multiples(
        loaded.egraph, loaded.direction, extraction.is_factor
    ).items():
        assert loaded.egraph.root(multiple.node) == direction
        chosen = extraction.cheapest(direction)
        assert chosen is not None
        given.append(chosen[0])
    return [cost // PRIMITIVE for cost in given]


def test_multiples_are_positive_and_constant() -> None:
    """The learning rate takes up 3 and c, not -1, and not the step."""
    assert costs("c * (t * g) / 3") == [3, 2, 1]
    assert costs("-(c * (t * g) / 3)") == [4]
    assert costs("t * g") == [1]


def test_the_equations_lead_to_the_multiple() -> None:
    """Each pairs two equal nodes, of which the second is the product or quotient."""
    loaded = load(lower(parse("def f(g): return tanh(g) * 3 / 7")))
    extraction = Extraction(loaded.egraph, {})
    *_, last = multiples(loaded.egraph, loaded.direction, extraction.is_factor).values()
    made = [loaded.egraph.made(node)[0] for _, node in last.equal]
    assert [getattr(row, "name", "") for row in made] == ["divide", "multiply"]
    assert extraction.best_of([loaded.direction, last.node]) == last.node
