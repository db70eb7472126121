"""The canonical hash: equal for programs with the same graph, whatever their names and order.

A node's colour is a hash of its operation and its operands' colours, sorted where the primitive
commutes. The slots' colours start equal and are refined by the colours of their new values, which
is the partition refinement of automata: slots that end with the same colour always hold the same
value and are one slot. Two rounds per slot also tell apart any two programs with as many slots
(the automata of both together have twice the states). blake2b makes the digest the same on every
machine.
"""

from __future__ import annotations

from hashlib import blake2b

from evosearch.graph import SLOT, SOURCES, Graph
from primitives import PRIMITIVES


def digest(graph: Graph) -> str:
    """32 hexadecimal digits. Take it of a graph with bound hyperparameters."""
    return _colours(graph)[0][graph.direction].hex()


def equal_slots(graph: Graph) -> dict[str, str]:
    """For each slot that duplicates another, the name of that one, which has no larger kind."""
    _, slots = _colours(graph)
    first: dict[bytes, str] = {}
    return {
        slot.name: first[colour]
        for slot in sorted(graph.slots, key=lambda slot: slot.kind)
        if first.setdefault(colour := slots[slot.name], slot.name) != slot.name
    }


def _colours(graph: Graph) -> tuple[list[bytes], dict[str, bytes]]:
    slots = {slot.name: _hash(b"slot") for slot in graph.slots}
    colours = _colour_nodes(graph, slots)
    for _ in range(2 * len(graph.slots)):
        slots = {slot.name: _hash(b"slot", colours[slot.write]) for slot in graph.slots}
        colours = _colour_nodes(graph, slots)
    return colours, slots


def _colour_nodes(graph: Graph, slots: dict[str, bytes]) -> list[bytes]:
    colours: list[bytes] = []
    for node in graph.nodes:
        if node.op == SLOT:
            colours.append(slots[node.label])
        elif node.op in SOURCES:
            colours.append(_hash(node.op.encode(), node.label.encode(), repr(node.value).encode()))
        else:
            operands = [colours[operand] for operand in node.operands]
            if PRIMITIVES[node.op].commutative:
                operands.sort()
            colours.append(_hash(node.op.encode(), *operands))
    return colours


def _hash(*parts: bytes) -> bytes:
    return blake2b(b"\0".join(parts), digest_size=16).digest()
