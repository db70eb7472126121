"""Chooses from each class of an e-graph the node that makes the cheapest program.

The cost is that of the whole dataflow graph, in which what is used twice is paid once: the nodes
of the direction and of the new value of every state that it depends on, through any number of
steps. Finding the least is NP-hard. So each class first gets the node whose own graph is cheapest
(a fixed point, reached from the leaves); then the choice is improved one class at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, SLOT, Node
from evosearch.graph.patterns import Application, read_pattern
from evosearch.simplification.egraph import EGraph, Operands
from evosearch.simplification.matching import match_operands
from evosearch.simplification.rules import NOT_WRITTEN
from primitives import Kind, Primitive, fits
from primitives.kinds import smallest_first

PRIMITIVE, OF_CONSTANTS = 1000, 900
"""What a node costs, and one of constants alone, which a tuner takes for one constant."""
_APPLICATION, _NAMED = 40, 20
"""What decides between equal costs: what a primitive counts, and a named constant; a digit counts
1."""
_SWEEPS = 4

Chosen = tuple[Primitive | Node, Operands, int]
"""A source, or a primitive of classes; and the number that the node was made with."""


States = Mapping[int, tuple[Node, int]]
"""For the class of a state's old value: its source, and the class of its new value."""


@dataclass(frozen=True, slots=True)
class _Best:
    """Holds the cheapest node of a class, for itself, and the classes that its graph needs."""

    cost: int
    tie: int
    """What decides between equal costs: the length of the expression with nothing shared."""
    heavy: int
    light: int
    """The needed classes with a node that is a primitive, and of constants alone, as bits."""
    kind: Kind
    light_only: bool
    node: Chosen


class Extraction:
    """Finds cheap programs of some states in an e-graph."""

    def __init__(self, egraph: EGraph, states: States) -> None:
        self._egraph, self._states = egraph, states
        self._direction = -1
        self._best: dict[int, _Best] = {}
        self._users = egraph.users()
        self._unwritten = _unwritten(egraph)
        self._most = _largest_kinds(egraph)
        self._spread()

    def best_of(self, directions: Iterable[int]) -> int | None:
        """Picks the class of which the first choice is cheapest, if any is in the e-graph."""
        choice = {number: best.node for number, best in self._best.items()}
        costs: dict[int, int] = {}
        for self._direction in directions:
            cost = self._cost(choice)
            if cost is not None:
                costs[self._direction] = cost
        return min(costs, key=costs.__getitem__, default=None)

    def cheapest(self, direction: int) -> tuple[int, dict[int, Chosen]] | None:
        """Gives the cost, and the chosen node of each class that the program needs.

        `direction` is the class of what the program gives. Gives None where no program of these
        states is in the e-graph.
        """
        self._direction = self._egraph.root(direction)
        choice = {number: best.node for number, best in self._best.items()}
        cost = self._cost(choice)
        if cost is None:
            return None
        for _ in range(_SWEEPS):
            before = cost
            for number in self._needed(choice):
                kept = choice[number]
                for node in self._alternatives(number):
                    choice[number] = node
                    other = self._cost(choice)
                    if other is not None and other < cost:
                        cost, kept = other, node
                choice[number] = kept
            if cost == before:
                break
        return cost, {number: choice[number] for number in self._needed(choice)}

    def is_factor(self, number: int) -> bool:
        """Tells whether a class is a positive number that is the same in all steps."""
        best, lies = self._best.get(number), self._egraph.classes[number].range
        return best is not None and best.light_only and lies.nonnegative and lies.nonzero

    def _spread(self) -> None:
        """Gives every class its best node, from the leaves up, until none gets a better one."""
        waiting: dict[int, None] = dict.fromkeys(self._egraph.classes)
        for number, one in self._egraph.classes.items():
            sources = sorted((n for n in one.leaves if n.op != SLOT), key=_rank)
            state = self._states.get(number)
            if state is not None:
                sources.append(state[0])  # last, since its new value has to be made too
            most = self._most.get(number, Kind.TENSOR)
            sources = [node for node in sources if fits(node.kind, most)]
            if sources:
                node = sources[0] if one.value is None else Node(CONSTANT, value=one.value)
                light = node.op != SLOT and one.of_constants
                chosen = node, (), next(iter(one.leaves.values()), number)
                self._best[number] = _Best(0, _length(node), 0, 0, node.kind, light, chosen)
        while waiting:
            number = next(iter(waiting))
            del waiting[number]
            improved = False
            for row, operands, made in self._egraph.nodes(number):
                candidate = self._candidate(number, row, operands, made)
                best = self._best.get(number)
                if candidate is not None and (
                    best is None or (candidate.cost, candidate.tie) < (best.cost, best.tie)
                ):
                    self._best[number] = candidate
                    improved = True
            if improved:
                waiting.update(dict.fromkeys(sorted(self._users[number])))

    def _candidate(
        self, number: int, row: Primitive, operands: Operands, made: int
    ) -> _Best | None:
        if made in self._unwritten:
            return None
        parts = [self._best.get(operand) for operand in operands]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        kinds = [part.kind for part in known]
        if not all(fits(kind, most) for kind, most in zip(kinds, row.accepts, strict=True)):
            return None
        heavy = light = tie = 0
        for part in known:
            heavy, light, tie = heavy | part.heavy, light | part.light, tie + part.tie
        bit = 1 << number
        if (heavy | light) & bit:
            return None  # it would need itself
        light_only = bool(known) and not row.reduces and all(part.light_only for part in known)
        heavy, light = (heavy, light | bit) if light_only else (heavy | bit, light)
        cost = PRIMITIVE * heavy.bit_count() + OF_CONSTANTS * light.bit_count()
        kind = row.result_kind(kinds)
        if not fits(kind, self._most.get(number, Kind.TENSOR)):
            return None
        node = row, operands, made
        return _Best(cost, tie + _APPLICATION, heavy, light, kind, light_only, node)

    def _alternatives(self, number: int) -> Iterator[Chosen]:
        what = self._best[number].node[0]
        if isinstance(what, Node) and what.op != SLOT:
            return
        for row, operands, made in self._egraph.nodes(number):
            if made not in self._unwritten and all(operand in self._best for operand in operands):
                yield row, operands, made

    def _needed(self, choice: Mapping[int, Chosen]) -> list[int]:
        order = self._order(choice)
        assert order is not None
        return order

    def _order(self, choice: Mapping[int, Chosen]) -> list[int] | None:
        """Lists the classes that the program needs, operands first; None where one needs itself."""
        done: dict[int, bool] = {}
        order: list[int] = []
        roots = [self._direction]
        for root in roots:  # which grows
            stack = [root]
            while stack:
                number = stack[-1]
                if done.get(number):
                    stack.pop()
                    continue
                node = choice.get(number)
                if node is None:
                    return None
                missing = [operand for operand in node[1] if not done.get(operand)]
                if not missing:
                    done[number] = True
                    order.append(number)
                    stack.pop()
                    if isinstance(node[0], Node) and node[0].op == SLOT:
                        roots.append(self._states[number][1])
                elif number in done:
                    return None  # its operands were looked at before, and one leads back here
                else:
                    done[number] = False
                    stack += missing
        return order

    def _cost(self, choice: Mapping[int, Chosen]) -> int | None:
        """Adds up what the program costs; gives None where it cannot be computed."""
        order = self._order(choice)
        if order is None:
            return None
        kinds: dict[int, Kind] = {}
        light: dict[int, bool] = {}
        cost = 0
        for number in order:
            what, operands, _ = choice[number]
            if isinstance(what, Node):
                kinds[number] = what.kind
                light[number] = what.op != SLOT and self._egraph.classes[number].of_constants
                continue
            own = [kinds[operand] for operand in operands]
            if not all(fits(kind, most) for kind, most in zip(own, what.accepts, strict=True)):
                return None
            kinds[number] = what.result_kind(own)
            light[number] = bool(own) and not what.reduces and all(light[o] for o in operands)
            cost += OF_CONSTANTS if light[number] else PRIMITIVE
        return cost


def _largest_kinds(egraph: EGraph) -> dict[int, Kind]:
    """Gives the largest kind that a class may have where a node takes it for less than a tensor.

    As for weights and exponents. Without such a limit, a class that can be computed as one number
    per tensor might be chosen as a tensor, and the node would be lost.
    """
    most: dict[int, Kind] = {}
    for number in egraph.classes:
        for row, operands, _ in egraph.nodes(number):
            for operand, largest in zip(operands, row.accepts, strict=True):
                if fits(egraph.classes[operand].kind, largest) and fits(
                    largest, most.get(operand, Kind.TENSOR)
                ):
                    most[operand] = largest
    return most


def _unwritten(egraph: EGraph) -> frozenset[int]:
    """Finds the nodes that no result has, by the numbers that they were made with."""
    patterns = [read_pattern(text) for text in NOT_WRITTEN]
    return frozenset(
        made
        for number in egraph.classes
        for row, operands, made in egraph.nodes(number)
        for pattern in patterns
        if isinstance(pattern, Application)
        and pattern.primitive is row
        and any(match_operands(egraph, pattern.operands, operands, {}))
    )


def _length(node: Node) -> int:
    if node.op != CONSTANT:
        return _NAMED if node.op == HYPERPARAMETER else 1
    # A decay rate is written as what is kept, and not as what is left: 0.9 before 0.1.
    return len(f"{abs(node.value):.12g}") + (0 < node.value < 0.5) + 4 * (node.value < 0)


def _rank(node: Node) -> tuple[bool, int, str]:
    return node.op != CONSTANT, smallest_first(node.kind), node.label
