"""Makes terms in the order in which a person writes them.

Terms are flattened and ordered, and mean what they meant, `x / 0` being 0. Nothing but numbers is
worked out: `x / x` stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from evosearch.export.formulas.terms import (
    Call,
    Cases,
    Indicator,
    Letter,
    Negative,
    Number,
    Power,
    Product,
    Rank,
    Root,
    Sum,
    Term,
    rank_of,
)

_MERGED = (Fraction(1, 10**30), Fraction(10**30))
"""Between these, numbers that meet are worked out; others would be no floats."""


def number(text: str) -> Term:
    """Makes the number that a text spells, exactly: 0.1 is a tenth."""
    value = Fraction(text)
    return Negative(Number(-value)) if value < 0 else Number(value)


def negated(term: Term) -> Term:
    """Makes `-term`."""
    match term:
        case Negative(inner):
            return inner
        case Number(value=value) if not value:
            return term
    return Negative(term)


def summed(terms: Iterable[Term]) -> Term:
    """Makes a sum: what is left of an old state first, constants last, subtractions at the end."""
    flat = [part for term in terms for part in _summands(term)]
    numbers = [term for term in flat if _is_number(term)]
    merged = sum((_value(term) for term in numbers), Fraction(0))
    if all(_mergeable(_value(term)) for term in numbers) and (not merged or _mergeable(merged)):
        flat = [term for term in flat if not _is_number(term)]
        flat += [_signed(merged)] if merged or not flat else []
    ordered = sorted(flat, key=_place_in_sum)
    return ordered[0] if len(ordered) == 1 else Sum(tuple(ordered))


def multiplied(factors: Iterable[Term], divisors: Iterable[Term] = ()) -> Term:
    """Makes a product: numbers and constants first, then what depends on the step, then tensors."""
    above: list[Term] = []
    below: list[Term] = []
    negative = False
    pending = [*((term, False) for term in factors), *((term, True) for term in divisors)]
    while pending:
        term, divides = pending.pop(0)
        match term:
            case Negative(inner):
                negative = not negative
                pending.insert(0, (inner, divides))
            case Product(upper, lower):
                pending[:0] = [
                    *((part, divides) for part in upper),
                    *((part, not divides) for part in lower),
                ]
            case _:
                (below if divides else above).append(term)
    result = _product(_ordered_factors(above), _ordered_factors(below))
    return negated(result) if negative else result


def raised(base: Term, exponent: Term) -> Term:
    """Makes a power, a root where the exponent is a half, a quotient where it is negative."""
    match exponent:
        case Negative(inner):
            return multiplied((), [raised(base, inner)])
        case Number(value=value) if value == Fraction(1, 2):
            return Root(base)
        case Number(value=value) if value == 1:
            return base
    return Power(base, exponent)


def _summands(term: Term) -> tuple[Term, ...]:
    match term:
        case Sum(terms):
            return terms
        case Negative(Sum(terms)):
            return tuple(negated(part) for part in terms)
    return (term,)


def _is_number(term: Term) -> bool:
    return isinstance(term.term if isinstance(term, Negative) else term, Number)


def _value(term: Term) -> Fraction:
    match term:
        case Number(value):
            return value
        case Negative(inner):
            return -_value(inner)
    raise AssertionError(term)


def _signed(value: Fraction) -> Term:
    return Negative(Number(-value)) if value < 0 else Number(value)


def _mergeable(value: Fraction) -> bool:
    return _MERGED[0] < abs(value) < _MERGED[1]


def _product(factors: Sequence[Term], divisors: Sequence[Term]) -> Term:
    if not divisors and len(factors) < 2:
        return factors[0] if factors else Number(Fraction(1))
    return Product(tuple(factors), tuple(divisors))


def _ordered_factors(terms: Sequence[Term]) -> list[Term]:
    numbers = [term for term in terms if isinstance(term, Number)]
    others = [term for term in terms if not isinstance(term, Number)]
    merged = Fraction(1)
    for term in numbers:
        merged *= term.value
    if all(_mergeable(term.value) for term in numbers) and _mergeable(merged):
        numbers = [] if merged == 1 else [Number(merged)]
    return [*numbers, *sorted(others, key=_place_in_product)]


def _place_in_product(term: Term) -> tuple[int, int]:
    rank = rank_of(term)
    called = isinstance(term, Call | Indicator | Cases)
    # A sum of tensors before what it is multiplied with, one of numbers after.
    return rank, (0 if rank is Rank.TENSOR else 2) if isinstance(term, Sum) else 1 + called


def _place_in_sum(term: Term) -> tuple[bool, int, bool]:
    negative = isinstance(term, Negative)
    inner = term.term if isinstance(term, Negative) else term
    factors = inner.factors if isinstance(inner, Product) else (inner,)
    # An average is `b x + (1 - b) y`.
    remainder = any(isinstance(factor, Sum) for factor in factors if rank_of(factor) < Rank.LEAF)
    return negative, _place_by_age(inner, factors), remainder


def _place_by_age(term: Term, factors: Sequence[Term]) -> int:
    if any(isinstance(factor, Letter) and factor.old for factor in factors):
        return 0
    if any(isinstance(factor, Sum) and _is_old(factor.terms[0]) for factor in factors):
        return 1
    return 2 + Rank.TENSOR - rank_of(term)


def _is_old(term: Term) -> bool:
    return _place_by_age(term, term.factors if isinstance(term, Product) else (term,)) < 2
