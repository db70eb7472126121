"""Finds the known rule of which a program is a variant: the same but for one or two places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from evosearch.graph.graph import HYPERPARAMETER, SOURCES, Graph
from evosearch.graph.structure import with_named_constants
from evosearch.language.program import Program
from evosearch.recognition.constants import folded
from evosearch.recognition.contexts import Context, Operations, cuts, holes
from evosearch.recognition.differences import Named, differences
from evosearch.recognition.known import Known, with_unguarded

_LEAST_SHARED = 2
"""The fewest statements that a variant has of the rule; the sign of something is in most."""

_LEAST_IN_TWO = 4
"""The least that `_apart` can be of two places."""

_Filed = Mapping[Operations, list[tuple[Known, Context]]]
_Pair = tuple[Known, Context, Context]
"""A rule, and contexts of one structure: of the rule, and of the program."""


@dataclass(frozen=True)
class Variant:
    """Holds a known rule that a program is but for what stands in one or two places."""

    known: Known
    constants: dict[str, float]
    """Those of the rule that are left, by the rule's names."""
    told: str
    """What the program has in the place of what, in the rule's names."""
    unshared: int
    """The statements that only one of the two has."""


def variant(program: Program) -> Variant | None:
    """Finds the rule that differs from a program by the fewest statements, in the fewest places."""
    spellings = dict.fromkeys(with_named_constants(one) for one in (program, folded(program)))
    if any(pair for graph in spellings for pair in _matches(_filed(_whole), cuts(graph, 0))):
        return None  # it is that rule
    pairs: list[_Pair] = []
    for search in (_in_one_place, _in_two_places):
        pairs += [pair for graph in spellings for pair in search(graph)]
        for pair in sorted(pairs, key=_rank):
            told = _told(*pair)
            if told is not None and (search is _in_two_places or _apart(pair) <= _LEAST_IN_TWO):
                return told
    return None


def _rank(pair: _Pair) -> tuple[object, ...]:
    return _apart(pair), len(pair[1].changes) + len(pair[2].changes), pair[0].simplicity


def _apart(pair: _Pair) -> int:
    """Measures how much there is to tell: statements that the two do not share, and places."""
    _, rule, own = pair
    one_hole = any(change.hole for change in own.changes)
    places = 1 if one_hole else len(rule.changes) + len(own.changes)
    return rule.removed + own.removed + places


def _in_one_place(graph: Graph) -> Iterator[_Pair]:
    yield from _matches(_filed(_whole), cuts(graph, 1))
    yield from _matches(_filed(_cut_once), cuts(graph, 0))
    yield from _matches(_filed(holes), holes(graph))


def _in_two_places(graph: Graph) -> Iterator[_Pair]:
    yield from _matches(_filed(_whole), cuts(graph, 2))
    yield from _matches(_filed(_cut_once), cuts(graph, 1))
    own = next(cuts(graph, 0))
    for known in with_unguarded():
        rule = known.family.graph
        if rule.size <= 2 * graph.size and _operations(graph) <= _operations(rule):
            yield from _matches(_cut_twice(known), [own])


def _whole(graph: Graph) -> Iterator[Context]:
    return cuts(graph, 0)


def _cut_once(graph: Graph) -> Iterator[Context]:
    return cuts(graph, 1)


def _matches(rules: _Filed, contexts: Iterable[Context]) -> Iterator[_Pair]:
    for own in contexts:
        if own.kept >= _LEAST_SHARED:
            for known, rule in rules.get(own.operations, ()):
                if rule.structure.digest == own.structure.digest:
                    yield known, rule, own


@cache
def _filed(contexts: Callable[[Graph], Iterator[Context]]) -> _Filed:
    """Files the contexts of all known rules by the operations in them."""
    return _by_operations(
        (known, rule)
        for known in with_unguarded()
        for rule in contexts(with_named_constants(known.program))
    )


@cache
def _cut_twice(known: Known) -> _Filed:
    graph = with_named_constants(known.program)
    return _by_operations((known, rule) for rule in cuts(graph, 2))


def _by_operations(rules: Iterable[tuple[Known, Context]]) -> _Filed:
    filed: dict[Operations, list[tuple[Known, Context]]] = {}
    for known, rule in rules:
        filed.setdefault(rule.operations, []).append((known, rule))
    return filed


def _operations(graph: Graph) -> Counter[str]:
    return Counter(node.op for node in graph.nodes if node.op not in SOURCES)


def _told(known: Known, rule: Context, own: Context) -> Variant | None:
    """Puts into words what differs; gives None where there are none."""
    left, left_own = rule.structure, own.structure
    values = dict(zip(left.names, left_own.constants, strict=True))
    usual = dict(zip(left.names, left.constants, strict=True))
    constants = {name: values[name] for name in known.defaults if name in values}
    constants |= {n: v for n, v in values.items() if n not in constants and v != usual[n]}
    constants |= {known.zero: 0.0} if known.zero else {}
    names = {name: name for name in (*known.defaults, *(slot.name for slot in rule.whole.slots))}
    text = differences(Named(rule, names), Named(own, _names(own, rule, names)))
    if text is None:
        return None
    return Variant(known, constants, text, rule.removed + own.removed)


def _names(own: Context, rule: Context, taken: Mapping[str, str]) -> dict[str, str]:
    """Gives a program's slots and constants the names of those in whose places they are."""
    left, left_own = rule.structure, own.structure
    values = {node.label: node.value for node in own.whole.nodes if node.op == HYPERPARAMETER}
    names = {
        name: other
        for name, other, value in zip(left_own.names, left.names, left_own.constants, strict=True)
        # An expression of constants goes by the name of one in it, which has a value of its own.
        if other in taken and values.get(name) == value
    }
    names |= dict(zip(left_own.slots, left.slots, strict=True))
    for slot in own.whole.slots:
        free = slot.name
        while free in {*taken, *names.values()}:
            free += "_"
        names.setdefault(slot.name, free)
    return names
