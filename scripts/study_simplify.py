"""Measures exact simplification: on known rules in disguise, and on programs bred at random.

Run from the repository's root, with the test extra installed:

    python -m scripts.study_simplify --copies 3
    python -m scripts.study_simplify --copies 0 --sample 15

Disguises: every known rule of at most 12 statements, rewritten by 5, 10 and 20 random steps that
keep its meaning (`tests.support.respellings`, and statements that do nothing). Counted are results
with no more statements than the rule had, those that do something else on the probes, proposals
that were dropped for that, and those that took over 20 seconds. Time is of the whole command.

What it gave (seed 0, 3 copies, 180 programs, on one of two busy cores): all 180 are as small as the
rule was, 60 after 5, 10 and 20 steps each. None does anything else, nothing was dropped, none took
over 20 s. Seconds in the median, at 90% and at most: 1.7, 2.6, 4.2 after 5 steps (17 statements on
average), 1.3, 2.3, 3.2 after 10 (34), 1.4, 2.9, 3.7 after 20 (127); of 15 to 25 statements 1.4,
2.7, 4.2.

Bred programs (seed 0, 500 from AdamW, 30 generations each, in which the structure changes and the
gates pass): live statements 9.2 on average and 24 at most, in the graph 8.3 and 24, after the exact
stage 6.0 and 19, with 0.94 states for 1.03; 349 became smaller than their graphs. None does
anything else; 9 proposals were dropped. Seconds in the median, at 90% and at most: 1.9, 4.3, 8.2.

Of the results 33 are identical to a known rule (SGD 27, the sign of the gradient 6), 2 equal up to
constants (momentum), 8 contain one (SGD 6, momentum, Signum), 8 are near one (SGD); 449, or 90%,
are like no known rule. Mutation alone leads away from AdamW: of 30 programs each, AdamW but for one
or two places are 27 after one generation, 10 after two, one after three and none after five
(`--copies 0 --bred 30 --generations 1 --seed 7`). Of 15 results that were looked at (`--sample 15`)
each sentence is true as far as the probes tell; "identical" is that only, where a branch is never
taken there.

egglog and sympy are compared by `scripts/study_egglog.py` and `scripts/study_sympy.py`.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import mean, median, quantiles
from time import perf_counter

import numpy as np

from evosearch import Program, known_rule, lower, rule_names, to_text
from evosearch.graph.structure import structure
from evosearch.language.liveness import live_statements
from evosearch.recognition.recognition import Recognition, recognise
from evosearch.recognition.wording import is_like_none, sentence
from evosearch.screening.screen import screen
from evosearch.search.config import SearchConfig
from evosearch.search.mutations import mutate
from evosearch.search.space import SearchSpace, prepare
from evosearch.simplification.check import Behaviour
from evosearch.simplification.result import Simplified
from evosearch.simplification.stages import simplify_exactly
from proxies.keys import generator
from tests.support.respellings import DISGUISES, RESPELLINGS, assigned_once, with_detours

_LARGEST = 12
_DEPTHS = (5, 10, 20)
_LIMIT_SECONDS = 20.0
_PROGRESS_EVERY = 25


@dataclass(frozen=True)
class Case:
    """A program, what became of it, and how many nodes it need not exceed."""

    name: str
    depth: int
    program: Program
    simplified: Simplified
    wanted: int
    same: bool
    """Whether the result does the same as the rule that was disguised."""
    seconds: float

    @property
    def size(self) -> int:
        return lower(self.simplified.after).size


def with_no_op(program: Program, rng: random.Random) -> Program:
    """A statement that does nothing is put in, or several."""
    for _ in range(100):
        other = with_detours(program, rng)
        if other != program:
            return other
    return program


def disguised(program: Program, depth: int, rng: random.Random) -> Program:
    """The program after so many random steps that keep its meaning."""
    other = assigned_once(program)
    for _ in range(depth):
        other = rng.choice((*DISGUISES, *RESPELLINGS, with_no_op))(other, rng)
    return other


def study_disguises(seed: int, copies: int) -> Iterator[Case]:
    """Simplifies every small known rule in disguises of each depth."""
    for depth in _DEPTHS:
        for name in rule_names():
            rule = known_rule(name)
            wanted = lower(rule).size
            if wanted > _LARGEST:
                continue
            original = Behaviour(lower(rule, bind=True))
            for copy in range(copies):
                program = disguised(rule, depth, random.Random(f"{seed} {name} {depth} {copy}"))
                yield _case(name, depth, program, wanted, original)


def bred(seed: int, count: int, generations: int) -> Iterator[Program]:
    """Programs so many generations of random mutation from AdamW, all of which pass the gates.

    As in a search, a child is mutated until its structure is another than its parent's; neutral
    edits on the way are kept.
    """
    config = SearchConfig()
    space = SearchSpace(config.primitives, config.longest, config.mutations)
    for number in range(count):
        draw = generator("study simplify", seed, number)
        program = prepare(known_rule("adamw"), config.spare_slots)
        for _ in range(generations):
            program = _child(program, draw, space)
        yield program


def _child(parent: Program, draw: np.random.Generator, space: SearchSpace) -> Program:
    before = structure(parent).digest
    while True:
        program = parent
        while structure(program).digest == before:
            mutated = mutate(program, draw, space)
            program = parent if mutated is None else mutated[0]
        if screen(program).facts.gate is None:
            return program


def study_bred(seed: int, count: int, generations: int) -> Iterator[Case]:
    for place, program in enumerate(bred(seed, count, generations)):
        if place % _PROGRESS_EVERY == 0:
            print(f"{place} of {count} bred programs", file=sys.stderr, flush=True)
        graph = lower(program, bind=True)
        yield _case("bred", generations, program, graph.size, Behaviour(graph))


def _case(name: str, depth: int, program: Program, wanted: int, original: Behaviour) -> Case:
    start = perf_counter()
    simplified = simplify_exactly(program)
    seconds = perf_counter() - start
    after = lower(simplified.after, bind=True)
    if simplified.counting:
        original = Behaviour(lower(program, bind=True), counting=True)
    same = original.factor_over(Behaviour(after, simplified.counting)) is not None
    return Case(name, depth, program, simplified, wanted, same, seconds)


def _table(rows: list[tuple[object, ...]]) -> str:
    columns = list(zip(*[[str(cell) for cell in row] for row in rows], strict=True))
    widths = [max(map(len, column)) for column in columns]
    return "\n".join(
        "  ".join(str(cell).rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )


def _times(cases: list[Case]) -> str:
    seconds = [case.seconds for case in cases]
    return f"{median(seconds):.2f} / {quantiles(seconds, n=10)[-1]:.2f} / {max(seconds):.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--copies", type=int, default=5, help="of each rule and depth (default: 5)")
    parser.add_argument("--bred", type=int, default=500, help="programs (default: 500)")
    parser.add_argument("--generations", type=int, default=30, help="of each (default: 30)")
    parser.add_argument("--seed", type=int, default=0, help="of all draws (default: 0)")
    parser.add_argument("--failures", action="store_true", help="print the programs of each")
    parser.add_argument("--sample", type=int, default=0, help="bred programs to print, of all")
    arguments = parser.parse_args()

    cases = list(study_disguises(arguments.seed, arguments.copies))
    rows: list[tuple[object, ...]] = [
        (
            "steps",
            "cases",
            "statements",
            "as small",
            "unlike",
            "dropped",
            "over time",
            "s median / 90% / max",
        )
    ]
    for depth in (*_DEPTHS, 0):
        chosen = [case for case in cases if depth in (0, case.depth)]
        if not chosen:
            continue
        small = sum(case.size <= case.wanted for case in chosen)
        rows.append(
            (
                depth or "all",
                len(chosen),
                f"{mean(len(case.program.statements) for case in chosen):.0f}",
                f"{small} ({small / len(chosen):.1%})",
                sum(not case.same for case in chosen),
                sum(len(case.simplified.dropped) for case in chosen),
                sum(case.seconds > _LIMIT_SECONDS for case in chosen),
                _times(chosen),
            )
        )
    if cases:
        print(_table(rows))
        twenty = [case for case in cases if 15 <= len(case.program.statements) <= 25]
        if len(twenty) > 1:
            print(f"of 15 to 25 statements: {len(twenty)}, s median / 90% / max {_times(twenty)}")
    if arguments.failures:
        for case in cases:
            if case.size > case.wanted or not case.same:
                print("=" * 60, case.name, case.depth, f"{case.wanted} -> {case.size}", sep="\n")
                print(to_text(case.program), to_text(case.simplified.after), sep="\n")
    if arguments.bred:
        bred_cases = list(study_bred(arguments.seed, arguments.bred, arguments.generations))
        _print_bred(bred_cases)
        recognitions = [_recognised(place, case) for place, case in enumerate(bred_cases)]
        _print_recognitions(recognitions)
        every = max(1, len(bred_cases) // max(1, arguments.sample))
        for place in range(0, every * arguments.sample, every):
            print(to_text(bred_cases[place].simplified.after), end="")
            print(sentence("It", recognitions[place]), end="\n\n")


def _recognised(place: int, case: Case) -> Recognition:
    if place % _PROGRESS_EVERY == 0:
        print(f"{place} recognised", file=sys.stderr, flush=True)
    return recognise(case.simplified.after)


def _print_recognitions(recognitions: list[Recognition]) -> None:
    """Prints how many bred programs are which known rule, and how many are like none."""
    relations = Counter("like none" if is_like_none(one) else one.relation for one in recognitions)
    print("recognised:", ", ".join(f"{n} {relation}" for relation, n in relations.most_common()))
    for relation in relations.keys() - {"like none"}:
        rules = Counter(
            one.rule for one in recognitions if one.relation == relation and not is_like_none(one)
        )
        told = ", ".join(f"{rule} {number}" for rule, number in rules.most_common())
        print(f"  {relation}: {told}")


def _print_bred(cases: list[Case]) -> None:
    written = [len(live_statements(case.program)) for case in cases]
    graphs = [lower(case.program).size for case in cases]
    after = [case.size for case in cases]
    slots = [len(lower(case.program).slots) for case in cases]
    left = [len(lower(case.simplified.after).slots) for case in cases]
    rows: list[tuple[object, ...]] = [("bred programs", "mean", "largest")]
    for name, values in (
        ("live statements", written),
        ("statements of the graph", graphs),
        ("after the exact stage", after),
        ("states of the graph", slots),
        ("states after", left),
    ):
        rows.append((name, f"{mean(values):.2f}", max(values)))
    print(_table(rows))
    smaller = sum(a < b for a, b in zip(after, graphs, strict=True))
    print(
        f"{len(cases)} programs; {smaller} smaller than their graphs; "
        f"unlike {sum(not case.same for case in cases)}; "
        f"dropped {sum(len(case.simplified.dropped) for case in cases)}; "
        f"s median / 90% / max {_times(cases)}"
    )


if __name__ == "__main__":
    main()
