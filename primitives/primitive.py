"""Defines what one row of the table says about an operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from inspect import signature
from types import BuiltinFunctionType
from typing import Any

import sympy

from primitives.kinds import Kind, join, join_two
from primitives.ranges import ANY, Range

Source = str | Callable[[Sequence[str], Sequence[bool]], str]
"""Python source of a result: a template with `{0}`, `{1}` … for the arguments, or a function that
takes the arguments' texts and, for each, whether it is a Python float rather than a tensor. The
texts bind tighter than any operator: names, calls, or in parentheses."""

LETTERS = "abcdef"
"""The letters by which definitions and expansions call the arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """Holds the forms that are used where a special case, such as a division by zero, can occur."""

    unneeded: Callable[..., bool]
    """Takes the arguments' ranges; tells whether the plain forms are total on them."""
    torch: Callable[..., Any]
    source: Source
    scalar_source: str
    scalar_unneeded: Callable[..., bool] | None = None
    """The counterpart of `unneeded` for `scalar_source`, if Python floats need a guard more often:
    they raise where tensors overflow to infinity. None if they do not."""
    jax: str = ""
    """Guarded code for jax's arrays; empty if the row's own `jax` is total there."""
    sympy: Callable[..., Any] | None = None
    """The guarded formula, if it differs from the plain one by more than the value at a point."""

    @property
    def takes_out(self) -> bool:
        """Tells whether `torch` takes `out=`, a buffer that may be one of its arguments."""
        return _takes_out(self.torch)


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreach:
    """Holds code for lists of tensors, one for each parameter, by torch's `_foreach` functions."""

    forms: Mapping[int, str]
    """A template for each argument that can be the list of tensors to overwrite, by its position.
    `{_}` stands for an underscore in the form that does overwrite it, for nothing in the other.
    The other arguments may be lists of tensors or of numbers, or one Python float for all."""
    shared_tensor: bool = False
    """Whether another argument may be one tensor for all."""
    listed_numbers: bool = True
    """Whether another argument may be a list of numbers."""
    in_place: bool = True
    """Whether there is a form that overwrites its argument."""
    numbers_with_shards: bool = True
    """Whether another argument may be a number where the list is one of DTensors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fusion:
    """Describes several primitives that torch computes in one pass over memory.

    `pattern` is an expression of the language in `a`, `b` …; the templates stand for the whole.
    `{0}`, `{1}` … in a template are the letters' texts.
    """

    pattern: str
    numbers: frozenset[int] = frozenset()
    """The letters that stand for numbers; the others stand for tensors like the parameter."""
    fixed: bool = False
    """Whether the numbers must depend on hyperparameters alone."""
    target: int = 0
    """The letter that the in-place forms overwrite."""
    in_place: str
    """The code that overwrites the target; the numbers are Python floats."""
    tensor_in_place: str = ""
    """The same where the numbers are tensors; empty if `in_place` serves both."""
    foreach: str
    """The code for lists of tensors; the numbers are Python floats."""
    foreach_listed: bool = False
    """Whether `foreach` takes a list of numbers."""
    tensor_foreach: str = ""
    """The code for lists of tensors where the numbers are tensors; empty if there is none."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Operation:
    """Describes what a program may call: a `Primitive`, or a `Composite` of primitives."""

    name: str
    definition: str
    """The formula in `a`, `b` …, special cases included, for people to read."""
    accepts: tuple[Kind, ...]
    """The largest kind that each argument may have."""
    infix: str = ""
    """The operator that writes it, such as `+`; empty where it is written as a function call."""
    aliases: tuple[str, ...] = ()
    """Other spellings; one may be shared with an operation of another arity."""
    reduces_to: Kind | None = None
    """The kind of the result where many numbers become one, whatever the arguments' kinds."""
    at_least: Kind = Kind.SCALAR
    """The smallest kind that the result can have: `a - mean(a)` is a leaf even for a scalar `a`."""
    paper: bool = False
    """Whether it is among the functions of the Lion paper's search space (arXiv 2302.06675)."""

    @property
    def arity(self) -> int:
        return len(self.accepts)

    def result_kind(self, arguments: Sequence[Kind]) -> Kind:
        """Finds the kind of the result; `arguments` must be acceptable."""
        if self.reduces_to is not None:
            return self.reduces_to
        kind = self.at_least
        for argument in arguments:
            if argument is not kind:
                kind = join_two(kind, argument)
        return kind


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Composite(Operation):
    """Is an operation that is short for others; graphs hold its expansion.

    A program that calls it and one that spells it out are the same function with the same
    hash, so no back end has to know it.
    """

    expansion: str
    """An expression of other operations, in `a`, `b` … for the arguments."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Primitive(Operation):
    """Is an operation from whose fields every back end of the project is derived.

    It is total: finite arguments give a finite result, overflow aside. `numpy` is the definition,
    in float64; every other form agrees with it. A reduction's functions take the `Segments` before
    their arguments and give one number for each parameter tensor (`LEAF`), for each row or column
    of its matrix (`ROW`, `COLUMN`) or for all tensors together (`SCALAR`).
    """

    numpy: Callable[..., Any]
    torch: Callable[..., Any]
    """The function of tensors whose shapes broadcast; it may assume that `guarded.unneeded` holds.
    Training is faster if it takes `out=`, as torch's own functions do."""
    sympy: Callable[..., Any]
    """The formula, which is asked for of letters; operands take their places later, and nothing
    is worked out. An undefined function of the row's name where mathematics has no notation."""
    source: Source
    """Code of a torch result of which at least one argument is a tensor. The code of a reduction
    over all parameters gives the part of one of them; the parts are added up."""
    finish: str = "{0}"
    """Code of the result of a reduction over all parameters from the sum of the parts."""
    workspace: int = 0
    """The most tensors of an argument's size that torch makes at once in the source of a reduction,
    where the text shows fewer."""
    scalar_source: str = ""
    """Code for Python floats; `math` is imported, and the parameter is `p`. Empty where there is
    none, as for most reductions."""
    jax: str = ""
    """Code for jax's arrays and Python floats. `jax` is imported, and `jax.numpy` as `jnp`; the
    gradient, shaped like the parameter, is `g`, the parameter `w`. If empty, `source` does where it
    is made of operators alone; else there is none, and no optax file can be written."""
    jax_finish: str = ""
    """The counterpart of `finish` for jax's arrays. If empty, `finish` does where it is made of
    operators alone."""
    any_source: str = ""
    """Code that serves Python floats and tensors alike, where `scalar_source` does not."""
    in_place: Mapping[int, str] = field(default_factory=dict)
    """Code that overwrites the tensor argument of that position with the result, where those in
    `tensors` are tensors; the others may be Python floats."""
    foreach: Foreach | None = None
    """Code for a list of parameters at once; None if torch has no such function."""
    precise: Callable[[Primitive, Sequence[float | None]], Primitive] | None = None
    """Chooses code that loses no digits in single precision. It takes this row and the arguments'
    values, None for those that are not known, and returns the row with that code alone. None if
    all of the row's code keeps its digits."""
    tensors: frozenset[int] = frozenset()
    """The arguments for which torch's own function, in place or of lists, wants tensors."""
    result_role: str = ""
    """What a person would call the result, such as `mask`."""
    argument_roles: Mapping[int, str] = field(default_factory=dict)
    """What a person would call an argument, such as `denom`."""
    guarded: Guarded | None = None
    range: Callable[..., Range] = field(default=lambda *_: ANY)
    exact: bool = False
    """Whether every machine gives the same float64, bit for bit, so that constants may be folded:
    IEEE 754 promises it for arithmetic and square roots, for no exponential or logarithm."""
    commutative: bool = False
    even: bool = False
    """f(-x) = f(x)"""
    odd: bool = False
    """f(-x) = -f(x)"""
    monotone: bool = False
    """x <= y gives f(x) <= f(y), for functions of one argument."""
    keeps_sign: bool = False
    """f(x) has the sign of x, and is zero only where x is, for functions of one argument."""
    zero_preserving: bool = False
    """f(0, …, 0) = 0"""
    switches: bool = False
    """Whether the result jumps, or is one argument or another, so that a change of an argument
    may show only where it tips the balance."""
    degrees: tuple[float, ...] | None = None
    """f(r * a, s * b) = r ** degrees[0] * s ** degrees[1] * f(a, b), for positive r and s."""
    scaled_together: tuple[int, ...] = ()
    """The arguments that, all times a positive number, make the result times that number."""
    neutral: frozenset[int] = frozenset()
    """The arguments that change nothing where they are 1: f(a, 1) = a."""
    decay_position: int | None = None
    """The argument at which a constant in [0, 1) acts as a decay rate, if any."""
    cost: int = 1
    """Roughly the arithmetic operations per element, for statistics."""

    @property
    def reduces(self) -> bool:
        """Tells whether many numbers become one; the `Segments` then come before the arguments."""
        return self.reduces_to is not None

    def spreads(self, arguments: Sequence[Kind]) -> tuple[tuple[int, Kind, Kind], ...]:
        """Lists the arguments to spread before `numpy` is called: position, kind, and new kind.

        Scalars are left to broadcasting, except where elements are counted.
        """
        return _spreads(self.reduces, tuple(arguments))

    def meeting_kind(self, arguments: Sequence[Kind]) -> Kind:
        """Finds the kind in which arguments of these kinds meet before anything is computed.

        A reduction counts the elements of all its arguments; other operations take theirs element
        by element, as they lie in the smallest kind over which all spread.
        """
        return Kind.TENSOR if self.reduces else join(arguments)

    @property
    def takes_out(self) -> bool:
        """Tells whether `torch` takes `out=`, a buffer that may be one of its arguments."""
        return _takes_out(self.torch)


@cache
def _spreads(reduces: bool, arguments: tuple[Kind, ...]) -> tuple[tuple[int, Kind, Kind], ...]:
    into = Kind.TENSOR if reduces else join(arguments)
    return tuple(
        (position, kind, into)
        for position, kind in enumerate(arguments)
        if kind is not into and (reduces or kind is not Kind.SCALAR)
    )


@cache
def _takes_out(function: Callable[..., Any]) -> bool:
    # torch's functions are built in, and have no signature to read.
    return isinstance(function, BuiltinFunctionType) or "out" in signature(function).parameters


def symbolic(name: str) -> Callable[..., Any]:
    """Makes what stands in a formula for what mathematics has no notation for: a function.

    It is undefined, of that name.
    """
    return lambda *arguments: sympy.Function(name)(*arguments)


def render(source: Source, arguments: Sequence[str], floats: Sequence[bool]) -> str:
    """Writes the Python text of `source` applied to the texts `arguments`.

    >>> render("{0} * torch.tanh({1})", ["w", "(a + b)"], [False, False])
    'w * torch.tanh((a + b))'
    """
    if isinstance(source, str):
        return source.format(*arguments)
    return source(arguments, floats)
