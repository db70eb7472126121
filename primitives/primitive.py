"""What one row of the table says about an operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from inspect import signature
from types import BuiltinFunctionType
from typing import Any

from primitives.kinds import Kind
from primitives.ranges import ANY, Range

Source = str | Callable[[Sequence[str], Sequence[bool]], str]
"""Python source of a result: a template with `{0}`, `{1}` … for the arguments, or a function of
the arguments' texts and, for each, whether it is a Python float rather than a tensor. The texts
bind tighter than any operator: names, calls, or in parentheses."""

LETTERS = "abcdef"
"""What definitions and expansions call the arguments."""


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

    @property
    def takes_out(self) -> bool:
        """Whether `torch` takes `out=`, a buffer that may be one of its arguments."""
        return _takes_out(self.torch)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What a program may call: a `Primitive`, or a `Composite` of primitives."""

    name: str
    definition: str
    """The formula in `a`, `b` …, special cases included, for people."""
    accepts: tuple[Kind, ...]
    """For each argument the largest kind allowed."""
    infix: str = ""
    """The operator that writes it, such as `+`; a function call where empty."""
    aliases: tuple[str, ...] = ()
    """Other spellings; one may be shared with an operation of another arity."""
    reduces_to: Kind | None = None
    """The kind of the result where many numbers become one, whatever the arguments' kinds."""
    at_least: Kind = Kind.SCALAR
    """The kind of the result where all arguments are scalars: that of `a - mean(a)` is a leaf."""
    paper: bool = False
    """Whether it is among the functions of the Lion paper's search space (arXiv 2302.06675)."""

    @property
    def arity(self) -> int:
        return len(self.accepts)

    def result_kind(self, arguments: Sequence[Kind]) -> Kind:
        """The kind of the result; `arguments` must be acceptable."""
        return max((self.at_least, *arguments)) if self.reduces_to is None else self.reduces_to


@dataclass(frozen=True, slots=True, kw_only=True)
class Composite(Operation):
    """An operation that is short for others; graphs hold its expansion.

    So a program that calls it and one that spells it out are the same function with the same
    hash, and no back end has to know it.
    """

    expansion: str
    """An expression of other operations, in `a`, `b` … for the arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Primitive(Operation):
    """An operation from whose fields every back end of the project is derived.

    It is total: finite arguments give a finite result, overflow aside. `numpy` is the definition,
    in float64; every other form agrees with it. A reduction's functions take the `Segments` before
    their arguments and give one number per parameter tensor (`LEAF`) or for all of them together
    (`SCALAR`).
    """

    numpy: Callable[..., Any]
    torch: Callable[..., Any]
    """On tensors whose shapes broadcast; may assume that `guarded.unneeded` holds. Training is
    faster where it takes `out=`, as torch's own functions do."""
    sympy: Callable[..., Any]
    source: Source
    """Code of a torch result of which at least one argument is a tensor. The code of a reduction
    over all parameters gives the part of one of them; the parts are added up."""
    finish: str = "{0}"
    """For a reduction over all parameters: code of the result from the sum of the parts."""
    scalar_source: str = ""
    """Code for Python floats; `math` is imported, and the parameter is `p`. Empty where there is
    none, as for most reductions."""
    in_place: Mapping[int, str] = field(default_factory=dict)
    """Code that overwrites the tensor argument of that position with the result, where the
    other arguments are tensors, or Python floats if they may be no tensor value."""
    guarded: Guarded | None = None
    range: Callable[..., Range] = field(default=lambda *_: ANY)
    exact: bool = False
    """Whether every machine gives the same float64, bit for bit, so that constants may be folded.
    IEEE 754 promises it of arithmetic and square roots, of no exponential or logarithm."""
    commutative: bool = False
    even: bool = False
    """f(-x) = f(x)"""
    odd: bool = False
    """f(-x) = -f(x)"""
    monotone: bool = False
    """x <= y gives f(x) <= f(y); said of functions of one argument only."""
    keeps_sign: bool = False
    """f(x) has the sign of x, and is zero only where x is; of functions of one argument only."""
    zero_preserving: bool = False
    """f(0, …, 0) = 0"""
    switches: bool = False
    """Whether the result jumps, or is one argument or another, so that a change of an argument
    may show only where it tips the balance."""
    decay_position: int | None = None
    """The argument at which a constant in [0, 1) acts as a decay rate, if any."""
    cost: int = 1
    """Arithmetic operations per element, roughly; for statistics only."""

    @property
    def reduces(self) -> bool:
        return self.reduces_to is not None

    @property
    def takes_out(self) -> bool:
        """Whether `torch` takes `out=`, a buffer that may be one of its arguments."""
        return _takes_out(self.torch)


@cache
def _takes_out(function: Callable[..., Any]) -> bool:
    # torch's functions are built in, and have no signature to read.
    return isinstance(function, BuiltinFunctionType) or "out" in signature(function).parameters


def render(source: Source, arguments: Sequence[str], floats: Sequence[bool]) -> str:
    """The Python text of `source` applied to the texts `arguments`."""
    if isinstance(source, str):
        return source.format(*arguments)
    return source(arguments, floats)
