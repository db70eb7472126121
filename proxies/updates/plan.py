"""Defines the form in which the trainer runs a rule: straight-line code over registers.

The trainer knows rules as plans only. `evosearch.screening.contender` makes one from a graph; it
is plain data, so it travels to other processes. A plan names the rule's constants and does not
hold their values: each replica brings its own, so rules that differ in constants alone are one
plan and move in the same calls.
"""

from __future__ import annotations

from dataclasses import dataclass

from primitives import Kind, Primitive


@dataclass(frozen=True, slots=True)
class Register:
    """Is a value that is computed once in each step, or given to it."""

    op: str
    """A primitive's name, or "constant", "hyperparameter", "input" or "slot"."""
    operands: tuple[int, ...] = ()
    """The numbers of the registers that the primitive reads."""
    kind: Kind = Kind.SCALAR
    guarded: bool = False
    """Whether the primitive's guarded form must be used."""
    label: str = ""
    """The input ("w", "g", "lr", "t"), slot or hyperparameter that it is."""
    value: float = 0.0
    """The number, where it is the same for all replicas."""
    row: Primitive | None = None
    """The primitive's row in its table; None for a register that is given."""

    @property
    def primitive(self) -> Primitive:
        """Gives the primitive's row; a register that is given has none."""
        assert self.row is not None, f"{self.op} is no primitive"
        return self.row


@dataclass(frozen=True, slots=True)
class State:
    """Describes a slot, zero before step 1: its name, kind, and the register of its new value."""

    name: str
    kind: Kind
    write: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Holds the registers of a rule, numbered from 0; operands point to earlier ones."""

    registers: tuple[Register, ...]
    direction: int
    """The register that holds the direction."""
    states: tuple[State, ...]
    constants: tuple[str, ...] = ()
    """The names of the hyperparameters, in the order in which a replica brings their values."""
