"""Makes terms of operations by what their rows say to sympy.

A row's formula is asked for with letters, and operands are put in the letters' places afterwards:
sympy shall say what an operation means, and not work out or rearrange what it is applied to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import sympy
from sympy.core.function import AppliedUndef
from sympy.logic.boolalg import BooleanAtom

from evosearch.export.formulas.symbols import STEP
from evosearch.export.formulas.term_making import multiplied, negated, raised, summed
from evosearch.export.formulas.term_making import number as number_of
from evosearch.export.formulas.terms import (
    Call,
    Cases,
    Comparison,
    Indicator,
    Letter,
    Magnitude,
    Negative,
    Number,
    Rank,
    Term,
    rank_of,
)
from evosearch.language.number_text import number
from primitives import Kind, Primitive
from primitives.primitive import LETTERS

RANKS: Mapping[Kind, Rank] = MappingProxyType(
    {
        Kind.SCALAR: Rank.STEP,
        Kind.LEAF: Rank.LEAF,
        Kind.ROW: Rank.ROW,
        Kind.COLUMN: Rank.ROW,
        Kind.TENSOR: Rank.TENSOR,
    }
)
"""The rank of a value of which nothing but the kind is known."""

_FUNCTIONS = {
    **{name: f"arc{name[1:]}" for name in ("asin", "acos", "atan", "asinh", "acosh", "atanh")},
    **{"Max": "max", "Min": "min", "Mod": "mod", "And": "and", "Or": "or", "Not": "not"},
}
"""What mathematics calls functions of which sympy has other names."""
_RELATIONS = {
    sympy.Eq: "==",
    sympy.Ne: "!=",
    sympy.Gt: ">",
    sympy.Ge: ">=",
    sympy.Lt: "<",
    sympy.Le: "<=",
}


def applied(row: Primitive, kind: Kind, guarded: bool, operands: Sequence[Term]) -> Term:
    """Makes the term of a primitive of operands; `kind` is that of the result.

    `guarded` says that a special case can occur: the formula is then the one that holds there too,
    if the row has such.
    """
    function = row.sympy
    if guarded and row.guarded and row.guarded.sympy:
        function = row.guarded.sympy
    letters = [
        sympy.Symbol(letter, real=True, integer=_is_step(operand) or None)
        for letter, operand in zip(LETTERS, operands, strict=False)
    ]
    formula = sympy.sympify(function(*letters))
    if isinstance(formula, AppliedUndef) and row.infix:
        return Indicator(Comparison(row.infix, *operands))
    rank = RANKS[kind] if row.reduces else max(map(rank_of, operands), default=RANKS[kind])
    return _Reader(dict(zip(letters, operands, strict=True)), rank).term(formula)


def is_named(row: Primitive) -> bool:
    """Tells whether formulas know an operation by its name alone, as no notation says it."""
    return isinstance(row.sympy(*map(sympy.Symbol, LETTERS[: row.arity])), AppliedUndef)


def _is_step(term: Term) -> bool:
    return isinstance(term, Letter) and term.symbol == STEP


def _number(term: Term) -> Any:
    match term:
        case Number(value):
            return sympy.Rational(value.numerator, value.denominator)
        case Negative(Number(value)):
            return sympy.Rational(-value.numerator, value.denominator)
    return None


class _Reader:
    """Makes terms of sympy's expressions, operands being put in the place of letters."""

    def __init__(self, operands: Mapping[Any, Term], rank: Rank) -> None:
        self._operands = operands
        self._rank = rank

    def term(self, formula: Any) -> Term:
        """Makes the term of a formula in the letters."""
        if formula.is_Symbol:
            return self._operands[formula]
        if formula.is_Rational:
            return _quotient(Fraction(int(formula.p), int(formula.q)))
        if isinstance(formula, BooleanAtom):
            return Number(Fraction(bool(formula)))
        if formula.is_number and not formula.args:
            return number_of(number(float(formula)))
        parts = formula.args
        if formula.is_Add:
            return summed(map(self.term, parts))
        if formula.is_Mul:
            return multiplied(map(self.term, parts))
        if formula.is_Pow:
            return raised(self.term(formula.base), self.term(formula.exp))
        if formula.is_Piecewise:
            return self._cases(parts)
        if type(formula) in _RELATIONS:
            return self._comparison(_RELATIONS[type(formula)], *map(self.term, parts))
        if isinstance(formula, sympy.Abs):
            return Magnitude(self.term(parts[0]))
        name = formula.func.__name__
        unordered = formula.is_Boolean or isinstance(formula, sympy.Max | sympy.Min)
        arguments = [self.term(part) for part in (sorted(parts, key=str) if unordered else parts)]
        if unordered:
            arguments.sort(key=lambda argument: rank_of(argument) is Rank.NUMBER)
        return Call(_FUNCTIONS.get(name, name), tuple(arguments), self._rank)

    def _cases(self, pairs: Sequence[Any]) -> Term:
        """Makes the cases that numbers among the operands leave open."""
        numbers = {
            letter: value
            for letter, operand in self._operands.items()
            if (value := _number(operand)) is not None
        }
        cases: list[tuple[Term, Term]] = []
        for value, condition in pairs:
            settled = condition.subs(numbers)
            if settled is not sympy.false:
                cases.append((self.term(value), self.term(condition)))
            if settled is sympy.true:
                break
        otherwise, _ = cases.pop()
        return Cases(tuple(cases), otherwise) if cases else otherwise

    def _comparison(self, operator: str, left: Term, right: Term) -> Term:
        # Not to be zero is to hold.
        if operator == "!=" and isinstance(left, Indicator) and right == Number(Fraction(0)):
            return left.condition
        return Comparison(operator, left, right)


def _quotient(value: Fraction) -> Term:
    """Makes a number, a quotient of whole ones where no decimal is that number."""
    if Fraction(number(float(value))) == value:
        return number_of(number(float(value)))
    whole = multiplied(
        [Number(Fraction(abs(value.numerator)))], [Number(Fraction(value.denominator))]
    )
    return negated(whole) if value < 0 else whole
