"""Finds of what a direction is a positive constant multiple, which the learning rate takes up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from evosearch.simplification.egraph import EGraph

_MOST = 12


@dataclass(frozen=True, slots=True)
class Multiple:
    """Is a node that, times a positive constant, is another; `equal` pairs nodes that show it."""

    node: int
    equal: tuple[tuple[int, int], ...] = ()


def multiples(
    egraph: EGraph, direction: int, is_factor: Callable[[int], bool]
) -> dict[int, Multiple]:
    """Gives the classes of which a node is a positive constant multiple, its own first.

    So a program of any of them does the same at another learning rate. `is_factor` tells which
    classes are positive constants.
    """
    known = {egraph.root(direction): Multiple(direction)}
    waiting = [*known]
    for number in waiting:  # which grows
        for row, operands, made in egraph.nodes(number):
            if len(operands) != 2 or row.reduces or row.degrees is None:
                continue
            for rest, constant, degree in zip(operands, operands[::-1], row.degrees, strict=True):
                if degree == 1 and rest not in known and is_factor(constant) and len(known) < _MOST:
                    written = next(o for o in egraph.made(made)[1] if egraph.root(o) == rest)
                    before = known[number]
                    known[rest] = Multiple(written, (*before.equal, (before.node, made)))
                    waiting.append(rest)
    return known
