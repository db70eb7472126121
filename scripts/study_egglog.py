"""Compares this project's e-graph with egglog's, on known rules in disguise.

Run from the repository's root, with the test extra installed, and egglog besides, which nothing
else needs and which is therefore in no list of requirements:

    pip install egglog
    python -m scripts.study_egglog

Both get the same programs (of every known rule of at most 12 statements, after 5 and 10 random
steps, as in `scripts/study_simplify.py`), constants bound, and the same rules: all of our table
without a condition, translated one by one, with sums, differences, products and quotients of
numbers folded. Both go on until nothing new comes, or there are 2500 nodes; egglog finishes the
iteration that was under way. Neither may rescale directions or states. Each gives the cheapest
direction and new states: ours together, egglog one by one, by the size of trees. Both are then
counted as graphs.

What it gave (egglog 13.2, 542 rules, 40 programs of 322 statements): 277 statements in all by ours,
296 by egglog; ours is smaller in 15 programs, egglog in none. Seconds in the median, the mean and
at most: 0.96, 0.88, 2.7 by ours, in Python, and 0.13, 0.23, 2.8 by egglog (one of two busy cores).
egglog is several times as fast. It chooses the smallest tree of each result for itself, so that
what results share is paid twice: in 5 programs there are more statements than before. Its
iterations have no back-off: with half a second as the limit in place of 2500 nodes, one took 13 s.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean, median
from time import perf_counter
from typing import Any

from evosearch import Program, known_rule, lower, rule_names
from evosearch.graph.builder import GraphBuilder
from evosearch.graph.graph import CONSTANT, Graph, Node
from evosearch.graph.patterns import Application, Literal, Pattern, Variable, read_pattern
from evosearch.simplification.extraction import Extraction
from evosearch.simplification.loading import load, write
from evosearch.simplification.rules import Rule, rules, variables
from evosearch.simplification.saturation import Limits, saturate
from primitives import BUILT_IN, Primitive, fits
from scripts.study_simplify import disguised

_LARGEST = 12
_DEPTHS = (5, 10)
_FOLDED = {
    "a + b": ("(+ a b)", ""),
    "a - b": ("(- a b)", ""),
    "a * b": ("(* a b)", ""),
    "a / b": ("(/ a b)", "(!= b 0.0)"),
}
"""What egglog is told to compute of numbers, how, and when."""

Tree = str | list["Tree"]


@dataclass(frozen=True)
class Outcome:
    """How many statements a rule has after an e-graph, and how long that took."""

    statements: int
    seconds: float


def unconditional() -> list[Rule]:
    return [rule for rule in rules() if not rule.conditions]


def programs(seed: int) -> Iterator[Program]:
    for depth in _DEPTHS:
        for name in rule_names():
            rule = known_rule(name)
            if lower(rule).size <= _LARGEST:
                yield disguised(rule, depth, random.Random(f"{seed} {name} {depth} 0"))


def ours(graph: Graph, table: Sequence[Rule]) -> Outcome:
    """Saturates and extracts as `simplify` does."""
    start = perf_counter()
    loaded = load(graph)
    saturate(loaded.egraph, table, Limits())
    states = loaded.states()
    chosen = Extraction(loaded.egraph, states).cheapest(loaded.direction)
    assert chosen is not None, "what was there can be computed"
    size = write(loaded.egraph, loaded.direction, states, chosen[1]).size
    return Outcome(size, perf_counter() - start)


def translated(table: Sequence[Rule]) -> str:
    """Writes the operations and rules of a table as a program of egglog."""
    constructors = [
        f"({_constructor(row)} {' '.join('E' * row.arity)})"
        for row in BUILT_IN.operations.values()
        if isinstance(row, Primitive)
    ]
    lines = [f"(datatype E (Num f64) (Var String) {' '.join(constructors)})"]
    lines += [
        f"(rewrite ({_constructor(row)} x y) ({_constructor(row)} y x))"
        for row in BUILT_IN.operations.values()
        if isinstance(row, Primitive) and row.commutative
    ]
    for text, (value, condition) in _FOLDED.items():
        pattern = _pattern(read_pattern(text))
        for name in "ab":
            pattern = pattern.replace(f"v_{name}", f"(Num {name})")
        lines.append(f"(rule ((= e {pattern}) {condition}) ((union e (Num {value}))))")
    lines += [
        f"(rewrite {_pattern(rule.left)} {_pattern(rule.right)})"
        for rule in table
        if set(variables(rule.right)) <= set(variables(rule.left))
    ]
    return "\n".join(dict.fromkeys(lines))


def _constructor(row: Primitive) -> str:
    return f"op_{row.name}_{row.arity}"


def _pattern(pattern: Pattern) -> str:
    match pattern:
        case Variable(name):
            return f"v_{name}"
        case Literal(value):
            return f"(Num {float(value)!r})"
        case Application(row, operands):
            return f"({' '.join([_constructor(row), *map(_pattern, operands)])})"


def theirs(graph: Graph, table: str, limits: Limits) -> Outcome:
    """Saturates within our limits, and extracts the direction and each new state."""
    from egglog.bindings import EGraph

    egraph = EGraph()
    _run(egraph, table)
    start = perf_counter()
    roots = [graph.direction, *(slot.write for slot in graph.slots)]
    _run(egraph, "\n".join(f"(let $n{i} {_node(node)})" for i, node in enumerate(graph.nodes)))
    for _ in range(limits.rounds):
        (report,) = _run(egraph, "(run 1)")
        (sizes,) = _run(egraph, "(print-size)")
        if not report.report.updated or sum(size for _, size in sizes.sizes) > limits.nodes:
            break
    terms = []
    for root in roots:
        (best,) = _run(egraph, f"(extract $n{root})")
        terms.append(best.termdag.to_string(best.term))
    return Outcome(_graph(graph, terms).size, perf_counter() - start)


def _run(egraph: Any, text: str) -> list[Any]:
    return list(egraph.run_program(*egraph.parse_program(text)))


def _node(node: Node) -> str:
    if node.op == CONSTANT:
        return f"(Num {node.value!r})"
    if node.row is None:
        return f'(Var "{node.op} {node.label}")'
    return f"({_constructor(node.row)} {' '.join(f'$n{operand}' for operand in node.operands)})"


def _graph(graph: Graph, terms: Sequence[str]) -> Graph:
    """Makes the graph of a direction and new states that egglog wrote."""
    builder = GraphBuilder()
    sources = {f"{node.op} {node.label}": node for node in graph.nodes if node.row is None}
    rows = {
        _constructor(row): row for row in BUILT_IN.operations.values() if isinstance(row, Primitive)
    }

    def make(tree: Tree) -> int:
        assert isinstance(tree, list)
        name, *operands = tree
        assert isinstance(name, str)
        if name == "Num":
            return builder.constant(float(str(operands[0])))
        if name == "Var":
            return builder.copy(sources[str(operands[0])], ())
        made = [make(operand) for operand in operands]
        accepted = zip(made, rows[name].accepts, strict=True)
        assert all(fits(builder.nodes[index].kind, most) for index, most in accepted)
        return builder.apply(rows[name], made)

    direction, *written = [make(_parsed(term)) for term in terms]
    slots = [(s.name, s.kind, new) for s, new in zip(graph.slots, written, strict=True)]
    return builder.finish(direction, slots)


def _parsed(term: str) -> Tree:
    """Reads a term: names, numbers, quoted names and parentheses."""
    stack: list[list[Tree]] = [[]]
    for token in re.findall(r'"[^"]*"|[()]|[^\s()"]+', term):
        if token == "(":
            stack.append([])
        elif token == ")":
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(token.strip('"'))
    return stack[0][0]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=0, help="of the disguises (default: 0)")
    arguments = parser.parse_args()
    table = unconditional()
    text = translated(table)
    graphs = [lower(program, bind=True) for program in programs(arguments.seed)]
    pairs = []
    for graph in graphs:
        pairs.append((ours(graph, table), theirs(graph, text, Limits())))
        print(graph.size, *pairs[-1], file=sys.stderr, flush=True)
    print(f"{len(graphs)} programs, {sum(graph.size for graph in graphs)} statements")
    print(f"{len(table)} rules have no condition")
    for name, outcomes in zip(("ours", "egglog"), zip(*pairs, strict=True), strict=True):
        seconds = [outcome.seconds for outcome in outcomes]
        print(
            f"{name}: {sum(outcome.statements for outcome in outcomes)} statements in all; "
            f"seconds {median(seconds):.2f} median, {mean(seconds):.2f} mean, "
            f"{max(seconds):.2f} most"
        )
    print(
        f"smaller by ours in {sum(a.statements < b.statements for a, b in pairs)}, "
        f"by egglog in {sum(a.statements > b.statements for a, b in pairs)}"
    )


if __name__ == "__main__":
    main()
