"""Learns all about a program that needs no training: canonical form, fingerprint, gates."""

from __future__ import annotations

from dataclasses import dataclass

from evosearch.graph.digest import digest
from evosearch.graph.graph import Graph
from evosearch.graph.lowering import lower
from evosearch.language.program import Program
from evosearch.screening import gates
from evosearch.screening.contender import Contender, plan
from evosearch.screening.fingerprint import Fingerprint, fingerprint


@dataclass(frozen=True, slots=True)
class Facts:
    """Holds what is remembered of every program of one canonical form."""

    digest: str
    size: int
    """The number of primitives of the graph."""
    slots: int
    update_size: float
    """The root mean square of the direction on the probe; 0 for a rejected program."""
    gate: str | None
    """The name of the gate that rejects the program; None where all pass."""


@dataclass(frozen=True, slots=True)
class Screened:
    """Holds a program's bound graph and what the probe tells of it."""

    graph: Graph
    facts: Facts
    fingerprint: Fingerprint | None
    """What the rule does on the probe; None where a gate rejects it."""

    @property
    def contender(self) -> Contender:
        return Contender(plan(self.graph), self.facts.update_size)


def screen(program: Program) -> Screened:
    """Lowers, hashes and probes a program."""
    graph = lower(program, bind=True)
    return screen_graph(graph, digest(graph))


def screen_graph(graph: Graph, key: str) -> Screened:
    """Probes a bound graph that was hashed to `key` already."""
    evidence = gates.Evidence(graph)
    gate = gates.first_rejection(evidence)
    size = 0.0 if gate else evidence.trace.update_size
    return Screened(
        graph=graph,
        facts=Facts(key, graph.size, len(graph.slots), size, gate),
        fingerprint=None if gate else fingerprint(evidence.trace),
    )
