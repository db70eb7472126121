"""Lists the known rules as recognition needs them: simplest first, with structures and classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property

from evosearch.graph.graph import Graph
from evosearch.graph.lowering import lower
from evosearch.graph.structure import Structure, structure
from evosearch.language.library import known_rule, rule_names
from evosearch.language.program import Program
from evosearch.recognition.behaviour import Behaviour
from evosearch.screening.contender import with_values
from evosearch.screening.family import Family
from evosearch.screening.fingerprint_index import FingerprintIndex

_PREFERRED = frozenset({"adamw"})
"""Of names for one function, those to be said: here the trainer decays weights as AdamW does."""
_GUARD = "eps"
"""The name of what known rules add to a denominator, lest it be zero."""


@dataclass(frozen=True)
class Known:
    """Holds a known rule, with its own hyperparameters as the constants to be found."""

    name: str
    zero: str = ""
    """The name of a hyperparameter that is zero here, and so no constant; empty for none."""

    @cached_property
    def program(self) -> Program:
        """Gives the rule as a program, without the hyperparameter that is zero."""
        rule = known_rule(self.name)
        if not self.zero:
            return rule
        statements = [
            replace(
                statement,
                arguments=tuple(0.0 if a == self.zero else a for a in statement.arguments),
            )
            for statement in rule.statements
        ]
        left = tuple(pair for pair in rule.hyperparameters if pair[0] != self.zero)
        return replace(rule, statements=tuple(statements), hyperparameters=left)

    @cached_property
    def family(self) -> Family:
        """Gives the rule at any values of its hyperparameters."""
        return Family(lower(self.program))

    @cached_property
    def structure(self) -> Structure:
        """Gives its structure, in which literals are constants too."""
        return structure(self.program)

    @property
    def defaults(self) -> dict[str, float]:
        """Gives its hyperparameters' own values, by name."""
        return dict(self.program.hyperparameters)

    @property
    def simplicity(self) -> tuple[int, int, bool, str]:
        """Orders rules: by constants, then statements, then by the name to be said."""
        size = self.family.graph.size
        return len(self.family.names), size, self.name not in _PREFERRED, self.name

    def graph(self, constants: tuple[float, ...]) -> Graph:
        """Gives the rule at these values of its constants, in the order of its family."""
        return with_values(self.family.graph, constants)


@cache
def known_rules() -> tuple[Known, ...]:
    """Lists the known rules, the simplest first."""
    return tuple(sorted(map(Known, rule_names()), key=lambda known: known.simplicity))


@cache
def by_structure() -> Mapping[str, Known]:
    """Maps the digest of each structure to the first rule that has it."""
    first: dict[str, Known] = {}
    for known in known_rules():
        first.setdefault(known.structure.digest, known)
    return first


@cache
def with_unguarded() -> tuple[Known, ...]:
    """Lists the rules, one of each structure, and those that have a guard without it as well.

    A rule that is bred or simplified often has lost it, and is then far from the guarded one where
    gradients are faint.
    """
    structures = dict(by_structure())
    for known in by_structure().values():
        if _GUARD in known.defaults:
            unguarded = Known(known.name, zero=_GUARD)
            structures.setdefault(unguarded.structure.digest, unguarded)
    return tuple(structures.values())


def constants_of(known: Known, own: Structure) -> dict[str, float]:
    """Reads the constants of a known rule off a program of its structure, by the rule's names.

    Numbers that the rule spells count where the program has others.
    """
    values = dict(zip(known.structure.names, own.constants, strict=True))
    usual = dict(zip(known.structure.names, known.structure.constants, strict=True))
    named = {name: values.pop(name) for name in known.defaults}
    return named | {name: value for name, value in values.items() if value != usual[name]}


@cache
def _classes() -> tuple[FingerprintIndex, tuple[Known, ...]]:
    """Files the rules at their own constants; gives for each class the first rule in it."""
    index, firsts = FingerprintIndex(), []
    for known in known_rules():
        mark = Behaviour(known.family.graph).fingerprint
        if mark is not None and index.find(mark) is None:
            index.add(mark)
            firsts.append(known)
    return index, tuple(firsts)


def same_class(behaviour: Behaviour) -> Known | None:
    """Gives the simplest known rule that does the same at its own constants, up to scale."""
    index, firsts = _classes()
    mark = behaviour.fingerprint
    place = None if mark is None else index.find(mark)
    return None if place is None else firsts[place]
