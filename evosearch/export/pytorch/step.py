"""Makes one graph of an optimizer's whole step: what becomes of the parameter and of the states.

A rule gives a direction `u`; the parameter moves by `p <- (1 - lr * weight_decay) * p - lr * u`.
Where `u` is a number times something, as `m / (1 - beta1**t)` is, that number joins the learning
rate, so that no pass over memory is spent on it. Adam's paper does the same at the end of its
section 2: the step size becomes `lr * sqrt(1 - beta2**t) / (1 - beta1**t)`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf

from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, INPUT, SLOT, SOURCES, Graph, Node, Slot
from evosearch.graph.traversal import count_uses, reachable
from evosearch.graph.value_ranges import needs_guard, node_range
from evosearch.language.program import RESERVED
from primitives import PRIMITIVES, Kind, Primitive, Range
from primitives.primitive import Source

WEIGHT_DECAY = "weight_decay"
"""The hyperparameter that every optimizer has besides its rule's own."""

_MOST_EXTREME_FACTOR = 1e6
"""A constant beyond this, or below its reciprocal, stays where it is, lest anything overflow."""


@dataclass(frozen=True)
class Step:
    """Holds nodes in an order where operands come first; `w` among them is the parameter."""

    nodes: tuple[Node, ...]
    ranges: tuple[Range, ...]
    slots: tuple[Slot, ...]
    result: int
    """The node of the new parameter; where nothing moves, the node of what is computed."""
    moves: bool
    """Whether the result is stored in the parameter."""
    direction: int | None = None
    """The node that the parameter moves along."""

    @cached_property
    def numbers(self) -> tuple[bool, ...]:
        """Tells for each node if it depends on numbers alone: step, rate, hyperparameters."""
        are_numbers: list[bool] = []
        for node in self.nodes:
            if node.op in SOURCES:
                given = node.op == INPUT and RESERVED.get(node.label) is Kind.SCALAR
                are_numbers.append(given or node.op in (CONSTANT, HYPERPARAMETER))
            else:
                has_code = bool(node.primitive.scalar_source)
                are_numbers.append(has_code and all(are_numbers[i] for i in node.operands))
        return tuple(are_numbers)

    @cached_property
    def leaves(self) -> tuple[frozenset[str], ...]:
        """Names for each node the inputs and states that it depends on."""
        leaves: list[frozenset[str]] = []
        for node in self.nodes:
            own = {node.label} if node.op in (INPUT, SLOT) else set()
            if node.op not in SOURCES and node.primitive.reduces:
                own = {"w"}  # through the number of its elements
            leaves.append(frozenset(own.union(*(leaves[i] for i in node.operands))))
        return tuple(leaves)

    def is_array(self, index: int) -> bool:
        """Tells whether a node is computed by torch, rather than given or a number."""
        return not self.numbers[index] and self.nodes[index].op not in SOURCES

    def is_own(self, index: int) -> bool:
        """Tells whether there is one value for each parameter, rather than one for all."""
        return not self.leaves[index].isdisjoint(self._own_labels)

    @cached_property
    def _own_labels(self) -> frozenset[str]:
        return frozenset({"w", "g", "t", *(slot.name for slot in self.slots)})

    def is_guarded(self, index: int) -> bool:
        """Tells whether a special case of the node's primitive can occur."""
        return needs_guard(self.nodes[index], self.ranges)

    def source(self, index: int, row: Primitive) -> Source:
        """Gives a row's code on tensors, with its guard if a special case can occur at the node."""
        if row.guarded is not None and self.is_guarded(index):
            return row.guarded.source
        return row.source


def value_of(graph: Graph, ranges: Sequence[Range]) -> Step:
    """Makes a step that moves nothing, and whose result is the graph's direction."""
    return Step(graph.nodes, tuple(ranges), (), graph.direction, moves=False)


def step_of(graph: Graph, ranges: Sequence[Range]) -> Step:
    """Makes the whole step of a rule; `ranges` are those of the graph's nodes."""
    return _Mover(graph, ranges).step()


class _Mover:
    def __init__(self, graph: Graph, ranges: Sequence[Range]) -> None:
        self._graph, self._old_ranges = graph, ranges
        self.nodes: list[Node] = []
        self.ranges: list[Range] = []
        self._index: dict[Node, int] = {}
        self._copies: dict[int, int] = {}
        self._numbers = Step(graph.nodes, tuple(ranges), (), 0, moves=False).numbers
        self._uses = count_uses(graph.nodes, [slot.write for slot in graph.slots])

    def step(self) -> Step:
        writes = [self._copy(slot.write) for slot in self._graph.slots]
        core, powers = self._pull(self._graph.direction)
        rate = self._source(Node(INPUT, label="lr"), Range(0.0, inf))
        size = self._product(rate, powers)
        one = self._source(Node(CONSTANT, value=1.0), Range(1.0, 1.0))
        weight = self._source(Node(INPUT, label="w", kind=Kind.TENSOR), Range())
        decay = self._source(Node(HYPERPARAMETER, label=WEIGHT_DECAY), Range(0.0, inf))
        shrink = self._apply("subtract", one, self._apply("multiply", rate, decay))
        shrunk = self._apply("multiply", weight, shrink)
        if self.nodes[core].kind is Kind.TENSOR:
            change = self._apply("multiply", core, self._apply("negative", size))
            moved = self._apply("add", shrunk, change)
        else:
            moved = self._apply("subtract", shrunk, self._apply("multiply", core, size))
        reads = {node.label: index for index, node in enumerate(self.nodes) if node.op == SLOT}
        slots = tuple(
            replace(slot, read=reads.get(slot.name), write=write)
            for slot, write in zip(self._graph.slots, writes, strict=True)
        )
        return Step(tuple(self.nodes), tuple(self.ranges), slots, moved, True, core)

    def _source(self, node: Node, range: Range) -> int:
        if node not in self._index:
            self._index[node] = len(self.nodes)
            self.nodes.append(node)
            self.ranges.append(range)
        return self._index[node]

    def _apply(self, op: str, *operands: int) -> int:
        return self._apply_row(PRIMITIVES[op], *operands)

    def _apply_row(self, primitive: Primitive, *operands: int) -> int:
        kind = primitive.result_kind([self.nodes[i].kind for i in operands])
        node = Node(primitive.name, operands, kind=kind, row=primitive)
        return self._source(node, node_range(node, [self.ranges[i] for i in operands]))

    def _copy(self, old: int) -> int:
        """Gives the new graph's node for a node of the old one."""
        if old not in self._copies:
            # In the old order, which is the author's.
            for index in sorted(reachable(self._graph.nodes, [old], self._copies)):
                node = self._graph.nodes[index]
                moved = node._replace(operands=tuple(self._copies[i] for i in node.operands))
                self._copies[index] = self._source(moved, self._old_ranges[index])
        return self._copies[old]

    def _pull(self, old: int) -> tuple[int, dict[int, float]]:
        """Takes positive factors out of a node.

        It gives what remains, and the number nodes taken out with their exponents.
        """
        node = self._graph.nodes[old]
        if node.op in SOURCES or self._uses[old] > (old != self._graph.direction):
            return self._copy(old), {}
        if self._numbers[old] or node.kind is not Kind.TENSOR:
            return self._copy(old), {}
        row = node.primitive
        for position in sorted(row.neutral):
            (other,) = (i for place, i in enumerate(node.operands) if place != position)
            number = node.operands[position]
            if self._is_factor(number) and self._graph.nodes[other].kind is Kind.TENSOR:
                assert row.degrees is not None
                core, powers = self._pull(other)
                return core, _times(powers, {self._copy(number): row.degrees[position]})
        if row.degrees is not None and not row.reduces:
            pulled = [self._pull(operand) for operand in node.operands]
            powers = {}
            for (_, factors), degree in zip(pulled, row.degrees, strict=True):
                powers = _times(powers, {i: degree * power for i, power in factors.items()})
            powers = {i: power for i, power in powers.items() if power}
            core = self._apply_row(node.primitive, *(core for core, _ in pulled))
            return self._scaled(old, core), powers
        together = [node.operands[position] for position in row.scaled_together]
        tensors = [operand for operand in together if not self._numbers[operand]]
        if len(tensors) == 1 and len(together) == 2:
            core, powers = self._pull(tensors[0])
            if powers:
                inverse = {i: -power for i, power in powers.items()}
                new = [self._copy(i) if i != tensors[0] else core for i in node.operands]
                for position in row.scaled_together:
                    if node.operands[position] != tensors[0]:
                        new[position] = self._product(new[position], inverse)
                return self._scaled(old, self._apply_row(node.primitive, *new)), powers
        return self._copy(old), {}

    def _scaled(self, old: int, new: int) -> int:
        """Gives `new`, after noting that it is positive where `old` is.

        `new` is `old` over a positive number, so it has the sign of `old`, underflow aside.
        """
        values = self._old_ranges[old]
        if values.nonnegative and values.nonzero:
            self.ranges[new] = Range(0.0, inf, low_open=True)
        return new

    def _is_factor(self, old: int) -> bool:
        """Tells whether a node is a positive number that may be moved."""
        values = self._old_ranges[old]
        node = self._graph.nodes[old]
        if not self._numbers[old] or not values.nonnegative or not values.nonzero:
            return False
        if node.op == CONSTANT:
            return 1 / _MOST_EXTREME_FACTOR <= node.value <= _MOST_EXTREME_FACTOR
        return values.high < inf

    def _product(self, first: int, powers: Mapping[int, float]) -> int:
        """Multiplies `first` by the factors, as multiplications and then divisions."""
        result = first
        for index, power in sorted(powers.items(), key=lambda item: -item[1]):
            magnitude = self._power(index, abs(power))
            result = self._apply("multiply" if power > 0 else "divide", result, magnitude)
        return result

    def _power(self, index: int, power: float) -> int:
        if power == 1:
            return index
        if power == 0.5:
            return self._apply("sqrt", index)
        constant = self._source(Node(CONSTANT, value=power), Range(power, power))
        return self._apply("power", index, constant)


def _times(a: Mapping[int, float], b: Mapping[int, float]) -> dict[int, float]:
    return {index: a.get(index, 0.0) + b.get(index, 0.0) for index in (*a, *b)}
