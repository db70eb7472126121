"""Says what a drawing of a rule shows: boxes with texts, and wires between them.

Constants stand in the boxes of the operations that use them, so only values that change have wires.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from evosearch.export.formulas.plain_style import PLAIN
from evosearch.export.formulas.row_terms import applied
from evosearch.export.formulas.rule_symbols import RuleSymbols, symbols_of
from evosearch.export.formulas.symbols import NOW, Symbol
from evosearch.export.formulas.term_making import number as number_term
from evosearch.export.formulas.terms import (
    Call,
    Letter,
    Magnitude,
    Negative,
    Power,
    Product,
    Rank,
    Root,
)
from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, SLOT, SOURCES, Graph, Node
from evosearch.language.number_text import number


class Role(Enum):
    """Says what a box stands for."""

    INPUT = "input"
    OLD_STATE = "old state"
    OPERATION = "operation"
    DIRECTION = "direction"
    NEW_STATE = "new state"


@dataclass(frozen=True, slots=True)
class Box:
    """Is a value with the text that stands for it."""

    text: str
    role: Role


@dataclass(frozen=True, slots=True)
class Wire:
    """Leads from one box to another, by number."""

    source: int
    target: int
    place: int
    """Which operand it is, from 1, where their order matters; else 0."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Holds boxes, the wires between them, and the wires from new states to what they replace."""

    boxes: tuple[Box, ...]
    wires: tuple[Wire, ...]
    feedback: tuple[tuple[int, int], ...]
    """The boxes of a state after and before the step."""


_SIGNS = {"-": "−", "*": "×", "/": "÷", "**": "^", ">=": "≥", "==": "=", "!=": "≠"}
"""How an operator is drawn where the language spells it otherwise."""
_CONSTANT_FIRST = frozenset({"*"})
"""The commutative operators before which a constant is written."""
_OPEN = "□"
"""Stands in an operation's text for a value that comes by a wire."""
_HOLE = Letter(Symbol("x", _OPEN, "x"), Rank.TENSOR)


def picture(graph: Graph) -> Picture:
    """Finds what a drawing of a graph shows."""
    symbols = symbols_of(graph)
    results = {graph.direction, *(slot.write for slot in graph.slots)}
    fixed = {i for i, n in enumerate(graph.nodes) if n.op in (CONSTANT, HYPERPARAMETER)}
    boxes: list[Box] = []
    wires: list[Wire] = []
    place: dict[int, int] = {}
    for index, node in enumerate(graph.nodes):
        if index in fixed and index not in results:
            continue
        place[index] = len(boxes)
        if node.op in SOURCES:
            role = Role.OLD_STATE if node.op == SLOT else Role.INPUT
            boxes.append(Box(_fixed_text(node, symbols) or _source_text(node, symbols), role))
            continue
        texts = [_fixed_text(graph.nodes[i], symbols) for i in node.operands]
        boxes.append(Box(_operation_text(node, texts), Role.OPERATION))
        open_ones = [i for i, text in zip(node.operands, texts, strict=True) if not text]
        ordered = len(open_ones) > 1 and not node.primitive.commutative
        wires += [
            Wire(place[i], place[index], position * ordered)
            for position, i in enumerate(open_ones, start=1)
        ]
    wires.append(Wire(place[graph.direction], len(boxes), 0))
    boxes.append(Box(symbols.direction.plain, Role.DIRECTION))
    feedback = []
    for slot in graph.slots:
        wires.append(Wire(place[slot.write], len(boxes), 0))
        if slot.read is not None:
            feedback.append((len(boxes), place[slot.read]))
        boxes.append(Box(symbols.states[slot.name].at(NOW).plain, Role.NEW_STATE))
    return Picture(tuple(boxes), tuple(wires), tuple(feedback))


def _source_text(node: Node, symbols: RuleSymbols) -> str:
    return symbols.of_source(node).plain


def _fixed_text(node: Node, symbols: RuleSymbols) -> str:
    """Writes a constant or hyperparameter; gives an empty text for what changes."""
    if node.op == CONSTANT:
        return PLAIN.write(number_term(number(node.value)))
    return _source_text(node, symbols) if node.op == HYPERPARAMETER else ""


def _operation_text(node: Node, texts: Sequence[str]) -> str:
    """Writes an operation with the operands that are constants; the others are `□`, or left out."""
    row = node.primitive
    if row.infix and row.arity == 2:
        sign = _SIGNS.get(row.infix, row.infix)
        if not any(texts):
            return sign
        if row.commutative:
            texts = sorted(texts, key=bool, reverse=row.infix in _CONSTANT_FIRST)
        left, right = (text or _OPEN for text in texts)
        return f"{left}{sign}{right}" if sign == "^" else f"{left} {sign} {right}"
    term = applied(row, node.kind, False, [_HOLE] * row.arity)
    name = term.name if isinstance(term, Call) else row.name
    if any(texts):
        weight = [position for position, text in enumerate(texts) if text] == [row.decay_position]
        if row.commutative or weight:
            return " ".join([name, *filter(None, texts)])
        return f"{name}({', '.join(text or _OPEN for text in texts)})"
    match term:
        case Root(inner) if inner == _HOLE:
            return "√"
        case Magnitude() | Power() | Negative() | Product((), _):
            return PLAIN.write(term)
    return name
