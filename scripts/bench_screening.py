"""Measures how fast candidates are bred and screened, and what becomes of a long stream of them.

    python scripts/bench_screening.py                    # times of each step, one core
    python scripts/bench_screening.py --stream 50000     # a table of a stream, some minutes

The times are of AdamW's descendants with 10 to 25 statements, each bred by a few mutations: the
median over all of them, each timed once. `kinds` is the check that every Program makes of itself;
`mutate` includes it. The total is that of a candidate that no cache knows.

The stream is regularized evolution as in a search (population and tournament of the paper), with
a fitness that is quick to get: the loss that a rule reaches on a noisy, ill-conditioned quadratic.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from evosearch import Program, known_rule
from evosearch.graph.digest import digest
from evosearch.graph.graph import Graph
from evosearch.graph.interpreter import Interpreter
from evosearch.graph.lowering import lower
from evosearch.language.liveness import live_statements
from evosearch.language.program import infer_slot_kinds
from evosearch.scoring.evaluation import Result
from evosearch.screening.fingerprint import fingerprint
from evosearch.screening.fingerprint_index import FingerprintIndex
from evosearch.screening.gates import Evidence, first_rejection
from evosearch.search.candidate import DUPLICATE, REJECTED, Candidate
from evosearch.search.config_values import make_config
from evosearch.search.evolution import Evolution
from evosearch.search.memory import Memory
from evosearch.search.mutations import mutate
from evosearch.search.space import SearchSpace, prepare
from primitives import NumpySegments
from proxies.keys import generator

MOST_MUTATIONS = 12
CONFIG = make_config({}, "defaults")


def parents(count: int) -> list[Program]:
    """Descendants of AdamW with 10 to 25 statements."""
    start = prepare(known_rule("adamw"), CONFIG.spare_slots)
    language = SearchSpace(CONFIG.primitives, CONFIG.longest, CONFIG.mutations)
    chosen: list[Program] = []
    number = 0
    while len(chosen) < count:
        draw = generator("bench", 0, number)
        number += 1
        program = start
        for _ in range(int(draw.integers(1, MOST_MUTATIONS))):
            program, _ = mutate(program, draw, language)
        if 10 <= len(program.statements) <= 25:
            chosen.append(program)
    return chosen


def time_steps(programs: Sequence[Program]) -> dict[str, float]:
    """Median seconds of each step."""
    language = SearchSpace(CONFIG.primitives, CONFIG.longest, CONFIG.mutations)
    times: dict[str, list[float]] = {}

    def note(name: str, function: Callable[..., Any], *arguments: Any) -> Any:
        start = time.perf_counter()
        result = function(*arguments)
        times.setdefault(name, []).append(time.perf_counter() - start)
        return result

    index = FingerprintIndex()
    for number, parent in enumerate(programs):
        child, _ = note("mutate", lambda p=parent, n=number: mutate(p, generator("b", n), language))
        note("kinds", infer_slot_kinds, child)
        graph: Graph = note("canonical form", lambda c=child: lower(c, bind=True))
        note("canonical hash", digest, graph)
        evidence: Evidence = note("probe", lambda g=graph: probed(g))
        if note("gates", first_rejection, evidence) is None:
            vector = note("fingerprint vector", fingerprint, evidence.trace)
            if note("look up", index.find, vector) is None:
                index.add(vector)
    return {name: statistics.median(own) for name, own in times.items()}


def probed(graph: Graph) -> Evidence:
    evidence = Evidence(graph)
    assert evidence.trace is not None
    return evidence


def report_times(count: int) -> None:
    medians = time_steps(parents(count))
    for name, seconds in medians.items():
        print(f"{name:<20} {seconds * 1e6:6.0f} us")
    total = sum(seconds for name, seconds in medians.items() if name != "kinds")
    print(f"{'total':<20} {total * 1e6:6.0f} us, {1 / total:.0f} candidates per second")


DIMENSION, STEPS = 20, 40
CURVATURE = np.geomspace(0.01, 1.0, DIMENSION)
SEGMENTS = NumpySegments((12, 7, 1))


def quadratic_fitness(graph: Graph, update_size: float) -> float:
    """Minus the logarithm of the loss after some steps, at the best of a few learning rates."""
    draw = generator("quadratic", 0)
    start = draw.standard_normal(DIMENSION)
    noise = 0.1 * draw.standard_normal((STEPS, DIMENSION))
    best = np.inf
    for rate in (0.02, 0.1, 0.5):
        interpreter = Interpreter(graph, SEGMENTS)
        w = start.copy()
        for step in range(STEPS):
            lr = rate / update_size * (1 - step / STEPS)
            with np.errstate(all="ignore"):
                u = interpreter.step(w=w, g=CURVATURE * w + noise[step], lr=lr, t=step + 1)
                w = w - lr * u
        with np.errstate(all="ignore"):
            loss = float(np.sum(CURVATURE * w * w))
        best = min(best, loss) if np.isfinite(loss) else best
    return float(-np.log(best + 1e-12)) if np.isfinite(best) else -50.0


def stream(total: int, rows: int) -> None:
    """Breeds `total` candidates and prints, for each part of the stream, what became of them."""
    config = make_config({"restart_after": 10**9}, "defaults")
    evolution = Evolution(config, [known_rule("adamw")], Memory.in_ram())
    part: list[Candidate] = []
    seen, breeding = 0, 0.0
    print("| candidates | dead statements | cache hits | rejected | by gate | statements |")
    print("|---|---|---|---|---|---|")
    block = 0
    while seen < total:
        start = time.perf_counter()
        bred = evolution.breed(block, config.block)
        breeding += time.perf_counter() - start
        block += 1
        results = {
            c.id: Result(
                quadratic_fitness(lower(c.program, bind=True), c.facts.update_size), True, {}
            )
            for c in bred
            if c.entrant
        }
        evolution.commit(bred, results)
        part += bred
        seen += len(bred)
        if len(part) >= total // rows or seen >= total:
            print_row(seen, part)
            part = []
    print(f"bred and screened {seen / breeding:.0f} candidates per second, caches included")


def print_row(seen: int, part: Sequence[Candidate]) -> None:
    count = len(part)
    dead = sum(len(c.program.statements) - len(live_statements(c.program)) for c in part)
    statements = sum(len(c.program.statements) for c in part)
    valid = [c for c in part if c.outcome != REJECTED]
    hits = sum(c.outcome == DUPLICATE for c in part)
    gates = Counter(c.facts.gate for c in part if c.facts.gate)
    shares = ", ".join(f"{name} {n / count:.1%}" for name, n in gates.most_common())
    print(
        f"| {seen} | {dead / statements:.0%} | {hits / max(1, len(valid)):.0%} of the valid "
        f"| {(count - len(valid)) / count:.0%} | {shares} | {statements / count:.1f} |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--programs", type=int, default=2000, help="timed (default: 2000)")
    parser.add_argument("--stream", type=int, default=0, help="candidates to breed instead")
    parser.add_argument("--rows", type=int, default=10, help="of the stream's table (default: 10)")
    given = parser.parse_args()
    if given.stream:
        stream(given.stream, given.rows)
    else:
        report_times(given.programs)


if __name__ == "__main__":
    main()
