"""Removes states that are always a constant multiple of another.

That they are is guessed from what they hold on the short probe, and proven by induction: both are
zero at first; and if old values are so related, rules of algebra show that new ones are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from evosearch.graph.builder import GraphBuilder, rebuilt
from evosearch.graph.graph import SLOT, Graph, Slot
from evosearch.graph.interpreter import Interpreter
from evosearch.graph.lowering import lower
from evosearch.language.program import Program
from evosearch.screening.short_probe import probe
from evosearch.simplification.egraph import Contradiction
from evosearch.simplification.loading import load
from evosearch.simplification.proposal import Proposal
from evosearch.simplification.rewriting import rewritten, rules_for
from evosearch.simplification.saturation import Limits, saturate
from primitives import BUILT_IN, Kind
from primitives.kinds import smallest_first

Array = NDArray[np.float64]

_CLOSE = 1e-9
_TIMES = BUILT_IN.infix["*", 2]


@dataclass(frozen=True, slots=True)
class _Guess:
    """Says that a state is always this multiple of another, which has no larger kind."""

    slot: Slot
    factor: float
    other: Slot

    def __str__(self) -> str:
        times = "" if self.factor == 1 else f"{self.factor:g} times "
        return f"{self.slot.name} is always {times}{self.other.name}"


def states_merged(program: Program) -> Proposal | None:
    """Proposes to compute a state from another of which it is always a multiple."""
    graph = lower(program)
    for guess in _guesses(graph):
        proposal = rewritten(_without(graph, guess), program) if _proven(graph, guess) else None
        if proposal is not None:
            why = f"{guess}: so it is at first, and each step keeps it so; {proposal.why}"
            return replace(proposal, why=why)
    return None


def _guesses(graph: Graph) -> Iterator[_Guess]:
    """Yields what the short probe suggests."""
    ordered = sorted(
        (slot for slot in graph.slots if slot.read is not None),
        key=lambda slot: smallest_first(slot.kind),
    )
    values = held(graph) if len(ordered) > 1 else {}
    for place, slot in enumerate(ordered):
        for other in ordered[:place]:
            factor = _ratio(values[slot.name], values[other.name])
            if factor is not None:
                yield _Guess(slot, factor, other)


def held(graph: Graph) -> Mapping[str, Array]:
    """Runs the rule on the short probe; gives what each state holds after each step, `[S, D]`."""
    given = probe()
    interpreter = Interpreter(graph, given.segments)
    rows: dict[str, list[Array]] = {slot.name: [] for slot in graph.slots}
    for step, (weights, gradients, rate) in enumerate(
        zip(given.weights, given.gradients, given.rates, strict=True), start=1
    ):
        interpreter.step(w=weights, g=gradients, lr=float(rate[0]), t=step)
        for slot in graph.slots:
            value = interpreter.states[slot.name]
            spread = given.segments.spread(value, slot.kind, Kind.TENSOR)
            rows[slot.name].append(np.broadcast_to(spread, weights.shape))
    return {name: np.stack(row) for name, row in rows.items()}


def _ratio(a: Array, b: Array) -> float | None:
    """Gives the number, not zero, by which all of `b` are multiplied in `a`; None without one."""
    if not (np.all(np.isfinite(a)) and np.all(np.isfinite(b))):
        return None
    place = np.unravel_index(np.argmax(np.abs(b)), b.shape)
    if a[place] == 0 or b[place] == 0:
        return None
    factor = float(f"{a[place] / b[place]:.12g}")
    apart = np.max(np.abs(a - factor * b))
    return factor if apart <= _CLOSE * np.max(np.abs(a)) else None


def _proven(graph: Graph, guess: _Guess) -> bool:
    """Tells whether the rules show that new values are related as the old ones are."""
    loaded = load(graph)
    egraph, slot, other = loaded.egraph, guess.slot.name, guess.other.name
    factor = egraph.constant(guess.factor)
    read, other_read = loaded.read(slot), loaded.read(other)
    assert read is not None
    assert other_read is not None
    egraph.union(read, egraph.apply(_TIMES, [other_read, factor]), "assumed of old values")
    wanted = egraph.apply(_TIMES, [loaded.write(other), factor])
    try:
        saturate(egraph, rules_for(graph), Limits())
    except Contradiction:
        return False
    return egraph.root(wanted) == egraph.root(loaded.write(slot))


def _without(graph: Graph, guess: _Guess) -> Graph:
    """Makes the graph in which the old value of the state is computed from the other."""

    def replacement(builder: GraphBuilder, index: int) -> int | None:
        node = graph.nodes[index]
        if node.op != SLOT or node.label != guess.slot.name:
            return None
        other = builder.slot(guess.other.name, guess.other.kind)
        return builder.apply(_TIMES, [other, builder.constant(guess.factor)])

    return rebuilt(graph, replacement, without=guess.slot.name)
