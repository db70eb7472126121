"""What people are told of a simplification, line by line."""

from evosearch import parse
from evosearch.ablation.difference import Difference
from evosearch.ablation.measured import Measured
from evosearch.ablation.shrinking import Worth
from evosearch.cli.simplify_text import told
from evosearch.simplification.result import FirstSteps, Simplified, Step

BEFORE = parse("def f(g, m): m = lerp(g, m, 0.9); return tanh(m), m")
AFTER = parse("def f(g, m): m = lerp(g, m, 0.9); return m, m")
STEP = Step("behaviour", 2, 1, "it never acts", ("tanh(...) -> ...",))


def text(simplified: Simplified, measured: Measured | None = None) -> str:
    return "\n".join(told(simplified, measured, "file f.py"))


def test_steps_say_what_went_and_why() -> None:
    """And what the learning rate takes up."""
    story = text(Simplified(BEFORE, AFTER, 2.5, (STEP,), ("algebra", "algebra")))
    assert story.splitlines()[:4] == [
        "# file f.py; 2 statements become 1, 1 state slots 1",
        "behaviour: 2 statements become 1",
        "  it never acts",
        "    tanh(...) -> ...",
    ]
    assert "dropped, as the probes show a difference: 2 (algebra)" in story
    assert "2.5 times the learning rate" in story
    assert story.endswith("return m, m")


def test_what_vanishes_is_told_after_the_program() -> None:
    """With the last step in which it matters, and what would be left."""
    first = FirstSteps(parse("def f(g): return g"), 20, ("lerp(g, m, 0.9) -> g",))
    story = text(Simplified(BEFORE, AFTER, 1.0, (), first_steps=first))
    assert "nothing shorter was found" in story
    assert story.index("return m, m") < story.index("differs in the first 20 steps")
    assert story.index("lerp(g, m, 0.9) -> g") < story.index("return g", story.index("differs"))


def test_worth_is_told_with_its_interval() -> None:
    """Of each part, and of the whole with constants tuned and as they stand."""
    slower, same = Difference(0.8, 0.75, 0.9, 3), Difference(1.0, 0.95, 1.05, 6)
    given_up = Difference(0.3, 0.2, 0.4, 1, given_up=True)
    worths = (
        Worth("m", "0", slower),
        Worth("lerp(g, m, 0.9)", "g", given_up),
        Worth("tanh(g)", "", None),
    )
    story = text(
        Simplified(BEFORE, AFTER, 1.0, (STEP,)),
        Measured(
            ("spirals", "mine"), Simplified(BEFORE, AFTER, 1.0, (STEP,)), worths, same, slower
        ),
    )
    assert "on spirals, mine" in story
    assert "  m                by 0  0.80 [0.75, 0.90]\n" in story
    assert "  tanh(g)                nothing that trains is left\n" in story
    assert "  lerp(g, m, 0.9)  by g  0.30 [0.20, 0.40], given up early\n" in story
    assert "  1.00 [0.95, 1.05] (no difference) with its constants tuned\n" in story
    assert "  0.80 [0.75, 0.90] (slower) with the constants below\n" in story
