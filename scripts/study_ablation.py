"""Tries measured simplification on rules of which it is known what is useful in them.

Run from the repository's root, with the test extra installed:

    python -m scripts.study_ablation --workers 2

Ten small rules, each with one part that is known to be useful (momentum, division by the root of
the mean square, or a sign), get five statements more that do next to nothing, drawn by seed: the
direction departs by less than 15% in the median step of a recorded training. They go through
`simplify --measure`. Counted are the statements of the five that are left, and whether the useful
part is. That it is useful is measured too: how fast the rule is without it, by the same tunings.

Last comes the Lion paper's Program 8, the search's raw find, which should end as Lion.

What it gave (seed 0, spirals and byte_ngrams, 32 trainings per tuning; 1 to 12 minutes of a busy
core each): all 50 planted statements are gone, all 10 useful parts are kept. Of the rules' own
statements 9 went besides: `+ eps` in six rules and a bias correction (three statements) in one,
which make no difference on these tasks. In tunings that chose nothing the results are 0.99 to 1.04
times as fast as what came in; no interval excludes 1. Without its useful part a rule has 0.15 to
0.52 times its speed. Program 8 ends, after 2 to 3 minutes, as 3 statements that are recognised as
`lion with beta1 = 0.9, beta2 = 0.95`.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from time import perf_counter

from evosearch import Program, lower, parse, recognise, to_text
from evosearch.ablation.journal import Journal, journal_name
from evosearch.ablation.judge import BUDGET, Means
from evosearch.ablation.measured import Measured, simplify_by_training
from evosearch.graph.graph import Graph
from evosearch.graph.lion_paper import convert
from evosearch.recognition.wording import sentence
from evosearch.scoring import yardstick_cache
from evosearch.scoring.yardstick import MeasuredTask
from evosearch.screening.contender import contender
from evosearch.search.executor import executor
from evosearch.simplification.pipeline import simplify
from evosearch.simplification.proposal import program_of
from evosearch.simplification.watching import Watched, scenes
from proxies import TASKS, Engine
from tests.evosearch.graph.test_lion_paper import RAW

MOMENTUM, SIZE, SIGN = "momentum", "size", "sign"
RULES = {
    "sgd, momentum": "def rule(g, keep): keep = lerp(g, keep, 0.9); return keep, keep",
    "sgd, size": """
def rule(g, keep):
    keep = lerp(square(g), keep, 0.99)
    update = g / (sqrt(keep) + 1e-8)
    return update, keep""",
    "signsgd, momentum": """
def rule(g, keep):
    keep = lerp(g, keep, 0.9)
    update = sign(keep)
    return update, keep""",
    "rmsprop, momentum": """
def rule(g, v, keep):
    v = lerp(square(g), v, 0.99)
    keep = lerp(g, keep, 0.9)
    update = keep / (sqrt(v) + 1e-8)
    return update, v, keep""",
    "adagrad, momentum": """
def rule(g, total, keep):
    total = total + square(g)
    keep = lerp(g, keep, 0.9)
    update = keep / (sqrt(total) + 1e-8)
    return update, total, keep""",
    "momentum, size": """
def rule(g, m, keep):
    m = lerp(g, m, 0.9)
    keep = lerp(square(g), keep, 0.99)
    update = m / (sqrt(keep) + 1e-8)
    return update, m, keep""",
    "nesterov, size": """
def rule(g, m, keep):
    m = lerp(g, m, 0.9)
    keep = lerp(square(g), keep, 0.99)
    update = lerp(g, m, 0.9) / (sqrt(keep) + 1e-8)
    return update, m, keep""",
    "momentum, sign": """
def rule(g, m):
    m = lerp(g, m, 0.9)
    update = sign(m)
    return update, m""",
    "nesterov, sign": """
def rule(g, m):
    m = lerp(g, m, 0.9)
    update = sign(lerp(g, m, 0.9))
    return update, m""",
    "bias-corrected rmsprop, momentum": """
def rule(g, v, keep, t):
    v = lerp(square(g), v, 0.99)
    keep = lerp(g, keep, 0.9)
    update = keep / (sqrt(v / (1 - 0.99 ** t)) + 1e-8)
    return update, v, keep""",
}
"""Rules and what is useful in them: the state `keep`, or a sign."""
PLANTED = 5
_MARKS = frozenset({"arcsin", "tanh", "sinh", "cos", "minimum"})
"""The operations by which planted statements are known; no rule has one of its own."""
_DEPARTS = 0.15


@dataclass(frozen=True)
class Case:
    """A rule with statements that do next to nothing."""

    name: str
    rule: Program
    program: Program


def planted(name: str, seed: int) -> Case:
    """Puts `PLANTED` statements into a rule, as a function of the seed."""
    rule = parse(RULES[name])
    draw = random.Random(f"{seed} {name}")
    places = scenes(lower(rule))
    training = [scene for scene in places if scene.training]
    watched = Watched(lower(rule), training)
    while True:
        program = _drawn(RULES[name], draw, contender(lower(rule)).update_size)
        graph = lower(program)
        if graph.size != lower(rule).size + PLANTED:
            continue
        departs = [median(watched.departures(graph, scene).tolist()) for scene in training]
        if 0 < max(departs) < _DEPARTS:
            return Case(name, rule, program)


def _drawn(text: str, draw: random.Random, size: float) -> Program:
    """Draws pieces of one to three statements until there are enough, each at some place."""
    header, *body = str(to_text(parse(text))).rstrip().splitlines()
    if "t" not in parse(text).inputs:
        header = header.replace("):", ", t):")
    *statements, last = body
    left = PLANTED
    while left:
        count = draw.randint(1, min(left, 3))
        left -= count
        if count == 3:
            names = ["g", *(line.split(" = ")[0].strip() for line in statements)]
            name = draw.choice([one for one in names if not one.startswith("x")])
            piece = f"    {name} = lerp({name}, {name} * cos(t), 0.03)"
        elif count == 2:
            name = "g"
            piece = f"    {name} = lerp({name}, {draw.choice(('tanh', 'sinh'))}({name}), 0.1)"
        elif draw.random() < 0.5:
            name, piece = "g", f"    g = {draw.choice(('arcsin', 'tanh', 'sinh'))}(g)"
        else:
            name, cap = "update", draw.uniform(4, 8) * size
            piece = f"    update = minimum(update, {cap:.3g})"
        ends = [i for i, line in enumerate(statements) if line.strip().startswith(f"{name} = ")]
        if name != "g" and not ends:
            left += count
            continue
        statements.insert(ends[-1] + 1 if ends else 0, piece)
    return parse("\n".join([header, *statements, last]))


def left_over(graph: Graph) -> int:
    """Counts the planted operations in a graph."""
    return sum(node.op in _MARKS for node in graph.nodes)


def is_kept(case: str, graph: Graph) -> bool:
    """Whether the useful part is still there."""
    if case.endswith("sign"):
        return any(node.op == "sign" for node in graph.nodes)
    return any(slot.name == "keep" for slot in graph.slots)


def measured(program: Program, means: Means, folder: Path) -> Measured:
    exact = simplify(program)
    digests = [task.digest() for task, _ in means.tasks]
    name = journal_name(exact.after, digests, means.budget, means.seed)
    result = simplify_by_training(
        exact.after,
        means,
        Journal(folder / name),
        lambda line: print(f"  {line}", file=sys.stderr, flush=True),
    )
    return replace(result, simplified=exact.then(result.simplified))


def study(names: list[str], means: Means, folder: Path, seed: int) -> Iterator[str]:
    for name in names:
        case = planted(name, seed)
        start = perf_counter()
        result = measured(case.program, means, folder)
        graph = lower(result.simplified.after)
        speed = result.tuned
        yield (
            f"{name:<34} {lower(case.rule).size:>2} + {PLANTED} -> {graph.size}; planted left "
            f"{left_over(graph)}; useful part {'kept' if is_kept(name, graph) else 'LOST'}; speed "
            f"{speed.speed:.2f} [{speed.low:.2f}, {speed.high:.2f}]; {perf_counter() - start:.0f} s"
        )
        yield to_text(result.simplified.after)
        for worth in result.worths:
            if worth.speed:
                yield (
                    f"    {worth.node} by {worth.instead}: {worth.speed.speed:.2f} "
                    f"[{worth.speed.low:.2f}, {worth.speed.high:.2f}]"
                )
        yield "  " + sentence("it", recognise(result.simplified.after))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tasks", default="spirals,byte_ngrams", help="separated by commas")
    parser.add_argument("--budget", type=int, default=BUDGET)
    parser.add_argument("--rule", action="append", choices=[*RULES, "raw"], help="(default: all)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=Path("runs/study_ablation"))
    arguments = parser.parse_args()
    tasks = []
    for name in arguments.tasks.split(","):
        yardstick = yardstick_cache.recorded(TASKS[name])
        assert yardstick is not None, f"{name} has no yardstick on record"
        tasks.append(MeasuredTask(TASKS[name], yardstick))
    chosen = arguments.rule or [*RULES, "raw"]
    with executor(arguments.workers) as work:
        means = Means(tasks, work, arguments.budget, arguments.seed, Engine(compiled=True))
        names = [name for name in chosen if name != "raw"]
        for line in study(names, means, arguments.folder, arguments.seed):
            print(line, flush=True)
        if "raw" in chosen:
            program = program_of(convert(RAW).graph, parse("def raw(g): return g"))
            result = measured(program, means, arguments.folder)
            print(to_text(result.simplified.after))
            print(sentence("raw", recognise(result.simplified.after)))


if __name__ == "__main__":
    main()
