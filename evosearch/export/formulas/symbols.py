"""Gives names symbols as mathematics has them: `beta1` is β₁, `slow` an upright word.

Distinct names get distinct symbols in each notation: a state called `theta` is not the weights.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, count

NOW, BEFORE = "t", "t-1"
"""The times at which a formula speaks of a state: after this step, and before it."""

_GREEK = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"),
    *("lamda", "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi"),
    "omega",
)
_SHORT = {"eps": "epsilon"}
_LATEX_SPELLING = {"lamda": "lambda"}
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_CIRCUMFLEX = "\N{COMBINING CIRCUMFLEX ACCENT}"


@dataclass(frozen=True, slots=True)
class Symbol:
    """Is a name as code, as plain text and as LaTeX, there with its indices apart."""

    code: str
    plain: str
    latex: str
    indices: tuple[str, ...] = ()

    def at(self, time: str) -> Symbol:
        """Gives the symbol of the value that a series has at that time."""
        index = time if len(time) == 1 else f"{{{time}}}"
        code, plain = f"{self.code}[{time}]", f"{self.plain}_{index}"
        return Symbol(code, plain, self.latex, (*self.indices, time))

    @property
    def whole_latex(self) -> str:
        """Gives the LaTeX with the indices."""
        joined = ",".join(self.indices)
        if not joined:
            return self.latex
        return f"{self.latex}_{joined}" if len(joined) == 1 else f"{self.latex}_{{{joined}}}"


WEIGHTS = Symbol("w", "θ", r"\theta")
GRADIENT = Symbol("g", "g", "g")
DECAY = Symbol("weight_decay", "λ", r"\lambda")
RATE = Symbol("lr", "η_t", r"\eta", (NOW,))
STEP = Symbol("t", "t", "t")


class Symbols:
    """Gives out symbols, each once; those of weights, gradient, rate, decay and step are taken."""

    def __init__(self) -> None:
        self._taken: set[tuple[str, str]] = set()
        for symbol in (WEIGHTS, GRADIENT, DECAY, RATE, STEP, Symbol("lr", "η", r"\eta")):
            self._taken |= _forms(symbol)

    def series(self, name: str) -> Symbol:
        """Makes the symbol of a value that has another one at each step; see `Symbol.at`."""
        return self._first_free([_pretty(name, subscripts=False), *_literal(name)])

    def constant(self, name: str) -> Symbol:
        """Makes the symbol of a value that is spoken of without a time."""
        return self._first_free([_pretty(name, subscripts=True), *_literal(name)])

    def if_free(self, name: str) -> Symbol | None:
        """Makes the symbol that suits a name best; None if it was given out."""
        symbol = _pretty(name, subscripts=True)
        if not self._taken.isdisjoint(_forms(symbol)):
            return None
        self._taken |= _forms(symbol)
        return symbol

    def _first_free(self, candidates: Sequence[Symbol]) -> Symbol:
        last = candidates[-1]
        primes = (
            Symbol(last.code + "_" * n, last.plain + "′" * n, last.latex + "'" * n, last.indices)
            for n in count(1)
        )
        free = (s for s in chain(candidates, primes) if self._taken.isdisjoint(_forms(s)))
        symbol = next(free)
        self._taken |= _forms(symbol)
        return symbol


def _forms(symbol: Symbol) -> set[tuple[str, str]]:
    """Lists how a symbol may be read in each notation, alone and at a time."""
    every = (symbol, symbol.at(NOW), symbol.at(BEFORE))
    forms = {("code", each.code) for each in every}
    forms |= {("plain", each.plain) for each in every}
    return forms | {("latex", each.whole_latex) for each in every}


def _pretty(name: str, subscripts: bool) -> Symbol:
    """Writes a letter, Greek or Latin, or a word; with an index, or a hat for `_hat`.

    No word is an upright t below, which would be read as a time. `subscripts` says whether plain
    text may have digits below; no time can follow them there.
    """
    parts = re.fullmatch(r"([^\W\d_]+)(?:_?(\d+)|_(?!t$)([^\W\d_]+))?", name)
    if parts is None:
        return _literal(name)[0]
    stem, digits, word = parts.groups()
    plain, latex = _head(stem)
    if digits and subscripts:
        return Symbol(name, plain + digits.translate(_SUBSCRIPTS), latex, (digits,))
    if digits:
        return Symbol(name, name.replace(stem, plain), latex, (digits,))
    if word == "hat" and len(plain) == 1:
        hatted = unicodedata.normalize("NFC", plain + _CIRCUMFLEX)
        return Symbol(name, hatted, rf"\hat{{{latex}}}")
    if word:
        return Symbol(name, name, latex, (rf"\mathrm{{{word}}}",))
    return Symbol(name, plain, latex)


def _head(stem: str) -> tuple[str, str]:
    """Writes a word as plain text and LaTeX; Greek letters go by their names."""
    letter = _SHORT.get(stem, stem)
    if letter in _GREEK:
        plain = unicodedata.lookup(f"GREEK SMALL LETTER {letter}")
        return plain, f"\\{_LATEX_SPELLING.get(letter, letter)}"
    return stem, stem if len(stem) == 1 else rf"\mathrm{{{stem}}}"


def _literal(name: str) -> list[Symbol]:
    """Writes a name as it is."""
    escaped = name.replace("_", r"\_")
    return [Symbol(name, name, rf"\mathrm{{{escaped}}}")]
