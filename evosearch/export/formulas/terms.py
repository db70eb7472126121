"""Represents mathematics as terms; `term_making` makes them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction

from evosearch.export.formulas.symbols import Symbol


class Rank(IntEnum):
    """Says on what a value depends; within a product, lower ranks are written first."""

    NUMBER = 0
    FIXED = 1
    """On hyperparameters alone."""
    STEP = 2
    """On the step and on scalar states: one number for all parameters."""
    LEAF = 3
    """One number per parameter tensor."""
    ROW = 4
    """One number per row or column of each."""
    TENSOR = 5


@dataclass(frozen=True, slots=True)
class Number:
    """Is a number that is not negative."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Letter:
    """Is a symbol; `old` says that it is a state before the step."""

    symbol: Symbol
    rank: Rank
    old: bool = False


@dataclass(frozen=True, slots=True)
class Negative:
    """Stands for `-term`."""

    term: Term


@dataclass(frozen=True, slots=True)
class Sum:
    """Stands for terms that are added; those to subtract are `Negative`, and come last."""

    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Product:
    """Stands for the product of factors over that of divisors; none of them is `Negative`."""

    factors: tuple[Term, ...]
    divisors: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Power:
    """Stands for `base` raised to `exponent`."""

    base: Term
    exponent: Term


@dataclass(frozen=True, slots=True)
class Root:
    """Stands for a square root."""

    term: Term


@dataclass(frozen=True, slots=True)
class Magnitude:
    """Stands for an absolute value."""

    term: Term


@dataclass(frozen=True, slots=True)
class Call:
    """Stands for a function of arguments."""

    name: str
    arguments: tuple[Term, ...]
    rank: Rank


@dataclass(frozen=True, slots=True)
class Comparison:
    """Stands for a condition, the operator as the language spells it."""

    operator: str
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class Indicator:
    """Stands for 1 where a condition holds, else 0."""

    condition: Term


@dataclass(frozen=True, slots=True)
class Cases:
    """Stands for the value of the first condition that holds, or else for `otherwise`."""

    cases: tuple[tuple[Term, Term], ...]
    """Values, each with its condition."""
    otherwise: Term


Term = (
    Number | Letter | Negative | Sum | Product | Power | Root | Magnitude | Call
    | Comparison | Indicator | Cases
)  # fmt: skip


def rank_of(term: Term) -> Rank:
    """Tells on what a term depends."""
    match term:
        case Number():
            return Rank.NUMBER
        case Letter(rank=rank) | Call(rank=rank):
            return rank
    return max((rank_of(part) for part in parts_of(term)), default=Rank.NUMBER)


def parts_of(term: Term) -> tuple[Term, ...]:
    """Lists the terms that a term is made of."""
    match term:
        case Number() | Letter():
            return ()
        case Negative(part) | Root(part) | Magnitude(part) | Indicator(part):
            return (part,)
        case Sum(parts) | Call(arguments=parts):
            return parts
        case Product(factors, divisors):
            return (*factors, *divisors)
        case Power(left, right) | Comparison(left=left, right=right):
            return (left, right)
        case Cases(cases, otherwise):
            return (*(part for case in cases for part in case), otherwise)
