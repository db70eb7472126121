"""Asks whether sympy saves a statement of what exact simplification leaves.

Run from the repository's root, with the test extra installed:

    python -m scripts.study_sympy [--bred 60]

Each result (of known rules of at most 12 statements in disguise, as in `scripts/study_simplify.py`
with one copy, and of programs bred at random) is written as formulas of direction and new states,
constants bound. A process that ends after 20 s applies `together`, `cancel`, `factor`, `radsimp`
and `powsimp` to them, each alone; never `simplify`, which takes guards, signs and maxima for what
they are not here. What comes out is written as a program again, by the forms of the primitives'
table, and brought back to averages by our own algebra, since sympy writes each as a sum. Counted
is what then has fewer statements and does the same on both probes, and what cannot be written.

What it gave (60 disguised rules, 60 bred programs): fewer statements in 2 results, one of each
sort, and neither is sympy's algebra. In one, written out as a sum, `g + c * (g - last)` became an
average with the weight 1 + c in our own; in the other an expression of constants was computed. Of
the disguised ones 57 have as many statements; in 2 something has fewer and does something else. Of
the bred ones these are 46 and 7, in 5 something is no text of the language, 1 was not in time.
sympy is not used.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import sympy
from sympy.core.function import AppliedUndef

from evosearch import Program, known_rule, lower, parse, rule_names
from evosearch.errors import EvosearchError
from evosearch.graph.graph import CONSTANT, SOURCES, Graph
from evosearch.graph.value_ranges import hyperparameter_domains, needs_guard, ranges
from evosearch.simplification.check import Behaviour
from evosearch.simplification.rewriting import algebra
from evosearch.simplification.stages import simplify_exactly as simplify
from primitives import BUILT_IN, Primitive
from scripts.study_simplify import bred, disguised

_LARGEST = 12
_DEPTHS = (5, 10, 20)
_DEADLINE = 20.0
_TRIED: tuple[Callable[[Any], Any], ...] = (
    sympy.together,
    sympy.cancel,
    sympy.factor,
    sympy.radsimp,
    sympy.powsimp,
)


def formulas(graph: Graph) -> list[Any]:
    """Gives the direction and each new state as sympy has them."""
    lies = ranges(graph, hyperparameter_domains(graph))
    made: list[Any] = []
    for node in graph.nodes:
        if node.op == CONSTANT:
            made.append(sympy.Rational(f"{node.value:.12g}"))
        elif node.op in SOURCES:
            positive = {"positive": True} if node.label == "t" else {}
            made.append(sympy.Symbol(node.label, real=True, **positive))
        else:
            row = node.primitive
            form = row.sympy
            if row.guarded is not None and row.guarded.sympy and needs_guard(node, lies):
                form = row.guarded.sympy
            made.append(form(*(made[operand] for operand in node.operands)))
    return [made[graph.direction], *(made[slot.write] for slot in graph.slots)]


@cache
def _forms() -> tuple[Mapping[Any, str], Mapping[Any, str]]:
    """Reads off the table which operation a function of sympy is, and which an exponent."""
    x = sympy.Symbol("x", real=True)
    functions: dict[Any, str] = {}
    exponents: dict[Any, str] = {}
    for row in BUILT_IN.operations.values():
        if isinstance(row, Primitive) and row.arity == 1:
            form = row.sympy(x)
            if isinstance(form, sympy.Function) and form.args == (x,):
                functions.setdefault(form.func, row.name)
            elif isinstance(form, sympy.Pow) and form.base == x:
                exponents.setdefault(form.exp, row.name)
    return functions, exponents


def text(formula: Any) -> str:
    """Writes a formula in the language.

    Raises:
        KeyError: it has something that the table has not.
    """
    functions, exponents = _forms()
    if formula.is_Symbol:
        return str(formula)
    if formula.is_Number:
        return f"({float(formula)!r})"
    parts = [text(part) for part in formula.args]
    if formula.is_Add:
        return f"({' + '.join(parts)})"
    if formula.is_Mul:
        over, under = formula.as_numer_denom()
        if under != 1:
            return f"({text(over)} / {text(under)})"
        return f"({' * '.join(parts)})"
    if formula.is_Pow:
        name = exponents.get(formula.exp)
        return f"{name}({parts[0]})" if name else f"({parts[0]} ** {parts[1]})"
    if isinstance(formula, sympy.Max | sympy.Min):
        result = parts[0]
        for part in parts[1:]:
            result = f"{'max' if isinstance(formula, sympy.Max) else 'min'}({result}, {part})"
        return result
    name = formula.func.__name__ if isinstance(formula, AppliedUndef) else functions[formula.func]
    return f"{name}({', '.join(parts)})"


def rewritten(graph: Graph) -> list[list[str] | None]:
    """Gives what each function of sympy makes of a rule's formulas; None where it is no text."""
    made: list[list[str] | None] = []
    before = formulas(graph)
    for function in _TRIED:
        after = [function(formula) for formula in before]
        try:
            made.append([text(formula) for formula in after] if after != before else [])
        except KeyError:
            made.append(None)
    return made


def in_time(graph: Graph) -> list[list[str] | None] | None:
    """Runs that in a process which is ended at the deadline; None if it was, or if it failed."""
    context = multiprocessing.get_context("fork")
    results, given = context.Pipe(duplex=False)
    process = context.Process(target=lambda: given.send(rewritten(graph)))
    process.start()
    given.close()
    try:
        return results.recv() if results.poll(_DEADLINE) else None
    except EOFError:
        return None
    finally:
        process.kill()
        process.join()


def programs(count: int) -> Iterator[Program]:
    for depth in _DEPTHS:
        for name in rule_names():
            if lower(known_rule(name)).size <= _LARGEST:
                yield disguised(known_rule(name), depth, random.Random(f"0 {name} {depth} 0"))
    yield from bred(0, count, 30)


def outcome(program: Program) -> str:
    """Says what sympy does to the result of exact simplification."""
    after = simplify(program).after
    graph = lower(after, bind=True)
    made = in_time(graph)
    if made is None:
        return "not in time, or failed"
    before = Behaviour(graph)
    outcomes = {"as many statements"}
    signature = ", ".join([*graph.labels("input"), *(slot.name for slot in graph.slots)])
    for texts in {tuple(one) if one is not None else None for one in made}:
        if texts is None:
            outcomes.add("some not in the language")
        elif texts:
            try:
                other = parse(f"def f({signature}): return {', '.join(texts)}")
            except EvosearchError:
                outcomes.add("some not in the language")
                continue
            shorter = algebra(other)
            best = min(
                [other, *([shorter.program] if shorter else [])], key=lambda one: lower(one).size
            )
            if lower(best).size < graph.size:
                same = before.factor_over(Behaviour(lower(best, bind=True)))
                outcomes.add("fewer, but not the same" if same is None else "fewer statements")
                if same is not None:
                    print(graph.size, lower(best).size, after, best, sep="\n", file=sys.stderr)
    order = ("fewer statements", "fewer, but not the same", "some not in the language")
    return next((one for one in order if one in outcomes), "as many statements")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bred", type=int, default=60, help="programs (default: 60)")
    arguments = parser.parse_args()
    counts: dict[str, Counter[str]] = {"disguised": Counter(), "bred": Counter()}
    every = list(programs(arguments.bred))
    for place, program in enumerate(every):
        kind = "bred" if place >= len(every) - arguments.bred else "disguised"
        counts[kind][outcome(program)] += 1
        if place % 10 == 9:
            print(place + 1, counts, file=sys.stderr, flush=True)
    for kind, outcomes in counts.items():
        print(kind, dict(outcomes))


if __name__ == "__main__":
    main()
