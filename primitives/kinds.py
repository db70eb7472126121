"""Defines the kinds of value an update rule computes with, and which of them spread over which.

Kinds are partially ordered: two of them may both spread over a third and neither over the other.
So they are never compared by `<` or `max`, only by `fits` and `join`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from itertools import product
from types import MappingProxyType


class Kind(Enum):
    """Says how many numbers a value holds; a kind is declared after all that spread over it."""

    SCALAR = "scalar"
    """One number for the whole model, such as the step."""
    LEAF = "leaf"
    """One number per parameter tensor, as a per-tensor reduction gives."""
    ROW = "row"
    """One number for each row of a parameter tensor's matrix view, r × 1."""
    COLUMN = "column"
    """One number for each column of it, 1 × c."""
    TENSOR = "tensor"
    """One number for each number of the parameter."""

    # An enumeration's own hash goes through its name, which costs where millions are hashed.
    __hash__ = object.__hash__

    def __str__(self) -> str:
        return self.value


_SPREADS_OVER: Mapping[Kind, frozenset[Kind]] = MappingProxyType(
    {
        Kind.SCALAR: frozenset({Kind.LEAF, Kind.ROW, Kind.COLUMN, Kind.TENSOR}),
        Kind.LEAF: frozenset({Kind.ROW, Kind.COLUMN, Kind.TENSOR}),
        Kind.ROW: frozenset({Kind.TENSOR}),
        Kind.COLUMN: frozenset({Kind.TENSOR}),
        Kind.TENSOR: frozenset(),
    }
)
"""The larger kinds over which each kind spreads: its values, when repeated, are values of those."""

_FITS = frozenset((kind, into) for kind in Kind for into in (kind, *_SPREADS_OVER[kind]))


def fits(kind: Kind, into: Kind) -> bool:
    """Tells whether a value of `kind` can stand where one of kind `into` is expected.

    >>> fits(Kind.LEAF, Kind.TENSOR), fits(Kind.TENSOR, Kind.LEAF)
    (True, False)
    """
    return kind is into or (kind, into) in _FITS


def _least_above(a: Kind, b: Kind) -> Kind:
    above = [kind for kind in Kind if fits(a, kind) and fits(b, kind)]
    return next(kind for kind in above if all(fits(kind, other) for other in above))


_SMALLEST = Kind.SCALAR  # a member of an enumeration takes long to look up
_JOINS = {(a, b): _least_above(a, b) for a, b in product(Kind, repeat=2)}


def join_two(a: Kind, b: Kind) -> Kind:
    """Gives what `join` gives for two kinds, without a list: it is asked for every statement.

    >>> join_two(Kind.LEAF, Kind.TENSOR)
    <Kind.TENSOR: 'tensor'>
    """
    return _JOINS[a, b]


def join(kinds: Iterable[Kind]) -> Kind:
    """Finds the smallest kind into which all of `kinds` fit; without any, it is `SCALAR`.

    >>> join([Kind.SCALAR, Kind.LEAF])
    <Kind.LEAF: 'leaf'>
    >>> join([Kind.ROW, Kind.COLUMN])
    <Kind.TENSOR: 'tensor'>
    """
    joined = _SMALLEST
    for kind in kinds:
        if kind is not joined:
            joined = _JOINS[joined, kind]
    return joined


def smallest_first(kind: Kind) -> int:
    """Gives a key to sort kinds by: each comes before those over which it spreads."""
    return _PLACES[kind]


_PLACES = {kind: place for place, kind in enumerate(Kind)}
