"""Computes the canonical hash, which is equal for programs that have the same graph.

Names and the order of statements do not matter.

A node's colour is a hash of its operation and its operands' colours, sorted where the primitive
commutes. The slots' colours start equal and are refined by the colours of their new values until
no more of them part, which is the partition refinement of automata: slots that then share a colour
always hold the same value and are one slot. The others have an order, that of their colours, which
names and the order of statements do not touch; the digest is that of the graph with its slots
numbered so. Two graphs have one digest if and only if they are isomorphic (hash collisions aside,
one in 2^64 for a pair). blake2b, and constants folded only where IEEE 754 fixes the result, make
it the same on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b

from evosearch.graph.graph import Graph
from primitives.kinds import smallest_first

Colours = Mapping[str, bytes]
"""The colours of sources, by their labels."""


def digest(graph: Graph) -> str:
    """Computes the canonical hash, in 32 hexadecimal digits.

    `graph` should have its hyperparameters bound.

    >>> from evosearch.graph.lowering import lower
    >>> from evosearch.language.parser import parse
    >>> texts = "def f(g, m): return m + g, g * 2", "def h(g, s): s1 = 2 * g; return g + s, s1"
    >>> len({digest(lower(parse(text), bind=True)) for text in texts})
    1
    """
    slots = _slot_colours(graph)
    order = sorted(set(slots.values()))
    numbers = {colour: b"slot %d" % place for place, colour in enumerate(order)}
    colours = colour_nodes(graph, {name: numbers[colour] for name, colour in slots.items()})
    writes = {slots[slot.name]: colours[slot.write] for slot in graph.slots}
    whole = b"".join([colours[graph.direction], *(writes[colour] for colour in order)])
    return blake2b(whole, digest_size=16).hexdigest()


def equal_slots(graph: Graph) -> dict[str, str]:
    """Maps each slot that duplicates another to that one's name, which has no larger kind."""
    slots = _slot_colours(graph)
    first: dict[bytes, str] = {}
    return {
        slot.name: first[colour]
        for slot in sorted(graph.slots, key=lambda slot: smallest_first(slot.kind))
        if first.setdefault(colour := slots[slot.name], slot.name) != slot.name
    }


@lru_cache(maxsize=64)
def _slot_colours(graph: Graph) -> Colours:
    """Gives each slot a colour; those that always hold the same have equal ones."""
    colours = {slot.name: b"slot" for slot in graph.slots}
    if len(colours) < 2:
        return colours
    parted = 1
    while True:
        nodes = colour_nodes(graph, colours)
        colours = {slot.name: make_colour(b"slot\0" + nodes[slot.write]) for slot in graph.slots}
        before, parted = parted, len(set(colours.values()))
        if parted in (before, len(colours)):
            return colours


def colour_nodes(graph: Graph, sources: Colours) -> list[bytes]:
    """Colours each node by what it is made of; `sources` names those that are not what they say.

    These are the slots, and where constants are abstracted the hyperparameters.
    """
    colours: list[bytes] = []
    for op, operands, label, value, _, row in graph.nodes:
        if label in sources:
            colours.append(sources[label])
        elif row is None:
            colours.append(make_colour(f"{op} {label} {value!r}".encode()))
        elif row.commutative:
            parts = sorted([colours[operand] for operand in operands])
            colours.append(make_colour(b"".join([op.encode(), b"\0", *parts])))
        else:
            parts = [colours[operand] for operand in operands]
            colours.append(make_colour(b"".join([op.encode(), b"\0", *parts])))
    return colours


def make_colour(data: bytes) -> bytes:
    """Gives the colour, of 16 bytes, of all that `data` says."""
    return blake2b(data, digest_size=16).digest()
