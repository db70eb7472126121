"""Holds many equal expressions at once: an e-graph, after Nelson and Oppen, and egg (2004.03082).

A class is a set of nodes that are known to be equal; a node is a primitive of classes. Saying that
two classes are equal makes equal what is made of them (congruence), which `rebuild` works out. Of
each class is known its number, where it is one, the values that it can take, and the smallest kind
that holds it.

Each node keeps the number that it was made with, and each equation the reason for it, so that
afterwards one can ask by which rules two nodes are equal (`reasons`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evosearch.graph.builder import without_rounding
from evosearch.graph.graph import CONSTANT, Node
from evosearch.simplification.facts import folded, intersection
from primitives import Kind, Primitive, Range, fits
from primitives.ranges import constant as constant_range

CONGRUENT, FOLDED = "congruent", "constants folded"
"""The reasons for which nodes of one primitive are equal if their operands are, and for which a
node is a number if its operands are."""
_SAME_NUMBER = 1e-9
"""Two constants that differ by less, relatively, are one that was computed in two ways."""

Operands = tuple[int, ...]


class Contradiction(Exception):
    """Is raised where two different numbers were found to be equal: something said was untrue."""


class EClass:
    """Holds the nodes of a class, and what is known of their common value."""

    __slots__ = ("folded", "kind", "leaves", "of_constants", "range", "rows", "value")

    def __init__(self, kind: Kind, range: Range) -> None:
        self.rows: dict[Primitive, dict[Operands, int]] = {}
        """The operands of each primitive's nodes, and the number that each was made with."""
        self.folded: dict[int, None] = {}
        """Nodes that are left out because they are a number, by what they were made with."""
        self.leaves: dict[Node, int] = {}
        self.value: float | None = None
        """The number that this class is, where it is one."""
        self.of_constants = False
        """Whether it is made of constants and hyperparameters alone."""
        self.range = range
        self.kind = kind
        """The smallest kind of a node here."""


class EGraph:
    """Holds classes of equal nodes; a class is named by a number that `root` makes current."""

    def __init__(self) -> None:
        self.classes: dict[int, EClass] = {}
        self.changed: set[int] = set()
        """The classes that were made or merged since this was last emptied."""
        self._made: list[tuple[Primitive | Node, Operands]] = []
        self._roots: list[int] = []
        self._links: list[tuple[int, object] | None] = []
        self._leaves: dict[Node, int] = {}
        self._numbers: dict[str, float] = {}
        """By its first digits, so that numbers that differ by rounding alone are one."""
        self._index: dict[tuple[Primitive, Operands], int] = {}

    def __len__(self) -> int:
        """Counts the nodes that were ever made."""
        return len(self._made)

    def root(self, number: int) -> int:
        """Gives the number under which a class now goes."""
        roots = self._roots
        while roots[number] != number:
            roots[number] = roots[roots[number]]
            number = roots[number]
        return number

    def __getitem__(self, number: int) -> EClass:
        return self.classes[self.root(number)]

    def leaf(self, node: Node, range: Range, of_constants: bool = False) -> int:
        """Gives the class of a source."""
        number = self._leaves.get(node)
        if number is None:
            number = self._new(node, (), node.kind, range)
            self._leaves[node] = number
            made = self.classes[number]
            made.leaves[node] = number
            made.of_constants = of_constants or node.op == CONSTANT
            if node.op == CONSTANT:
                made.value = node.value
        return self.root(number)

    def constant(self, value: float) -> int:
        """Gives the class of a number."""
        value = self._numbers.setdefault(f"{value:.13g}", float(value) + 0.0)
        return self.leaf(Node(CONSTANT, value=value), constant_range(value))

    def apply(self, primitive: Primitive, operands: Sequence[int]) -> int:
        """Gives the class of a primitive of these classes."""
        key = primitive, self._ordered(primitive, operands)
        number = self._index.get(key)
        if number is not None:
            return self.root(number)
        arguments = [self.classes[operand] for operand in key[1]]
        value = folded(primitive, [argument.value for argument in arguments])
        if value is not None:
            return self.constant(without_rounding(value))
        kind = primitive.result_kind([argument.kind for argument in arguments])
        number = self._new(*key, kind, primitive.range(*[a.range for a in arguments]))
        self._index[key] = number
        made = self.classes[number]
        made.rows[primitive] = {key[1]: number}
        made.of_constants = (
            bool(arguments) and not primitive.reduces and all(a.of_constants for a in arguments)
        )
        return number

    def union(self, a: int, b: int, reason: object) -> bool:
        """Says that two nodes or classes are equal; tells whether that is new.

        Raises:
            Contradiction: they are different numbers.
        """
        first, second = self.root(a), self.root(b)
        if first == second:
            return False
        self._link(a, b, reason)
        # The older one keeps its number, so that classes stay where a reader saw them first.
        kept, lost = min(first, second), max(first, second)
        self._roots[lost] = kept
        one, other = self.classes[kept], self.classes.pop(lost)
        for row, nodes in other.rows.items():
            one.rows.setdefault(row, {}).update(nodes)
        one.leaves.update(other.leaves)
        one.folded.update(other.folded)
        one.of_constants |= other.of_constants
        one.range = intersection(one.range, other.range)
        if fits(other.kind, one.kind):
            one.kind = other.kind
        if one.value is None:
            one.value = other.value
        elif other.value is not None:
            size = max(abs(one.value), abs(other.value))
            if abs(one.value - other.value) > _SAME_NUMBER * size:
                raise Contradiction(f"{one.value} = {other.value} by {reason}")
        self.changed.add(kept)
        return True

    def rebuild(self) -> None:
        """Makes equal what is made of equals, and folds what is made of numbers."""
        while self._restored():
            pass
        for one in self.classes.values():
            if one.value is not None and one.rows:
                one.folded.update({made: None for n in one.rows.values() for made in n.values()})
                one.rows = {}  # nothing is cheaper than a number
        self.changed = {self.root(number) for number in self.changed}

    def users(self) -> dict[int, set[int]]:
        """Gives for each class those with a node that is made of it."""
        result: dict[int, set[int]] = {number: set() for number in self.classes}
        for number, one in self.classes.items():
            for nodes in one.rows.values():
                for operands in nodes:
                    for operand in operands:
                        result[operand].add(number)
        return result

    def nodes(self, number: int) -> Iterator[tuple[Primitive, Operands, int]]:
        """Yields the nodes of a class that are no sources."""
        for row, nodes in self.classes[number].rows.items():
            for operands, made in nodes.items():
                yield row, operands, made

    def made(self, number: int) -> tuple[Primitive | Node, Operands]:
        """Gives a node as it was made: its primitive or source, and the numbers of its operands."""
        return self._made[number]

    def reasons(self, a: int, b: int) -> Iterator[tuple[object, int, int]]:
        """Yields the reasons for which two equal nodes are so, and the nodes that each equates."""
        above = [a]
        while (link := self._links[above[-1]]) is not None:
            above.append(link[0])
        places = {number: place for place, number in enumerate(above)}
        below = [b]
        while below[-1] not in places:
            link = self._links[below[-1]]
            assert link is not None, "no two equal nodes"
            below.append(link[0])
        for path in (above[: places[below[-1]]], below[:-1]):
            for number in path:
                link = self._links[number]
                assert link is not None
                yield link[1], number, link[0]

    def _new(self, what: Primitive | Node, operands: Operands, kind: Kind, range: Range) -> int:
        number = len(self._made)
        self._made.append((what, operands))
        self._roots.append(number)
        self._links.append(None)
        self.classes[number] = EClass(kind, range)
        self.changed.add(number)
        return number

    def _ordered(self, primitive: Primitive, operands: Sequence[int]) -> Operands:
        roots = [self.root(operand) for operand in operands]
        return tuple(sorted(roots)) if primitive.commutative else tuple(roots)

    def _link(self, a: int, b: int, reason: object) -> None:
        """Hangs the tree of reasons of `a` under `b`, after making `a` its root."""
        number, above, why = a, b, reason
        while True:
            link = self._links[number]
            self._links[number] = above, why
            if link is None:
                return
            number, above, why = link[0], number, link[1]

    def _restored(self) -> bool:
        """Writes every node with current numbers once; tells whether that made classes equal."""
        index: dict[tuple[Primitive, Operands], int] = {}
        equal: list[tuple[int, int]] = []
        values: list[tuple[int, float]] = []
        for one in self.classes.values():
            for row, nodes in one.rows.items():
                current: dict[Operands, int] = {}
                for operands, made in nodes.items():
                    ordered = self._ordered(row, operands)
                    twin = index.setdefault((row, ordered), made)
                    if twin != made:
                        equal.append((twin, made))
                    current.setdefault(ordered, made)
                    if one.value is None:
                        value = folded(row, [self.classes[i].value for i in ordered])
                        if value is not None:
                            values.append((made, without_rounding(value)))
                one.rows[row] = current
        self._index = index
        merged = [self.union(a, b, CONGRUENT) for a, b in equal]
        merged += [self.union(made, self.constant(v), FOLDED) for made, v in values]
        return any(merged)
