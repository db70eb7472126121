"""Says which known rule a program is, by the strongest relation that holds.

A program is *identical* to a rule that it does the same as on both probes, up to a positive factor;
*equal up to constants* to one whose structure it has, or that does the same once the rule's
constants are fitted; it *contains* one that it computes on the way to its direction; it is a
*variant* of one that it is but for what stands in one or two places; and one is *nearest* in any
case, at constants that are fitted likewise but usual. Of a rule that is contained and one that is
varied, that is named which shares more statements. Where several rules will do, it is the
one with the fewest constants, then statements: Signum, and not Lion with equal betas.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from evosearch.graph.graph import SOURCES, Graph
from evosearch.graph.lowering import lower
from evosearch.graph.structure import structure, with_named_constants
from evosearch.language.library import known_rule
from evosearch.language.program import Program
from evosearch.recognition.behaviour import Behaviour
from evosearch.recognition.constants import folded, numbers_in, program_of
from evosearch.recognition.containment import contained
from evosearch.recognition.fitting import Fit
from evosearch.recognition.known import by_structure, constants_of, same_class
from evosearch.recognition.nearest import nearest
from evosearch.recognition.variants import variant
from primitives import Table

IDENTICAL = "identical"
EQUAL = "equal up to constants"
CONTAINS = "contains"
VARIANT = "variant"
NEAREST = "nearest"

_MOST_KEPT = 256
"""The programs whose answers are kept, as a report asks for the same few again and again."""
_MOST_TOLD = 4
"""The operations that set a program and a rule apart, if they are told at all."""


@dataclass(frozen=True, slots=True)
class Recognition:
    """Says what a program is to a known rule."""

    rule: str | None
    """None where the program's direction is zero or not finite on the probes, and so near none."""
    relation: str
    constants: dict[str, float]
    """The rule's constants, by the rule's names, at which the relation holds."""
    distance: float | None
    """How much of the program's direction is not the rule's (see `behaviour`): 0 to 1. None where
    one of them is not finite on a probe."""
    detail: str = ""
    """What else can be said: a factor, what is made of the rule, what stands in the place of what,
    or which operations differ."""


def recognise(program: Program | Graph) -> Recognition:
    """Compares a program, or a graph, with every known rule.

    >>> from evosearch.language.parser import parse
    >>> text = "def f(g, m): return sign(0.1 * g + 0.9 * m), lerp(m, g, 0.002)"
    >>> lions = recognise(parse(text))
    >>> lions.rule, lions.relation, lions.constants
    ('lion', 'equal up to constants', {'beta1': 0.9, 'beta2': 0.998})
    """
    if isinstance(program, Graph):
        program = program_of(program)
    result = _recognised(program, program.table)
    return replace(result, constants=dict(result.constants))


@lru_cache(maxsize=_MOST_KEPT)
def _recognised(program: Program, _: Table) -> Recognition:
    """Recognises a program of a table: programs of two tables are equal if their texts are."""
    behaviour = Behaviour(lower(program, bind=True))
    known = same_class(behaviour)
    if known is not None:
        factor = behaviour.size / Behaviour(known.family.graph).size
        return Recognition(known.name, IDENTICAL, known.defaults, 0.0, _times(factor))
    return _by_structure(program) or _by_behaviour(program, behaviour)


def _by_structure(program: Program) -> Recognition | None:
    """Looks the program's structure up, as it is and with equal and special constants folded."""
    matches = [
        (known, own)
        for own in (structure(program), structure(folded(program)))
        if (known := by_structure().get(own.digest)) is not None
    ]
    if not matches:
        return None
    known, own = min(matches, key=lambda match: match[0].simplicity)
    constants = constants_of(known, own)
    relation = IDENTICAL if constants == known.defaults else EQUAL
    return Recognition(known.name, relation, constants, 0.0)


def _by_behaviour(program: Program, behaviour: Behaviour) -> Recognition:
    """Looks for a known rule in the program, and fits the rules, of which one may be all of it."""
    spellings = (with_named_constants(one) for one in (program, folded(program)))
    insides = [one for graph in spellings if (one := contained(graph)) is not None]
    inside = min(insides, key=lambda one: one.unshared, default=None)
    if inside is not None and behaviour.is_class_of(part := Behaviour(inside.part)):
        # All that is made of the rule is a multiple of it.
        factor = _times(behaviour.size / part.size)
        return Recognition(inside.known.name, EQUAL, inside.constants, 0.0, factor)
    fit = None
    if behaviour.fingerprint is not None:
        fit, exact = nearest(behaviour, numbers_in(program), [*by_structure().values()])
        if exact:
            return _named(fit, behaviour)
    varied = variant(program)
    if inside is not None and (varied is None or inside.unshared <= varied.unshared):
        distance = _distance(behaviour, inside.part)
        return Recognition(inside.known.name, CONTAINS, inside.constants, distance, inside.rest)
    if varied is not None:
        rule = varied.known
        whole = rule.graph(tuple((rule.defaults | varied.constants)[n] for n in rule.family.names))
        distance = _distance(behaviour, whole)
        return Recognition(rule.name, VARIANT, varied.constants, distance, varied.told)
    if fit is None or not np.isfinite(fit.distance):
        nothing = "its direction is zero or not finite on the probes"
        return Recognition(None, NEAREST, {}, None, nothing)
    apart = _operations_apart(behaviour.graph, fit)
    return Recognition(fit.known.name, NEAREST, fit.values, fit.distance, apart)


def _distance(behaviour: Behaviour, graph: Graph) -> float | None:
    distance = behaviour.distance(graph)
    return distance if np.isfinite(distance) else None


def _named(fit: Fit, behaviour: Behaviour) -> Recognition:
    """Names a rule that fits exactly, by the name of a simpler one if it is that, so fitted."""
    fitted = replace(known_rule(fit.known.name), hyperparameters=tuple(fit.values.items()))
    at = Behaviour(fit.graph)
    simpler = same_class(at)
    if simpler is not None:
        fitted = known_rule(simpler.name)
    named = _by_structure(fitted)
    assert named is not None, "a known rule has a known structure"
    return replace(named, distance=fit.distance, detail=_times(behaviour.size / at.size))


def _times(factor: float) -> str:
    return "" if abs(factor - 1) < 1e-4 else f"times {factor:.6g}"


def _operations_apart(graph: Graph, fit: Fit) -> str:
    """Tells which operations the program has and the rule has not, and the other way round.

    Empty where they are too many to tell anything.
    """
    own, other = _operations(graph), _operations(fit.graph)
    more, less = sorted((own - other).elements()), sorted((other - own).elements())
    if not 0 < len(more) + len(less) <= _MOST_TOLD:
        return ""
    told = [f"with {', '.join(more)}" * bool(more), f"without {', '.join(less)}" * bool(less)]
    return " and ".join(filter(None, told))


def _operations(graph: Graph) -> Counter[str]:
    return Counter(node.op for node in graph.nodes if node.op not in SOURCES)
