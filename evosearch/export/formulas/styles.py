"""Writes terms in a style; here as code, elsewhere as plain text and as LaTeX.

A style knows how things look; `Style.write` knows which of them need parentheses.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from enum import IntEnum
from fractions import Fraction
from types import MappingProxyType

from evosearch.export.formulas.symbols import Symbol
from evosearch.export.formulas.terms import (
    Call,
    Cases,
    Comparison,
    Indicator,
    Letter,
    Magnitude,
    Negative,
    Number,
    Power,
    Product,
    Root,
    Sum,
    Term,
)
from evosearch.export.notation.python_text import literal


class Binding(IntEnum):
    """Says how tightly a text binds; one that binds less than its place asks has parentheses."""

    LOOSE = 0
    SUM = 1
    PRODUCT = 2
    POWER = 3
    CLOSED = 4


class Style(ABC):
    """Writes terms; what a style does not override is as in code."""

    minus = "-"
    """The sign of a subtraction."""
    relations: Mapping[str, str] = MappingProxyType({})
    """How comparisons are spelt, where the language spells them otherwise."""

    def write(self, term: Term, place: Binding = Binding.LOOSE) -> str:
        """Writes a term, in parentheses if its place asks for more than it binds."""
        text, binding = self._written(term)
        return text if binding >= place else self.parentheses(text)

    def _written(self, term: Term) -> tuple[str, Binding]:
        match term:
            case Number(value):
                return self.number(value)
            case Letter(symbol):
                return self.symbol(symbol), Binding.CLOSED
            case Negative(inner):
                return self.minus + self.write(inner, Binding.PRODUCT), Binding.SUM
            case Sum(terms):
                return self._sum(terms), Binding.SUM
            case Product(factors, divisors):
                return self.quotient(factors, divisors)
            case Power(base, exponent):
                return self.power(base, exponent)
            case Root(inner):
                return self.root(inner)
            case Magnitude(inner):
                return self.magnitude(inner), Binding.CLOSED
            case Call(name, arguments):
                return self.call(name, arguments), Binding.CLOSED
            case Comparison(operator, left, right):
                sign = self.relations.get(operator, operator)
                sides = (self.write(side, Binding.SUM) for side in (left, right))
                return f" {sign} ".join(sides), Binding.LOOSE
            case Indicator(condition):
                return self.indicator(condition), Binding.CLOSED
            case Cases():
                return self.cases(term)

    def _sum(self, terms: Sequence[Term]) -> str:
        text = ""
        for term in terms:
            match term:
                case Negative(inner) if text:
                    text += f" {self.minus} {self.write(inner, Binding.PRODUCT)}"
                case _:
                    text += (" + " if text else "") + self.write(term, Binding.SUM)
        return text

    def number(self, value: Fraction) -> tuple[str, Binding]:
        """Writes a number that is not negative."""
        return literal(float(value)), Binding.CLOSED

    @abstractmethod
    def symbol(self, symbol: Symbol) -> str:
        """Writes a symbol."""

    def parentheses(self, text: str) -> str:
        """Puts a text in parentheses."""
        return f"({text})"

    @abstractmethod
    def product(self, factors: Sequence[Term]) -> str:
        """Writes factors side by side."""

    def quotient(self, factors: Sequence[Term], divisors: Sequence[Term]) -> tuple[str, Binding]:
        """Writes a product, over another one if there are divisors."""
        above = self.product(factors) if factors else "1"
        if not divisors:
            return above, Binding.PRODUCT
        if len(divisors) == 1:
            below = self.write(divisors[0], Binding.POWER)
        else:
            below = self.parentheses(self.product(divisors))
        return f"{above}{self.over}{below}", Binding.PRODUCT

    over = "/"
    """The sign of a division."""

    def power(self, base: Term, exponent: Term) -> tuple[str, Binding]:
        """Writes a power."""
        raised = f"{self.write(base, Binding.CLOSED)}**{self.write(exponent, Binding.CLOSED)}"
        return raised, Binding.POWER

    def root(self, inner: Term) -> tuple[str, Binding]:
        """Writes a square root."""
        return f"sqrt({self.write(inner)})", Binding.CLOSED

    def magnitude(self, inner: Term) -> str:
        """Writes an absolute value."""
        return f"abs({self.write(inner)})"

    def call(self, name: str, arguments: Sequence[Term]) -> str:
        """Writes a function of arguments."""
        return f"{name}({', '.join(map(self.write, arguments))})"

    def indicator(self, condition: Term) -> str:
        """Writes 1 where a condition holds, else 0."""
        return f"({self.write(condition)})"

    def cases(self, term: Cases) -> tuple[str, Binding]:
        """Writes a value that depends on conditions."""
        text = "".join(
            f"{self.write(value, Binding.SUM)} if {self.write(condition)} else "
            for value, condition in term.cases
        )
        return text + self.write(term.otherwise, Binding.SUM), Binding.LOOSE


class Code(Style):
    """Writes as Python does, in ASCII as far as names are: `m[t] = beta*m[t-1] + g[t]`."""

    def symbol(self, symbol: Symbol) -> str:
        """Writes the name, and the time in brackets."""
        return symbol.code

    def product(self, factors: Sequence[Term]) -> str:
        """Writes factors with asterisks."""
        return "*".join(self.write(factor, Binding.PRODUCT) for factor in factors)


CODE = Code()
