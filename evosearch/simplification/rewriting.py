"""Finds the cheapest program that rules of algebra show to be equal, up to a positive factor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from evosearch.graph.graph import INPUT, Graph, Slot
from evosearch.graph.lowering import lower
from evosearch.graph.patterns import read_pattern
from evosearch.language.program import Program
from evosearch.simplification.egraph import Contradiction, EClass
from evosearch.simplification.explanation import rules_used
from evosearch.simplification.extraction import Chosen, Extraction
from evosearch.simplification.joining import with_joined_constants
from evosearch.simplification.loading import Loaded, load, write
from evosearch.simplification.matching import instantiate, match
from evosearch.simplification.multiples import Multiple, multiples
from evosearch.simplification.proposal import Proposal, program_of
from evosearch.simplification.rules import Rule, rules, rules_of
from evosearch.simplification.saturation import Limits, saturate
from primitives import PRIMITIVES

_WHY = "these lines hold for all numbers; a constant factor, and what scale states have, is free"
_MOST_SCALES = 3
"""The most multiples of a state that are tried in its place."""
_IN_USE = (
    ("s * k", "s * k", "p / k"),
    ("s / k", "s / k", "p * k"),
    ("-s", "s * -1", "p * -1"),
)
_IN_NEW_VALUE = (
    ("x * k", "s / k", "p * k"),
    ("x / k", "s * k", "p / k"),
    ("-x", "s * -1", "p * -1"),
    ("s - x", "s * -1", "p * -1"),
    ("s + x * k", "s / k", "p * k"),
    ("s + x / k", "s * k", "p / k"),
    ("s - x / k", "s * -k", "p / -k"),
    ("lerp(-x, y, a)", "s * -1", "p * -1"),
    ("lerp(x * k, y, a)", "s / k", "p * k"),
    ("lerp(x / k, y, a)", "s * k", "p / k"),
    ("s * k + x", "s * (1 - k)", "p / (1 - k)"),
)
"""What of a state `s` and a constant `k`, in its uses and as its new value, suggests that another
multiple `p` be held; what that is; and how the state is got back from it."""


@dataclass(frozen=True, slots=True)
class _Program:
    """Holds what an extraction chose, its cost, and how it hangs together with what was there."""

    cost: int
    choice: Mapping[int, Chosen]
    direction: int
    multiple: Multiple


def algebra(program: Program) -> Proposal | None:
    """Proposes the cheapest program that the rules lead to."""
    return rewritten(lower(program), program)


def rewritten(graph: Graph, program: Program, limits: Limits | None = None) -> Proposal | None:
    """Proposes the cheapest equal of a graph as a program; None where nothing can be said.

    The direction may be a positive constant multiple, except where the rule reads the learning
    rate; a state may hold a multiple of what it held. `program` gives name and operations.
    """
    loaded = load(graph)
    egraph = loaded.egraph
    scaled = {slot.name: list(_scaled(loaded, slot)) for slot in graph.slots}
    try:
        saturate(egraph, rules_for(graph), limits or Limits())
    except Contradiction:
        return None
    instead: dict[str, tuple[int, int]] = {}
    best = _cheapest(loaded, instead)
    for name, candidates in scaled.items():
        for candidate in candidates:
            other = _cheapest(loaded, {**instead, name: candidate})
            if other is not None and (best is None or other.cost < best.cost):
                best, instead = other, {**instead, name: candidate}
    if best is None:
        return None
    states = loaded.states(instead)
    starts = [*best.multiple.equal, (best.multiple.node, best.choice[best.direction][2])]
    for source, new in states.values():
        if new in best.choice and source.label not in instead:
            starts.append((loaded.write(source.label), best.choice[new][2]))
    used = rules_used(egraph, starts, best.choice)
    chosen = with_joined_constants(write(egraph, best.direction, states, best.choice))
    return Proposal(program_of(chosen, program), _WHY, tuple(used))


def rules_for(graph: Graph) -> tuple[Rule, ...]:
    """Lists the rules that may apply in a graph, those of a user's operations last."""
    own = {n.row: None for n in graph.nodes if n.row and PRIMITIVES.get(n.op) is not n.row}
    return (*rules(), *(rule for row in own for rule in rules_of(row)))


def _cheapest(loaded: Loaded, instead: Mapping[str, tuple[int, int]]) -> _Program | None:
    extraction = Extraction(loaded.egraph, loaded.states(instead))
    reads_rate = "lr" in loaded.graph.labels(INPUT)
    among = multiples(
        loaded.egraph, loaded.direction, lambda n: not reads_rate and extraction.is_factor(n)
    )
    direction = extraction.best_of(among)
    result = None if direction is None else extraction.cheapest(direction)
    if direction is None or result is None:
        return None
    return _Program(*result, direction, among[direction])


def _scaled(loaded: Loaded, slot: Slot) -> Iterator[tuple[int, int]]:
    """Yields nodes of multiples of a state's old and new value that it might hold instead."""
    read, egraph = loaded.read(slot.name), loaded.egraph
    if read is None:
        return
    written = loaded.write(slot.name)
    state = {"s": egraph.root(read)}
    hints = [(hint, [*egraph.classes]) for hint in _IN_USE]
    hints += [(hint, [egraph.root(written)]) for hint in _IN_NEW_VALUE]
    # All are seen before any is made, as making one changes classes.
    suggested = [
        (held, back, bindings)
        for (seen, held, back), places in hints
        for number in places
        for bindings in match(egraph, read_pattern(seen), number, state)
        if "k" not in bindings or _scales(egraph[bindings["k"]])
    ]
    tried: set[int] = set()
    for held, back, bindings in suggested:
        old = instantiate(egraph, read_pattern(held), bindings)
        if old in tried or len(tried) == _MOST_SCALES:
            continue
        tried.add(old)
        new = instantiate(egraph, read_pattern(held), {**bindings, "s": written})
        for value, multiple in ((read, old), (written, new)):
            again = instantiate(egraph, read_pattern(back), {**bindings, "p": multiple})
            egraph.union(value, again, "(x * y) / y -> x if nonzero(y)")
        yield old, new


def _scales(factor: EClass) -> bool:
    return factor.of_constants and factor.range.nonzero and factor.value != 1
