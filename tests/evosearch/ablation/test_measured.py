"""The measured stage from end to end, on trainings that take milliseconds."""

from pathlib import Path

import pytest

from evosearch import lower, parse
from evosearch.ablation.journal import Journal
from evosearch.ablation.judge import Means
from evosearch.ablation.measured import simplify_by_training
from evosearch.graph.digest import digest
from evosearch.graph.graph import Graph
from evosearch.search.work import Inline
from tests.support.known_worths import TASKS, Oracle, quiet

PROGRAM = parse("""
def f(g, m, *, beta=0.9127):
    m = lerp(arcsin(g), m, beta)
    return m * (1 + 0.013 * cos(m)), m
""")


def momentum(graph: Graph) -> float:
    return 0.0 if graph.slots else -0.6


def test_what_is_left_is_round_and_read_with_its_worth() -> None:
    """By an oracle who knows that momentum alone counts."""
    means = Means(TASKS, Oracle(momentum), seed=0)
    result = simplify_by_training(PROGRAM, means, Journal(), quiet)
    wanted = parse("def f(g, m, *, beta=0.9): m = lerp(g, m, beta); return m, m")
    assert digest(lower(result.simplified.after)) == digest(lower(wanted))
    assert [step.stage for step in result.simplified.steps] == ["measured", "constants"]
    assert result.simplified.steps[1].rules == ("beta -> 0.9",)
    assert (result.tuned.speed, result.written.speed) == (1, 1)
    assert [worth.node for worth in result.worths] == ["m", "lerp(g, m, beta)"]
    assert [round(worth.speed.speed, 3) for worth in result.worths if worth.speed] == [
        round(2**-0.6, 3)
    ] * 2


def test_an_interrupted_measurement_goes_on(tmp_path: Path) -> None:
    """To the same result, whatever was done before; what was done is not done again."""

    class Interrupted(Inline):
        def __init__(self, after: int) -> None:
            super().__init__()
            self.left = after

        def submit(self, function, *arguments, **loads):  # type: ignore[no-untyped-def]
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt
            return super().submit(function, *arguments, **loads)

    def simplified(work: Inline, path: Path) -> object:
        means = Means(TASKS[:1], work, budget=12, seed=0)
        return simplify_by_training(PROGRAM, means, Journal(path), quiet)

    straight = simplified(Inline(), tmp_path / "straight.jsonl")
    for after in (1, 4):
        with pytest.raises(KeyboardInterrupt):
            simplified(Interrupted(after), tmp_path / "cut.jsonl")
    assert simplified(Inline(), tmp_path / "cut.jsonl") == straight
    trials = [(tmp_path / name).read_text() for name in ("straight.jsonl", "cut.jsonl")]
    assert trials[0] == trials[1]
