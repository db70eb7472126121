"""Removes states that depend on the number of steps alone: they become a formula of `t`.

Such as `s = s + 1`, which is `t`, and the average of ones, which is `1 - decay ** t`. That a state
is one is guessed from what it holds on the short probe, and proven by induction: the formula is
zero before step 1; and if it is the old value, rules of algebra show that it is the new one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from evosearch.graph.builder import GraphBuilder, rebuilt
from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, INPUT, SLOT, Graph, Node, Slot
from evosearch.graph.lowering import lower
from evosearch.graph.value_ranges import hyperparameter_domains, node_range
from evosearch.language.program import Program
from evosearch.simplification.egraph import Contradiction
from evosearch.simplification.loading import load
from evosearch.simplification.proposal import Proposal, complexity
from evosearch.simplification.rewriting import rewritten, rules_for
from evosearch.simplification.saturation import Limits, saturate
from evosearch.simplification.states import held
from primitives import BUILT_IN, Kind, Primitive

_CLOSE = 1e-9
_TIME = Node(INPUT, label="t", kind=Kind.SCALAR)
_ONE = Node(CONSTANT, value=1.0)
_TIMES, _MINUS, _POWER = (BUILT_IN.infix[operator, 2] for operator in ("*", "-", "**"))


@dataclass(frozen=True, slots=True)
class _Formula:
    """Says that a state is `size * t` after step `t`, or with a decay `size * (1 - decay ** t)`."""

    slot: Slot
    size: Node
    decay: Node | None = None

    def __str__(self) -> str:
        decay = self.decay and (self.decay.label or f"{self.decay.value:g}")
        shape = "t" if decay is None else f"1 - {decay} ** t"
        size = self.size.label or f"{self.size.value:g}"
        times = "" if self.size == _ONE else f"{size} times "
        return f"{self.slot.name} is always {times}{shape}"

    def make(
        self,
        source: Callable[[Node], int],
        apply: Callable[[Primitive, Sequence[int]], int],
        before: bool,
    ) -> int:
        """Makes the node of the state after a step, or before it."""
        steps = source(_TIME)
        if before:
            steps = apply(_MINUS, [steps, source(_ONE)])
        shape = steps
        if self.decay is not None:
            power = apply(_POWER, [source(self.decay), steps])
            shape = apply(_MINUS, [source(_ONE), power])
        return shape if self.size == _ONE else apply(_TIMES, [source(self.size), shape])


def states_counted(program: Program) -> Proposal | None:
    """Proposes to compute a state from `t`: the one with which most is gained."""
    graph = lower(program)
    proposals = []
    for formula in _guesses(graph):
        proposal = rewritten(_without(graph, formula), program) if _proven(graph, formula) else None
        if proposal is not None:
            why = f"{formula}: so it is at first, and each step keeps it so; {proposal.why}"
            proposals.append(replace(proposal, why=why))
    return min(proposals, key=lambda proposal: complexity(proposal.program), default=None)


def _guesses(graph: Graph) -> Iterator[_Formula]:
    """Yields what the short probe suggests."""
    slots = [slot for slot in graph.slots if slot.kind is Kind.SCALAR and slot.read is not None]
    values = held(graph) if slots else {}
    for slot in slots:
        of_step: NDArray[np.float64] = values[slot.name][:, 0]
        times = np.arange(1, len(of_step) + 1)
        first, second = of_step[:2]
        if not np.all(np.isfinite(of_step)) or first == 0:
            continue
        if _same(of_step, first * times):
            for size in _numbers(graph, first):
                yield _Formula(slot, size)
            continue
        decay = second / first - 1
        if 0 < decay < 1 and _same(of_step, first * (1 - decay**times) / (1 - decay)):
            for size in _numbers(graph, first / (1 - decay)):
                for node in _numbers(graph, decay):
                    yield _Formula(slot, size, node)


def _same(a: NDArray[np.float64], b: NDArray[np.float64]) -> bool:
    return bool(np.all(np.abs(a - b) <= _CLOSE * np.abs(b)))


def _numbers(graph: Graph, value: float) -> list[Node]:
    """Lists the constants of a graph that have a value; the number itself comes last."""
    named = [
        node
        for node in graph.nodes
        if node.op == HYPERPARAMETER and abs(node.value - value) <= _CLOSE * abs(value)
    ]
    return [*named, Node(CONSTANT, value=float(f"{value:.9g}"))]


def _proven(graph: Graph, formula: _Formula) -> bool:
    """Tells whether the rules show that the new value is as the formula says if the old one is."""
    write = formula.slot.write
    loaded = load(_without(graph, formula, direction=write))
    egraph, domains = loaded.egraph, hyperparameter_domains(graph)

    def source(node: Node) -> int:
        if node.op == CONSTANT:
            return egraph.constant(node.value)
        lies = domains.get(node.label, node_range(node, ()))
        return egraph.leaf(node, lies, of_constants=node.op == HYPERPARAMETER)

    wanted = formula.make(source, egraph.apply, before=False)
    try:
        saturate(egraph, rules_for(graph), Limits())
    except Contradiction:
        return False
    return egraph.root(wanted) == egraph.root(loaded.direction)


def _without(graph: Graph, formula: _Formula, direction: int | None = None) -> Graph:
    """Makes the graph in which the old value of the state is computed from `t`."""

    def replacement(builder: GraphBuilder, index: int) -> int | None:
        node = graph.nodes[index]
        if node.op != SLOT or node.label != formula.slot.name:
            return None
        return formula.make(lambda source: builder.copy(source, ()), builder.apply, before=True)

    return rebuilt(graph, replacement, direction, without=formula.slot.name)
