"""Writes a rule as mathematics: an equation for each state, for the direction and the weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from evosearch.export.formulas.latex_style import LATEX
from evosearch.export.formulas.plain_style import PLAIN
from evosearch.export.formulas.row_terms import RANKS, applied, is_named
from evosearch.export.formulas.rule_symbols import symbols_of
from evosearch.export.formulas.styles import CODE
from evosearch.export.formulas.symbols import BEFORE, DECAY, NOW, RATE, WEIGHTS, Symbol
from evosearch.export.formulas.term_making import multiplied, negated, summed
from evosearch.export.formulas.term_making import number as number_term
from evosearch.export.formulas.terms import Letter, Rank, Term, rank_of
from evosearch.export.notation.statements import Assignment, arrange
from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, INPUT, SLOT, SOURCES, Graph
from evosearch.graph.patterns import match, read_pattern
from evosearch.graph.value_ranges import hyperparameter_domains, needs_guard, ranges
from evosearch.language.number_text import number


@dataclass(frozen=True, slots=True)
class Equation:
    """Holds an equation, `left = right`, in three notations."""

    plain: str
    """Mathematics as text: `m_t = β₁ m_{t-1} + (1 − β₁) g_t`."""
    code: str
    """The same as Python has it: `m[t] = beta1*m[t-1] + (1 - beta1)*g[t]`."""
    latex: str


def equations(graph: Graph) -> list[Equation]:
    """Gives the new states, values that are used twice, the direction and, last, the weights.

    `m_{t-1}` is a state before the step and `m_t` after it. An average that is corrected for its
    start at zero, `m_t / (1 − β^t)`, has a hat.
    """
    every = list(_Definitions(graph).every())
    plain, code, latex = (
        [f"{style.symbol(left)} = {style.write(right)}" for left, right in every]
        for style in (PLAIN, CODE, LATEX)
    )
    return list(map(Equation, plain, code, latex))


def aligned(graph: Graph, environment: str = "aligned") -> str:
    """Writes the equations as one environment of LaTeX, an equation a line."""
    lines = [equation.latex.replace("=", "&=", 1) for equation in equations(graph)]
    body = " \\\\\n".join(f"  {line}" for line in lines)
    return f"\\begin{{{environment}}}\n{body}\n\\end{{{environment}}}"


def explanations(graph: Graph) -> list[str]:
    """Tells what the formulas leave unsaid, such as `greater: 1 where a > b, else 0`.

    These are the definitions of operations that are no common notation, and of those whose
    special case can occur.
    """
    node_ranges = ranges(graph, hyperparameter_domains(graph))
    definitions = {
        node.op: f"{node.op}: {node.primitive.definition}"
        for node in graph.nodes
        if node.op not in SOURCES and (needs_guard(node, node_ranges) or is_named(node.primitive))
    }
    return list(definitions.values())


class _Definitions:
    """Defines what a rule computes, one symbol after the other."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._ranges = ranges(graph, hyperparameter_domains(graph))
        self._symbols = symbols_of(graph)
        self._abbreviations = self._symbols.abbreviations()
        self._values: dict[int, Term] = {}
        """The sources, and the nodes that have a symbol by now."""
        for index, node in enumerate(graph.nodes):
            if node.op == CONSTANT:
                self._values[index] = number_term(number(node.value))
            elif node.op in SOURCES:
                rank = Rank.FIXED if node.op == HYPERPARAMETER else RANKS[node.kind]
                symbol = self._symbols.of_source(node)
                self._values[index] = Letter(symbol, rank, old=node.op == SLOT)

    def every(self) -> Iterator[tuple[Symbol, Term]]:
        """Yields the symbols in an order in which each is defined before it is used."""
        graph, direction = self._graph, self._symbols.direction
        hats = _corrected(graph)
        arranged = arrange(graph, hats)
        read = {i for node in graph.nodes for i in node.operands}
        read |= {slot.write for slot in graph.slots}
        defined = False
        for assignment in arranged.ordered:
            index = assignment.node
            is_direction = assignment.slot is None and index == graph.direction
            unknown = index not in self._values
            computes = unknown and arranged.names.get(index) == assignment.name
            if is_direction and not (computes and index in read):
                continue  # it comes last
            right = self._applied(index) if computes else self._value(index)
            symbol = direction if is_direction else self._symbol(assignment, hats)
            yield symbol, right
            if computes:
                self._values[index] = Letter(symbol, max(Rank.FIXED, rank_of(right)))
            defined = defined or is_direction
        if not defined:
            yield direction, self._value(graph.direction)
        yield WEIGHTS.at(NOW), _moved(direction)

    def _symbol(self, assignment: Assignment, hats: Mapping[int, str]) -> Symbol:
        if assignment.slot:
            return self._symbols.states[assignment.slot.name].at(NOW)
        state = hats.get(assignment.node)
        hat = self._symbols.with_hat(state) if state else None
        return hat or next(self._abbreviations)

    def _value(self, index: int) -> Term:
        return self._values[index] if index in self._values else self._applied(index)

    def _applied(self, index: int) -> Term:
        node = self._graph.nodes[index]
        operands = [self._value(operand) for operand in node.operands]
        return applied(node.primitive, node.kind, needs_guard(node, self._ranges), operands)


def _corrected(graph: Graph) -> dict[int, str]:
    """Finds averages that are corrected for their start at zero, and names their states."""
    written = {slot.write: slot.name for slot in reversed(graph.slots)}
    pattern = read_pattern("a / (1 - b ** c)")
    corrected: dict[int, str] = {}
    for index in range(len(graph.nodes)):
        for bound in match(pattern, graph.nodes, index, {}):
            base, exponent = graph.nodes[bound["b"]], graph.nodes[bound["c"]]
            fixed = base.op in (HYPERPARAMETER, CONSTANT)
            counts = exponent.op == INPUT and exponent.label == "t"
            state = written.get(bound["a"], "")
            if fixed and counts and len(state) == 1 and index != graph.direction:
                corrected[index] = state
    return corrected


def _moved(direction: Symbol) -> Term:
    """Makes the weights after the step that the trainer takes along a direction."""
    rate, decay = Letter(RATE, Rank.STEP), Letter(DECAY, Rank.STEP)
    weights = Letter(WEIGHTS.at(BEFORE), Rank.TENSOR, old=True)
    kept = summed([number_term("1"), negated(multiplied([rate, decay]))])
    step = multiplied([rate, Letter(direction, Rank.TENSOR)])
    return summed([multiplied([kept, weights]), negated(step)])
