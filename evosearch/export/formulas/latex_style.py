"""Writes terms as LaTeX."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from types import MappingProxyType

from evosearch.export.formulas.styles import Binding, Style
from evosearch.export.formulas.symbols import Symbol
from evosearch.export.formulas.terms import Cases, Term
from evosearch.language.number_text import number


class Latex(Style):
    """Writes LaTeX, which needs amsmath for cases alone."""

    relations = MappingProxyType({"==": "=", "!=": r"\ne", ">=": r"\ge", "<=": r"\le"})
    _known = frozenset(
        (
            *("arccos", "arcsin", "arctan", "cos", "cosh", "exp", "log"),
            *("max", "min", "sin", "sinh", "tan", "tanh"),
        )
    )
    """The functions for which LaTeX has commands."""

    def number(self, value: Fraction) -> tuple[str, Binding]:
        """Writes a number, with a power of ten where the exponent is large."""
        digits, _, exponent = number(float(value)).partition("e")
        if not exponent:
            return digits, Binding.CLOSED
        power = f"10^{{{int(exponent)}}}"
        if digits == "1":
            return power, Binding.POWER
        return rf"{digits} \cdot {power}", Binding.PRODUCT

    def symbol(self, symbol: Symbol) -> str:
        """Writes the symbol with its indices."""
        return symbol.whole_latex

    def parentheses(self, text: str) -> str:
        """Puts a text in parentheses, as tall as what is in them."""
        return self._enclosed("(", text, ")")

    def product(self, factors: Sequence[Term]) -> str:
        """Writes factors side by side, with a dot before a number and behind a word."""
        text, apart = "", False
        for factor in factors:
            written = self.write(factor, Binding.PRODUCT)
            apart = apart or written[0].isdigit()
            text += (r" \cdot " if apart else " ") * bool(text) + written
            apart = written.startswith(r"\mathrm")
        return text

    def quotient(self, factors: Sequence[Term], divisors: Sequence[Term]) -> tuple[str, Binding]:
        """Writes a fraction if there are divisors."""
        if not divisors:
            return self.product(factors), Binding.PRODUCT
        above, below = (
            self.write(terms[0]) if len(terms) == 1 else self.product(terms) or "1"
            for terms in (factors, divisors)
        )
        return rf"\frac{{{above}}}{{{below}}}", Binding.PRODUCT

    def power(self, base: Term, exponent: Term) -> tuple[str, Binding]:
        """Writes an exponent, in braces unless it is a digit or letter."""
        above = self.write(exponent)
        if len(above) > 1:
            above = f"{{{above}}}"
        return f"{self.write(base, Binding.CLOSED)}^{above}", Binding.POWER

    def root(self, inner: Term) -> tuple[str, Binding]:
        """Writes the sign of the root over all that is in it."""
        return rf"\sqrt{{{self.write(inner)}}}", Binding.CLOSED

    def magnitude(self, inner: Term) -> str:
        """Writes bars, of which it shows where they open and close."""
        return rf"\left| {self.write(inner)} \right|"

    def call(self, name: str, arguments: Sequence[Term]) -> str:
        """Writes a function's name upright."""
        escaped = name.replace("_", r"\_")
        function = rf"\{name}" if name in self._known else rf"\operatorname{{{escaped}}}"
        return function + self.parentheses(", ".join(map(self.write, arguments)))

    def indicator(self, condition: Term) -> str:
        """Writes Iverson's brackets."""
        return self._enclosed("[", self.write(condition), "]")

    def cases(self, term: Cases) -> tuple[str, Binding]:
        """Writes a line for each case."""
        lines = [
            rf"{self.write(value)} & \text{{if }} {self.write(condition)}"
            for value, condition in term.cases
        ]
        lines.append(rf"{self.write(term.otherwise)} & \text{{otherwise}}")
        body = r" \\ ".join(lines)
        return rf"\begin{{cases}} {body} \end{{cases}}", Binding.LOOSE

    @staticmethod
    def _enclosed(left: str, text: str, right: str) -> str:
        if re.search(r"\\(frac|sqrt|begin|left)|\^", text):
            return rf"\left{left} {text} \right{right}"
        return left + text + right


LATEX = Latex()
