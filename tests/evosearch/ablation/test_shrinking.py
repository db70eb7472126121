"""What is known to be useful stays, and all else goes."""

from evosearch import lower, parse
from evosearch.ablation.journal import Journal
from evosearch.ablation.judge import Judge, Means
from evosearch.ablation.shrinking import possible_changes, shrunk, worths
from evosearch.ablation.variant import Variant
from evosearch.graph.digest import digest
from evosearch.graph.graph import Graph
from evosearch.screening.screen import screen
from tests.support.known_worths import TASKS, Oracle, quiet

PROGRAM = parse("""
def f(g, m, v, z, t):
    z = lerp(tanh(g), z, 0.7)
    m = lerp(arcsin(g) + 0.01 * z, m, 0.9)
    v = lerp(square(g), v, 0.99)
    return m * (1 + 0.1 * cos(t)) / sqrt(v + exp(z)), m, v, z
""")


def useful(graph: Graph) -> float:
    """Momentum and the root of the mean square count, each alone; both in the place they have."""
    ops = [node.op for node in graph.nodes]
    averages = sum(op == "lerp" for op in ops)
    has_root = "sqrt" in ops and "square" in ops
    return -0.5 * (not has_root) - 0.5 * (averages < 2)


def judge(noise: float = 0.0) -> Judge:
    means = Means(TASKS, Oracle(useful, noise), seed=0)
    return Judge(Variant.of(PROGRAM), means, Journal(), quiet)


def test_it_ends_where_everything_left_is_useful() -> None:
    """Two averages, a square and a root, and what holds them together."""
    for noise in (0.0, 0.05):
        one = judge(noise)
        left, steps = shrunk(one)
        graph = lower(left.program)
        assert useful(graph) == 0
        ops = sorted(node.op for node in graph.nodes if node.row is not None)
        assert ops.count("lerp") == 2
        assert not {"tanh", "arcsin", "cos", "exp"} & set(ops)
        assert steps[0].stage == "measured"
        assert steps[0].before > steps[-1].after == len(left.program.statements)
        assert "3 tunings" in steps[0].why or "6 tunings" in steps[0].why


def test_each_part_that_is_left_has_its_worth() -> None:
    """Relative to the program that is left: a half's power of two, as the truth has it."""
    one = judge()
    left, _ = shrunk(one)
    table = worths(one, left)
    graph = lower(left.program)
    assert len(table) == graph.size + len(graph.slots)
    assert {round(worth.speed.speed, 3) for worth in table if worth.speed} <= {0.707, 0.5}
    assert all(bool(worth.instead) == bool(worth.speed) for worth in table)
    assert any("lerp" in worth.node for worth in table)


def test_changes_are_smaller_and_can_be_trained() -> None:
    """There is none that a gate would reject."""
    changes = possible_changes(Variant.of(PROGRAM))
    graphs = [lower(change.variant.program) for change in changes]
    assert all(screen(change.variant.program).facts.gate is None for change in changes)
    assert all(graph.size <= lower(PROGRAM).size for graph in graphs)
    assert all("g" in graph.labels("input") for graph in graphs)
    assert digest(lower(PROGRAM)) not in {digest(graph) for graph in graphs}


def test_what_goes_with_something_larger_is_not_told() -> None:
    """The cosine goes as the argument of the exponential that goes."""
    program = Variant.of(parse("def f(g, m): m = lerp(g, m, 0.9); return m * exp(cos(g)), m"))
    means = Means(TASKS, Oracle(lambda graph: 0.0 if graph.slots else -0.5), seed=0)
    left, (step,) = shrunk(Judge(program, means, Journal(), quiet))
    assert lower(left.program).size == 1
    assert len(step.rules) == 1


def test_a_rule_without_parts_stays() -> None:
    """There is nothing to leave out of plain descent."""
    means = Means(TASKS, Oracle(lambda _: 0.0), seed=0)
    program = Variant.of(parse("def f(g): return g"))
    one = Judge(program, means, Journal(), quiet)
    assert shrunk(one) == (program, [])
    assert worths(one, program) == []
