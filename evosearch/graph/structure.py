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

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import count

import numpy as np

from evosearch.graph.builder import GraphBuilder
from evosearch.graph.digest import digest
from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, SLOT, Graph
from evosearch.graph.lowering import lower
from evosearch.graph.traversal import reachable
from evosearch.language.program import Argument, Program, Statement

PART_OF_THE_FUNCTION = frozenset({0.0, 1.0, 2.0, -1.0, 0.5})
"""Literals that are no constants to be tuned."""

_Colours = dict[str, bytes]
"""A colour for each slot and hyperparameter, by its label."""


@dataclass(frozen=True)
class Structure:
    """Holds what programs that differ in constants alone have in common, and one's constants."""

    graph: Graph
    """The canonical form; its hyperparameters are `c1`, `c2` … at the program's own values."""
    digest: str
    """Equal for programs of one structure, on every machine."""
    constants: tuple[float, ...]
    """The program's values of `c1`, `c2` …; those of equal structures mean the same."""


def structure(program: Program) -> Structure:
    """Abstracts the constants of a program.

    >>> from evosearch.language.parser import parse
    >>> one = structure(parse("def f(g, m, *, b=0.9): m = lerp(g, m, b); return 3 * m, m"))
    >>> other = structure(parse("def f(g, s): s = lerp(g, s, 0.5 * 1.7); return s * 7, s"))
    >>> one.digest == other.digest, sorted(one.constants), sorted(other.constants)
    (True, [0.9, 3.0], [0.85, 7.0])
    """
    graph = _with_single_constants(lower(_abstracted(program)))
    colours = _canonical(graph, _refined(graph, dict.fromkeys(_labels(graph), b"")))
    order = {op: sorted(graph.labels(op), key=colours.__getitem__) for op in (HYPERPARAMETER, SLOT)}
    slots = sorted((slot.name for slot in graph.slots), key=colours.__getitem__)
    names = {label: f"c{n}" for n, label in enumerate(order[HYPERPARAMETER], start=1)}
    names |= {label: f"s{n}" for n, label in enumerate(slots, start=1)}
    canonical = graph.with_labels(names)
    values = {n.label: n.value for n in canonical.nodes if n.op == HYPERPARAMETER}
    return Structure(
        canonical,
        digest(_bound(canonical, dict.fromkeys(values, 0.0))),
        tuple(values[f"c{n}"] for n in range(1, len(values) + 1)),
    )


def _bound(graph: Graph, values: Mapping[str, float]) -> Graph:
    """Sets the defaults of hyperparameters."""
    nodes = tuple(
        node._replace(value=values[node.label]) if node.op == HYPERPARAMETER else node
        for node in graph.nodes
    )
    return replace(graph, nodes=nodes)


def _abstracted(program: Program) -> Program:
    """Makes a hyperparameter of each literal that is a constant."""
    power = program.table.infix["**", 2].name
    taken = {*program.inputs, *dict(program.hyperparameters)}
    taken.update(statement.target for statement in program.statements)
    fresh = (name for n in count(1) if (name := f"c{n}") not in taken)
    hyperparameters = list(program.hyperparameters)

    def abstract(argument: Argument, is_exponent: bool) -> Argument:
        if isinstance(argument, str) or is_exponent or argument in PART_OF_THE_FUNCTION:
            return argument
        hyperparameters.append((next(fresh), argument))
        return hyperparameters[-1][0]

    statements = [
        Statement(
            statement.target,
            statement.primitive,
            tuple(
                abstract(argument, statement.primitive == power and position == 1)
                for position, argument in enumerate(statement.arguments)
            ),
        )
        for statement in program.statements
    ]
    return replace(
        program, hyperparameters=tuple(hyperparameters), statements=tuple(statements), doc=""
    )


def _with_single_constants(graph: Graph) -> Graph:
    """Puts one constant in the place of an expression of constants that nothing else uses."""
    nodes = graph.nodes
    constant: list[bool] = []
    users: list[set[int]] = [set() for _ in nodes]
    for index, node in enumerate(nodes):
        for operand in node.operands:
            users[operand].add(index)
        elementwise = node.row is not None and bool(node.operands) and not node.row.reduces
        constant.append(
            node.op in (CONSTANT, HYPERPARAMETER)
            or (elementwise and all(constant[operand] for operand in node.operands))
        )
    results = {graph.direction, *(slot.write for slot in graph.slots)}
    builder = GraphBuilder()
    new: list[int] = []
    for index, node in enumerate(nodes):
        inside = reachable(nodes, [index]) if node.operands and constant[index] else set()
        names = [nodes[i].label for i in inside if nodes[i].op == HYPERPARAMETER]
        alone = all(
            users[i] <= inside and i not in results
            for i in inside - {index}
            if nodes[i].op != CONSTANT
        )
        value = _value(graph, index) if names and alone else np.inf
        if np.isfinite(value):
            # Any of its hyperparameters' names will do, since none has another use.
            new.append(builder.hyperparameter(min(names), value))
        else:
            new.append(builder.copy(node, [new[operand] for operand in node.operands]))
    slots = [(slot.name, slot.kind, new[slot.write]) for slot in graph.slots]
    return builder.finish(new[graph.direction], slots)


def _value(graph: Graph, index: int) -> float:
    """Computes a node that depends on constants alone."""
    node = graph.nodes[index]
    if not node.operands:
        return node.value
    operands = [np.float64(_value(graph, operand)) for operand in node.operands]
    with np.errstate(all="ignore"):
        return float(node.primitive.numpy(*operands))


def _labels(graph: Graph) -> list[str]:
    return [*graph.labels(HYPERPARAMETER), *(slot.name for slot in graph.slots)]


def _canonical(graph: Graph, colours: _Colours) -> _Colours:
    """Gives every hyperparameter a colour of its own, by what distinguishes it but names."""
    sharing: dict[bytes, list[str]] = {}
    for label in graph.labels(HYPERPARAMETER):
        sharing.setdefault(colours[label], []).append(label)
    tied = [colour for colour, labels in sharing.items() if len(labels) > 1]
    if not tied:
        return colours
    colour = min(tied)
    trials = [
        _refined(graph, {**colours, label: _hash(b"chosen", colour)}) for label in sharing[colour]
    ]
    # Choices that cannot be told apart are alike by symmetry, so the first of them will do.
    return _canonical(graph, min(trials, key=lambda trial: sorted(trial.values())))


def _refined(graph: Graph, colours: _Colours) -> _Colours:
    """Parts colours by the places in which slots and hyperparameters stand, until none part."""
    reads = {node.label: i for i, node in enumerate(graph.nodes) if node.op == HYPERPARAMETER}
    reads |= {slot.name: slot.read for slot in graph.slots if slot.read is not None}
    writes = {slot.name: slot.write for slot in graph.slots}
    parted = len(set(colours.values()))
    while True:
        made = _made_of(graph, colours)
        places = _places(graph, colours, made)
        colours = {
            label: _hash(
                colour,
                places[reads[label]] if label in reads else b"",
                made[writes[label]] if label in writes else b"",
            )
            for label, colour in colours.items()
        }
        before, parted = parted, len(set(colours.values()))
        if parted in (before, len(colours)):
            return colours


def _made_of(graph: Graph, colours: _Colours) -> list[bytes]:
    """Colours each node by its operation and what it is made of."""
    made: list[bytes] = []
    for node in graph.nodes:
        if node.op in (SLOT, HYPERPARAMETER):
            made.append(_hash(node.op.encode(), colours[node.label]))
        elif node.row is None:
            made.append(_hash(node.op.encode(), f"{node.label} {node.value!r}".encode()))
        else:
            operands = [made[operand] for operand in node.operands]
            operands = sorted(operands) if node.row.commutative else operands
            made.append(_hash(node.op.encode(), *operands))
    return made


def _places(graph: Graph, colours: _Colours, made: list[bytes]) -> list[bytes]:
    """Colours each node by what is made of it, as far as direction and new states."""
    uses: list[list[bytes]] = [[] for _ in graph.nodes]
    uses[graph.direction].append(b"direction")
    for slot in graph.slots:
        uses[slot.write].append(_hash(b"state", colours[slot.name]))
    places: list[bytes] = [b""] * len(graph.nodes)
    for index in reversed(range(len(graph.nodes))):
        node = graph.nodes[index]
        places[index] = _hash(*sorted(uses[index]))
        for position, operand in enumerate(node.operands):
            at = b"" if node.primitive.commutative else b"%d" % position
            uses[operand].append(_hash(places[index], made[index], at))
    return places


def _hash(*parts: bytes) -> bytes:
    joined = b"".join(b"%d:%s" % (len(part), part) for part in parts)
    return blake2b(joined, digest_size=16).digest()
