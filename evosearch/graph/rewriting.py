"""Rewrites by identities: finds one that applies to a primitive of some nodes, and applies it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Protocol

from evosearch.graph.graph import CONSTANT, Node
from evosearch.graph.identities import SAME, Identity, identities, identities_from_facts
from evosearch.graph.patterns import (
    Application,
    Bindings,
    Literal,
    Pattern,
    Variable,
    match_operands,
)
from primitives import PRIMITIVES, Primitive, Range

_Entry = tuple[int, Identity]
"""An identity and its place in the order in which they are tried."""


class Builder(Protocol):
    """Declares what rewriting asks of a maker of nodes, such as `GraphBuilder`."""

    nodes: list[Node]

    def constant(self, value: float) -> int:
        """Makes the node of a number."""

    def range(self, index: int) -> Range:
        """Gives the values that a node can take."""

    def apply(self, primitive: Primitive, operands: Sequence[int]) -> int:
        """Makes the node of a primitive of other nodes, simplified."""


def rewrite(builder: Builder, primitive: Primitive, operands: tuple[int, ...]) -> int | None:
    """Gives the node to which an identity rewrites a primitive of these nodes, or None."""
    for identity in _triggered(builder, primitive, operands):
        for bindings in match_operands(identity.left, builder.nodes, operands, {}):
            if identity.condition and not identity.condition(builder.range(bindings["x"])):
                continue
            return build(builder, identity.right, bindings)
    return None


def build(builder: Builder, pattern: Pattern, bindings: Bindings) -> int:
    """Makes the node of a pattern whose variables stand for these nodes."""
    match pattern:
        case Variable(name):
            return bindings[name]
        case Literal(value):
            return builder.constant(value)
        case Application(primitive, operands):
            return builder.apply(primitive, [build(builder, part, bindings) for part in operands])


def _triggered(
    builder: Builder, primitive: Primitive, operands: tuple[int, ...]
) -> Sequence[Identity]:
    """Lists the identities that may apply, in their order; those of a user's rows come last."""
    table = _by_trigger().get(primitive, {})
    entries = table.get(None, ())
    last: object = None
    own: dict[Primitive, None] = {} if primitive in _BUILT_IN else {primitive: None}
    for operand in operands:
        node = builder.nodes[operand]
        key = node.value if node.op == CONSTANT else node.row
        if key != last and key is not None:
            entries += table.get(key, ())
            last = key
        if node.row is not None and node.row not in _BUILT_IN:
            own[node.row] = None
    if len(operands) > 1 and len(set(operands)) < len(operands):
        entries += table.get(SAME, ())
    if len(entries) > 1:
        entries = tuple(sorted(entries, key=_place))
    triggered = [identity for _, identity in entries]
    for row in own:
        triggered += [i for i in identities_from_facts(row) if i.left.primitive is primitive]
    return triggered


_BUILT_IN = frozenset(PRIMITIVES.values())


@cache
def _by_trigger() -> Mapping[Primitive, Mapping[object, tuple[_Entry, ...]]]:
    """Files the built-in identities by primitive and by what triggers them."""
    tables: dict[Primitive, dict[object, tuple[_Entry, ...]]] = {}
    for entry in enumerate(identities()):
        table = tables.setdefault(entry[1].left.primitive, {})
        trigger = entry[1].trigger
        table[trigger] = (*table.get(trigger, ()), entry)
    return tables


def _place(entry: _Entry) -> int:
    return entry[0]
