"""Gives a program's structure: its canonical form with the constants abstracted.

Constants belong to a tuner, structure to evolution; programs that differ in constants alone have
one structure. Constants of a program are its hyperparameters and its literals, each occurrence one
of its own, except for what is part of the function: 0, 1, 2, -1 and one half, any exponent, and
what an operation's expansion spells. An expression of constants that are used nowhere else is one
constant: `a * b * g` has the structure of `c * g`, and so has `(1 - a) * g`, but not where `a` is
used again.

The digest is equal for two programs if and only if their graphs are isomorphic once the constants
have no names and no values. To find an order of the constants that depends on no name, nodes are
coloured by what they are made of and by what is made of them, and constants and slots by the colour
of their places, until none part any more (colour refinement, as in McKay and Piperno, arXiv
1301.1493). Where constants still share a colour, one is singled out and the rest refined again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count

import numpy as np

from evosearch.graph.builder import GraphBuilder, rebuilt
from evosearch.graph.digest import Colours, colour_nodes, make_colour
from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, Graph, Node
from evosearch.graph.lowering import lower
from evosearch.graph.traversal import reachable
from evosearch.language.program import Program

PART_OF_THE_FUNCTION = frozenset({0.0, 1.0, 2.0, -1.0, 0.5})
"""Literals that are no constants to be tuned."""

_HYPERPARAMETER, _SLOT = make_colour(b"hyperparameter"), make_colour(b"slot")
"""What is known of constants and slots before any is parted from others."""
_DIRECTION, _STATE = b"direction".ljust(33, b"\0"), b"state".ljust(17, b"\0")
"""Uses by no node, padded to be as long as those by one."""
_EITHER = b"\xff"
"""The position of an operand among two that may change places."""


@dataclass(frozen=True)
class Structure:
    """Holds what programs that differ in constants alone have in common, and one's constants."""

    graph: Graph
    """The canonical form; its hyperparameters are `c1`, `c2` … at the program's own values."""
    digest: str
    """Equal for programs of one structure, on every machine."""
    constants: tuple[float, ...]
    """The program's values of `c1`, `c2` …; those of equal structures mean the same."""
    names: tuple[str, ...]
    """The program's names of `c1`, `c2` …, no two alike; made up for a literal, and for an
    expression that of one constant in it."""
    slots: tuple[str, ...]
    """The program's names of the slots `s1`, `s2` …"""

    @cached_property
    def named(self) -> Graph:
        """Gives the graph with the program's names of its constants and slots."""
        names = {f"c{n}": name for n, name in enumerate(self.names, start=1)}
        names |= {f"s{n}": name for n, name in enumerate(self.slots, start=1)}
        return self.graph.with_labels(names)


def structure(program: Program) -> Structure:
    """Abstracts the constants of a program.

    >>> from evosearch.language.parser import parse
    >>> one = structure(parse("def f(g, m, *, b=0.9): m = lerp(g, m, b); return 3 * m, m"))
    >>> other = structure(parse("def f(g, s): s = lerp(g, s, 0.5 * 1.7); return s * 7, s"))
    >>> one.digest == other.digest, sorted(one.constants), sorted(other.constants)
    (True, [0.9, 3.0], [0.85, 7.0])
    >>> dict(zip(one.names, one.constants, strict=True))["b"]
    0.9
    """
    return structure_of(with_named_constants(program))


def with_named_constants(program: Program) -> Graph:
    """Gives the graph of a program in which the constants among its literals have names too."""
    return lower(program, named=_named_literals(program))


def structure_of(graph: Graph) -> Structure:
    """Abstracts the constants of a graph, which are its hyperparameters."""
    graph = with_single_constants(graph)
    values = {node.label: node.value for node in graph.nodes if node.op == HYPERPARAMETER}
    unparted = dict.fromkeys(values, _HYPERPARAMETER)
    unparted |= {slot.name: _SLOT for slot in graph.slots}
    colours = _canonical(graph, values, _refined(graph, unparted))
    names = sorted(values, key=colours.__getitem__)
    slots = sorted((slot.name for slot in graph.slots), key=colours.__getitem__)
    canonical = {label: f"c{n}" for n, label in enumerate(names, start=1)}
    canonical |= {label: f"s{n}" for n, label in enumerate(slots, start=1)}
    return Structure(
        graph.with_labels(canonical),
        _digest(graph, colours).hex(),
        tuple(values[name] for name in names),
        tuple(names),
        tuple(slots),
    )


def constant_literals(program: Program) -> list[tuple[int, int]]:
    """Lists the literals that are constants and no part of the function: statement and position."""
    power = program.table.infix["**", 2].name
    return [
        (index, position)
        for index, statement in enumerate(program.statements)
        for position, argument in enumerate(statement.arguments)
        if not isinstance(argument, str)
        and argument not in PART_OF_THE_FUNCTION
        and not (position == 1 and statement.primitive == power)
    ]


def _named_literals(program: Program) -> dict[tuple[int, int], str]:
    """Makes up a name for each literal that is a constant, by its statement and position."""
    taken = {*program.inputs, *dict(program.hyperparameters)}
    taken.update(statement.target for statement in program.statements)
    fresh = (name for n in count(1) if (name := f"c{n}") not in taken)
    return {place: next(fresh) for place in constant_literals(program)}


def with_single_constants(graph: Graph) -> Graph:
    """Puts one constant in the place of an expression of constants that nothing else uses.

    Gives the graph itself where there is none.
    """
    single = _single_constants(graph)
    if not single:
        return graph

    def replacement(builder: GraphBuilder, index: int) -> int | None:
        return builder.hyperparameter(*single[index]) if index in single else None

    return rebuilt(graph, replacement)


def _single_constants(graph: Graph) -> dict[int, tuple[str, float]]:
    """Gives name and value of each expression of constants that nothing else uses."""
    nodes = graph.nodes
    constant: list[bool] = []
    for op, operands, _, _, _, row in nodes:
        if row is None:
            constant.append(op in (CONSTANT, HYPERPARAMETER))
        else:
            elementwise = bool(operands) and not row.reduces
            constant.append(elementwise and all(constant[operand] for operand in operands))
    expressions = [i for i, node in enumerate(nodes) if constant[i] and node.operands]
    if not expressions:
        return {}
    users: list[set[int]] = [set() for _ in nodes]
    for index, node in enumerate(nodes):
        for operand in node.operands:
            users[operand].add(index)
    results = {graph.direction, *(slot.write for slot in graph.slots)}
    single = {}
    for index in expressions:
        inside = reachable(nodes, [index])
        names = [nodes[i].label for i in inside if nodes[i].op == HYPERPARAMETER]
        alone = all(
            users[i] <= inside and i not in results
            for i in inside - {index}
            if nodes[i].op != CONSTANT
        )
        value = _value(nodes, index) if names and alone else np.inf
        if np.isfinite(value):
            # Any of its hyperparameters' names will do, since none has another use.
            single[index] = min(names), value
    return single


def _value(nodes: tuple[Node, ...], index: int) -> float:
    """Computes a node that depends on constants alone."""
    node = nodes[index]
    if not node.operands:
        return node.value
    operands = [np.float64(_value(nodes, operand)) for operand in node.operands]
    with np.errstate(all="ignore"):
        return float(node.primitive.numpy(*operands))


def _canonical(graph: Graph, constants: Iterable[str], colours: Colours) -> Colours:
    """Gives every constant a colour of its own, by what distinguishes it but names."""
    sharing: dict[bytes, list[str]] = {}
    for label in constants:
        sharing.setdefault(colours[label], []).append(label)
    tied = [colour for colour, labels in sharing.items() if len(labels) > 1]
    if not tied:
        return colours
    colour = min(tied)
    chosen = make_colour(b"chosen" + colour)
    trials = [_refined(graph, {**colours, label: chosen}) for label in sharing[colour]]
    # Choices that cannot be told apart are alike by symmetry, so the first of them will do.
    return _canonical(graph, constants, min(trials, key=lambda trial: _digest(graph, trial)))


def _refined(graph: Graph, colours: Colours) -> Colours:
    """Parts colours by the places in which slots and constants stand, until none part."""
    writes = {slot.name: slot.write for slot in graph.slots}
    parted = len(set(colours.values()))
    while True:
        made = colour_nodes(graph, colours)
        places = _places(graph, colours, made)
        colours = {
            label: make_colour(
                colour + places.get(label, b"") + (made[writes[label]] if label in writes else b"")
            )
            for label, colour in colours.items()
        }
        before, parted = parted, len(set(colours.values()))
        if parted in (before, len(colours)):
            return colours


def _places(graph: Graph, colours: Colours, made: Sequence[bytes]) -> dict[str, bytes]:
    """Colours slots and constants by what is made of them, as far as direction and new states."""
    uses: list[list[bytes]] = [[] for _ in graph.nodes]
    uses[graph.direction].append(_DIRECTION)
    for slot in graph.slots:
        uses[slot.write].append(colours[slot.name] + _STATE)
    places: dict[str, bytes] = {}
    for index in reversed(range(len(graph.nodes))):
        _, operands, label, _, _, row = graph.nodes[index]
        if row is not None:
            use = make_colour(b"".join(sorted(uses[index]))) + made[index]
            for position, operand in enumerate(operands):
                uses[operand].append(use + (_EITHER if row.commutative else b"%c" % position))
        elif label in colours:
            places[label] = make_colour(b"".join(sorted(uses[index])))
    return places


def _digest(graph: Graph, colours: Colours) -> bytes:
    """Hashes direction and new states; where no two colours are equal, they are the graph."""
    made = colour_nodes(graph, colours)
    states = sorted([colours[slot.name] + made[slot.write] for slot in graph.slots])
    return make_colour(b"".join([made[graph.direction], *states]))
