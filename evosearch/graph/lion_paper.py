"""Puts listings of the Lion paper into this language's form.

The paper (arXiv 2302.06675) writes a rule as a function `train` whose first result is subtracted
from the weights: the scheduled learning rate, its scale and the decoupled weight decay are part
of the program. Here the learning rate and the decay are the trainer's, so that structure is
searched apart from scale. Conversion takes them out of the returned update, algebraically, and
says what it took out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from evosearch.graph.builder import GraphBuilder, without_rounding
from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, INPUT, Graph
from evosearch.graph.listing_names import Settled, settled
from evosearch.graph.lowering import lower
from evosearch.language.number_text import number
from evosearch.language.parser import parse
from primitives import BUILT_IN, INFIX, Table

_ADD, _SUBTRACT, _NEGATIVE = INFIX["+", 2], INFIX["-", 2], INFIX["-", 1]
_MULTIPLY, _DIVIDE = INFIX["*", 2], INFIX["/", 2]


@dataclass(frozen=True, slots=True)
class Converted:
    """Holds a listing's rule without learning rate and decay, and notes on what was taken out."""

    graph: Graph
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Term:
    """Is a summand of the update: scale * lr ** power * factors / divisors.

    Factors and divisors are nodes.
    """

    scale: float = 1.0
    power: int = 0
    factors: tuple[int, ...] = ()
    divisors: tuple[int, ...] = ()

    def times(self, other: _Term) -> _Term:
        return _Term(
            self.scale * other.scale,
            self.power + other.power,
            self.factors + other.factors,
            self.divisors + other.divisors,
        )


def convert(
    text: str,
    constants: Mapping[str, float] | None = None,
    source: str = "",
    table: Table = BUILT_IN,
) -> Converted:
    """Puts a listing into this language's form.

    `constants` gives the numbers that a listing only names, such as beta1; `source` is what error
    messages call the listing.

    Raises:
        EvosearchError: the listing is no program, or names a number that is not given.
    """
    listing = settled(text, constants or {}, source or "<listing>")
    graph = lower(parse(listing.text, listing.source, table=table))
    converted, notes = _without_rate(graph, listing)
    listing.refuse_unknown(converted.labels(HYPERPARAMETER))
    return Converted(converted, notes)


def _without_rate(graph: Graph, listing: Settled) -> tuple[Graph, tuple[str, ...]]:
    """Takes learning rate and weight decay out where that can be done; gives notes on it.

    What goes is positive: a rule that was turned around would climb where the listing descends.
    """
    terms = _Sum(graph).terms(graph.direction)
    rest = [term for term in terms if not _is_decay(graph, term)]
    scale = abs(rest[0].scale) if rest else 0.0
    scaled = [replace(term, power=0, scale=term.scale / (scale or 1.0)) for term in terms]
    numbers = [scale, *(term.scale for term in scaled)]
    if any(term.power != 1 for term in terms) or not all(n and math.isfinite(n) for n in numbers):
        return graph, (
            "Nothing was taken out: the update is not the learning rate times a direction.",
        )
    notes = [f"Taken out: the factor lr{_times(scale)}; the trainer multiplies by its own rate."]
    coefficient = _coefficient(graph, [t for t in scaled if _is_decay(graph, t)], listing)
    if coefficient:
        scaled = [term for term in scaled if not _is_decay(graph, term)]
        text, amount = coefficient
        notes.append(
            f"Taken out: decoupled weight decay, {text} * w times that factor; "
            f"give the trainer weight_decay={amount}."
        )
    return _rebuilt(graph, scaled), tuple(notes)


class _Sum:
    """Splits nodes into summands, as far as the learning rate and plain numbers reach."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def terms(self, index: int) -> list[_Term]:
        """Gives the summands that add up to node `index`."""
        node = self._graph.nodes[index]
        plain = self._number(index)
        if plain is not None:
            return [plain]
        if node.row is _ADD:
            a, b = node.operands
            return self.terms(a) + self.terms(b)
        if node.row is _SUBTRACT:
            a, b = node.operands
            return self.terms(a) + [term.times(_Term(-1.0)) for term in self.terms(b)]
        if node.row is _NEGATIVE:
            return [term.times(_Term(-1.0)) for term in self.terms(node.operands[0])]
        if node.row is _MULTIPLY:
            return self._product(index, *node.operands)
        if node.row is _DIVIDE:
            return self._quotient(index, *node.operands)
        return [_Term(factors=(index,))]

    def _product(self, index: int, a: int, b: int) -> list[_Term]:
        for left, right in ((a, b), (b, a)):
            plain = self._number(left)
            if plain is not None:
                return [term.times(plain) for term in self.terms(right)]
        for left, right in ((a, b), (b, a)):
            terms = self.terms(left)
            if all(term.power for term in terms):
                return [term.times(_Term(factors=(right,))) for term in terms]
        return [_Term(factors=(index,))]

    def _quotient(self, index: int, a: int, b: int) -> list[_Term]:
        terms = self.terms(a)
        if all(term.power for term in terms):
            return [term.times(_Term(divisors=(b,))) for term in terms]
        return [_Term(factors=(index,))]

    def _number(self, index: int) -> _Term | None:
        """Gives the node as a product of numbers, hyperparameters and the learning rate.

        The result is None where the node is no such product.
        """
        node = self._graph.nodes[index]
        if node.op == CONSTANT:
            return _Term(node.value)
        if node.op == HYPERPARAMETER:
            return _Term(factors=(index,))
        if node.op == INPUT and node.label == "lr":
            return _Term(power=1)
        if node.row is _MULTIPLY:
            a, b = (self._number(operand) for operand in node.operands)
            return a.times(b) if a is not None and b is not None else None
        return None


def _is_decay(graph: Graph, term: _Term) -> bool:
    """Tells whether a summand is the weights times numbers."""
    nodes = [graph.nodes[index] for index in term.factors]
    others = [node for node in nodes if (node.op, node.label) != (INPUT, "w")]
    return (
        not term.divisors
        and len(nodes) == len(others) + 1
        and all(node.op == HYPERPARAMETER for node in others)
    )


def _coefficient(graph: Graph, terms: Sequence[_Term], listing: Settled) -> tuple[str, str] | None:
    """Writes the sum of the numbers that multiply the weights, and the number that it is.

    What is not given stands in both by its name. None where the sum may not be positive.
    """
    summands: dict[tuple[str, ...], float] = {}
    values: list[float] = []
    known = True
    for term in terms:
        nodes = [graph.nodes[index] for index in term.factors]
        factors = [node for node in nodes if node.op == HYPERPARAMETER]
        known = known and all(node.label not in listing.unknown for node in factors)
        names = tuple(sorted(listing.before.get(node.label, node.label) for node in factors))
        summands[names] = summands.get(names, 0.0) + term.scale
        values.append(term.scale * math.prod(node.value for node in factors))
    total = without_rounding(sum(values))
    # That of an unknown number is 1: it is taken for positive, and what is added must be so too.
    if not (0.0 < total < math.inf and (known or min(values) > 0.0)):
        return None
    texts = [
        " * ".join([number(scale)] * (scale != 1 or not names) + list(names))
        for names, scale in summands.items()
    ]
    text = " + ".join(texts)
    return text if len(texts) == 1 else f"({text})", number(total) if known else text


def _times(scale: float) -> str:
    return "" if scale == 1 else f" * {number(scale)}"


def _rebuilt(graph: Graph, terms: Sequence[_Term]) -> Graph:
    """Gives the graph with another direction: the sum of `terms`, without their learning rate."""
    builder = GraphBuilder()
    new: list[int] = []
    for node in graph.nodes:
        new.append(builder.copy(node, [new[operand] for operand in node.operands]))
    direction = builder.constant(0.0)
    for term in terms:
        value = builder.constant(term.scale)
        for factor in term.factors:
            value = builder.apply(_MULTIPLY, [new[factor], value])
        for divisor in term.divisors:
            value = builder.apply(_DIVIDE, [value, new[divisor]])
        direction = builder.apply(_ADD, [direction, value])
    slots = [(slot.name, slot.kind, new[slot.write]) for slot in graph.slots]
    return builder.finish(direction, slots)
