"""Writes terms as mathematics in plain text."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from evosearch.export.formulas.styles import Binding, Style
from evosearch.export.formulas.symbols import Symbol
from evosearch.export.formulas.terms import Letter, Magnitude, Number, Root, Term


class Plain(Style):
    """Writes mathematics as text: `m_t = β m_{t-1} + g_t`."""

    minus = "−"
    over = " / "
    relations = MappingProxyType({"==": "=", "!=": "≠", ">=": "≥", "<=": "≤"})
    _raised = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

    def symbol(self, symbol: Symbol) -> str:
        """Writes the letters, and the time behind an underscore."""
        return symbol.plain

    def product(self, factors: Sequence[Term]) -> str:
        """Writes factors with a space between, with a dot where that could be misread."""
        text, ended = "", False
        for factor in factors:
            written = self.write(factor, Binding.PRODUCT)
            if text:
                text += " " if ended and written[0].isalpha() else " · "
            text += written
            # What follows a root could be read as under it.
            ended = not isinstance(factor, Root) and (text[-1].isalnum() or text[-1] in "})")
        return text

    def power(self, base: Term, exponent: Term) -> tuple[str, Binding]:
        """Writes whole exponents as raised digits, others behind a caret."""
        below = self.write(base, Binding.CLOSED)
        match exponent:
            case Number(value) if value.denominator == 1 and value < 1000:
                return below + str(value).translate(self._raised), Binding.POWER
        return f"{below}^{self.write(exponent, Binding.CLOSED)}", Binding.POWER

    def root(self, inner: Term) -> tuple[str, Binding]:
        """Writes the sign of the root, with parentheses around what is more than a symbol."""
        if isinstance(inner, Letter | Number | Magnitude):
            return f"√{self.write(inner)}", Binding.POWER
        return f"√({self.write(inner)})", Binding.POWER

    def magnitude(self, inner: Term) -> str:
        """Writes bars."""
        return f"|{self.write(inner)}|"

    def indicator(self, condition: Term) -> str:
        """Writes Iverson's brackets."""
        return f"[{self.write(condition)}]"


PLAIN = Plain()
