"""Describes what a step is made of once torch's operations are chosen: instructions and copies."""

from __future__ import annotations

from dataclasses import dataclass

from primitives import Fusion, Primitive


@dataclass(frozen=True)
class Instruction:
    """Computes `node` from `operands`, in the order of the row's arguments or letters."""

    node: int
    row: Primitive | Fusion
    operands: tuple[int, ...]
    place: str = ""
    """The variable that holds the result; set by `schedule`."""
    overwrites: int | None = None
    """The operand whose place the result takes; None where the result is new."""
    stores: bool = False
    """Whether the result is copied into a state whose old value is of no further use."""


@dataclass(frozen=True)
class Copy:
    """Stores a node in a state, or a copy of it in a new variable."""

    node: int
    place: str
    is_state: bool
    source: str = ""
    """The variable to copy from, where it is not the one that holds the node."""

    @property
    def operands(self) -> tuple[int, ...]:
        """Gives the nodes that are read, as for an instruction: the one that is copied."""
        return (self.node,)


Entry = Instruction | Copy
"""One of the things that a step does in order."""
