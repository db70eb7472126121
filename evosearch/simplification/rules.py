"""Reads the tables of algebra: what may be put in the place of what, and under which condition.

`<->` in a line stands for two rules. The graph's own identities are rules besides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from evosearch.graph.identities import Identity, identities, identities_from_facts
from evosearch.graph.patterns import Application, Literal, Pattern, Variable, read_pattern
from evosearch.simplification.algebra import averages, choices, numbers, reductions
from evosearch.simplification.egraph import EClass
from primitives import BUILT_IN, Kind, Primitive, Range, fits

TABLES = (*numbers.TABLES, *choices.TABLES, *averages.TABLES, *reductions.TABLES)

NOT_WRITTEN = ("lerp(x, 0, a)", "lerp(0, x, a)")
"""Patterns that no result has although they are short: a product says the same plainly."""


Condition = Callable[..., bool]


def _weighs(a: float, b: float) -> bool:
    """Tells whether two numbers can be weights: they do not cancel."""
    return abs(a + b) > 1e-3 * max(abs(a), abs(b))


CONDITIONS: Mapping[str, Condition] = {
    "number": lambda a: a.value is not None and a.value != 0,
    "negative": lambda a: a.range.high < 0 or (a.range.high == 0 and a.range.high_open),
    "positive": lambda a: a.range.nonnegative and a.range.nonzero,
    "nonnegative": lambda a: a.range.nonnegative,
    "nonpositive": lambda a: a.range.high <= 0,
    "nonzero": lambda a: a.range.nonzero,
    "unit": lambda a: a.range.within(0.0, 1.0),
    "inside": lambda a: a.range.within(-0.999, 0.999),
    "above": lambda a, b: a.range.low >= b.range.high,
    "scalar": lambda a: a.kind is Kind.SCALAR,
    "single": lambda a: fits(a.kind, Kind.LEAF),
    "summed": lambda a, b=None: _weighs(a.value or 0.0, 1.0 if b is None else b.value or 0.0),
}
"""What a rule may ask of the classes that its variables stand for: that it is a number but 0, that
it lies in a range, that it holds one number per tensor (`single`) or for all (`scalar`), that two
numbers (one and 1) do not sum to 0 (`summed`)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Tells that `right` equals `left` where all of `conditions` hold of the variables named."""

    text: str
    left: Application
    right: Pattern
    conditions: tuple[tuple[Condition, tuple[str, ...]], ...] = ()

    def allows(self, classes: Mapping[str, EClass]) -> bool:
        """Tells whether the conditions hold of what the variables stand for."""
        return all(test(*(classes[name] for name in names)) for test, names in self.conditions)

    @property
    def shrinks(self) -> bool:
        """Tells whether the right side has fewer primitives, or is part of the left."""
        return size(self.right) < size(self.left)


def size(pattern: Pattern) -> int:
    """Counts the primitives of a pattern."""
    if isinstance(pattern, Application):
        return 1 + sum(map(size, pattern.operands))
    return 0


@cache
def rules() -> tuple[Rule, ...]:
    """Lists all rules of the built-in operations, those that shrink first."""
    lines = [line.strip() for table in TABLES for line in table.splitlines() if line.strip()]
    every = [rule for line in lines for rule in read_rules(line)]
    every += [_of_identity(identity) for identity in identities()]
    unlike: dict[object, Rule] = {}
    for rule in every:
        unlike.setdefault((rule.left, rule.right, rule.conditions), rule)
    return tuple(sorted(unlike.values(), key=lambda rule: not rule.shrinks))


def rules_of(row: Primitive) -> tuple[Rule, ...]:
    """Lists the rules that follow from what the row of a user's operation says of it."""
    return tuple(_of_identity(identity) for identity in identities_from_facts(row))


def read_rules(line: str) -> list[Rule]:
    """Reads a line of a table: one rule, or two where it says `<->`."""
    equation, _, condition = line.partition(" if ")
    arrow = " <-> " if " <-> " in equation else " -> "
    left, right = (read_pattern(side, BUILT_IN) for side in equation.split(arrow))
    conditions = tuple(_condition(part) for part in condition.split(" and ") if part)
    both = [(left, right)] + [(right, left)] * (arrow == " <-> ")
    made = []
    for one, other in both:
        assert isinstance(one, Application)
        made.append(Rule(line, one, other, conditions))
    return made


def _condition(text: str) -> tuple[Condition, tuple[str, ...]]:
    name, _, arguments = text.strip().rstrip(")").partition("(")
    return CONDITIONS[name], tuple(argument.strip() for argument in arguments.split(","))


def _of_identity(identity: Identity) -> Rule:
    test = identity.condition
    conditions = ((_of_range(test), ("x",)),) if test is not None else ()
    return Rule(identity.text, identity.left, identity.right, conditions)


def _of_range(test: Callable[[Range], bool]) -> Condition:
    return lambda x: test(x.range)


def variables(pattern: Pattern) -> tuple[str, ...]:
    """Names the variables of a pattern, in the order in which they first stand."""
    match pattern:
        case Variable(name):
            return (name,)
        case Application(_, operands):
            return tuple(dict.fromkeys(n for operand in operands for n in variables(operand)))
        case Literal():
            return ()
