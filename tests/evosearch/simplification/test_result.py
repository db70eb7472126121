"""Results of stages are joined."""

from evosearch import parse
from evosearch.simplification.result import Simplified, Step

A, B, C = (parse(f"def f(g): return {text}") for text in ("6 * -(-g)", "6 * g", "g"))


def test_a_result_goes_on_from_another() -> None:
    """Factors multiply; steps and what was dropped come one after the other."""
    one = Simplified(A, B, 1.0, (Step("first", 3, 1, "so"),), ("x",))
    two = Simplified(B, C, 6.0, (Step("second", 1, 0, "too"),), ("y",))
    joined = one.then(two)
    assert (joined.before, joined.after, joined.factor) == (A, C, 6.0)
    assert [step.stage for step in joined.steps] == ["first", "second"]
    assert joined.dropped == ("x", "y")
