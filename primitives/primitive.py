"""What one row of the table says about an operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from primitives.kinds import Kind, join
from primitives.ranges import ANY, Range

Source = str | Callable[[Sequence[str], Sequence[bool]], str]
"""Python source of a result: a template with `{0}`, `{1}` … for the arguments, or a function of
the arguments' texts and, for each, whether it is a Python float rather than a tensor. The texts
bind tighter than any operator: names, calls, or in parentheses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """The forms used where the arguments' ranges do not rule the special case out."""

    unneeded: Callable[..., bool]
    """Of the arguments' ranges: whether the plain forms are already total."""
    torch: Callable[..., Any]
    source: Source
    scalar_source: str
    scalar_unneeded: Callable[..., bool] | None = None
    """The like of `unneeded` for `scalar_source`, where Python floats need more: they raise where
    tensors overflow to infinity."""
    sympy: Callable[..., Any] | None = None
    """Where the formula differs from the plain one by more than the value at a point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Primitive:
    """One operation; every back end of the project is derived from these fields.

    The operation is total: finite arguments give a finite result, overflow aside. `numpy` is the
    definition, in float64; every other form agrees with it. A reduction's functions take the
    `Segments` before their arguments and give one number per parameter tensor.
    """

    name: str
    definition: str
    """The formula, special cases included, for people."""
    accepts: tuple[Kind, ...]
    """For each argument the largest kind allowed."""
    numpy: Callable[..., Any]
    torch: Callable[..., Any]
    """On tensors whose shapes broadcast; may assume that `guarded.unneeded` holds."""
    sympy: Callable[..., Any]
    source: Source
    """Code of a torch result of which at least one argument is a tensor."""
    scalar_source: str = ""
    """Code for Python floats; `math` is imported. Empty for reductions."""
    in_place: Mapping[int, str] = field(default_factory=dict)
    """Code that overwrites the tensor argument of that position with the result, where the
    other arguments are tensors, or Python floats if they may be no tensor value."""
    guarded: Guarded | None = None
    reduces: bool = False
    range: Callable[..., Range] = field(default=lambda *_: ANY)
    infix: str = ""
    """The operator that writes it, such as `+`; a function call where empty."""
    aliases: tuple[str, ...] = ()
    commutative: bool = False
    even: bool = False
    """f(-x) = f(x)"""
    odd: bool = False
    """f(-x) = -f(x)"""
    decay_position: int | None = None
    """The argument at which a constant in [0, 1) acts as a decay rate, if any."""
    cost: int = 1
    """Arithmetic operations per element, roughly; for statistics only."""

    @property
    def arity(self) -> int:
        return len(self.accepts)

    def result_kind(self, arguments: Sequence[Kind]) -> Kind:
        """The kind of the result; `arguments` must be acceptable."""
        return Kind.LEAF if self.reduces else join(arguments)


def render(source: Source, arguments: Sequence[str], floats: Sequence[bool]) -> str:
    """The Python text of `source` applied to the texts `arguments`."""
    if isinstance(source, str):
        return source.format(*arguments)
    return source(arguments, floats)
