"""Defines a variant of a rule: a program, some of whose constants may be held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, Graph, Node
from evosearch.graph.lowering import lower
from evosearch.graph.structure import (
    Structure,
    structure,
    with_named_constants,
    with_single_constants,
)
from evosearch.language.program import Program
from evosearch.scoring.setting import Setting
from evosearch.screening.family import Family
from evosearch.search.genotype import Genotype, inherited
from evosearch.simplification.proposal import program_of


@dataclass(frozen=True)
class Variant:
    """Is a rule to be tuned, and the values of those constants that tuning must not move."""

    program: Program
    held: Mapping[str, float] = field(default_factory=dict)
    """The values by the constants' names, which `structure` gives."""
    literals: frozenset[str] = frozenset()
    """The names of constants that are written as numbers."""

    @classmethod
    def of(cls, program: Program) -> Variant:
        """Makes a variant of a program whose literals that are constants get names."""
        graph = with_single_constants(with_named_constants(program))
        known = dict(program.hyperparameters)
        names = graph.labels(HYPERPARAMETER)
        return cls(
            program_of(graph, program), literals=frozenset(n for n in names if n not in known)
        )

    def shown(self, graph: Graph) -> Graph:
        """Gives a graph of such a program with its literals as numbers, for reading."""
        return _with_numbers(
            graph, {n.label: n.value for n in graph.nodes if n.label in self.literals}
        )

    def holding(self, values: Mapping[str, float]) -> Variant:
        """Gives the variant with these constants held."""
        return replace(self, held=values)

    def at(self, values: Mapping[str, float]) -> Variant:
        """Gives the variant with other values for its constants to start from, by their names."""
        graph = self.structure.named
        nodes = tuple(
            node._replace(value=values.get(node.label, node.value)) for node in graph.nodes
        )
        return replace(self, program=program_of(replace(graph, nodes=nodes), self.program))

    @property
    def plain(self) -> Program:
        """Gives the program with its literals as numbers."""
        return program_of(self.shown(lower(self.program)), self.program)

    @cached_property
    def structure(self) -> Structure:
        """Gives the program's structure, with names for its literals too."""
        return structure(self.program)

    @cached_property
    def family(self) -> Family:
        """Gives the rule with the constants that are tuned."""
        return Family(_with_numbers(self.structure.named, self.held))

    @cached_property
    def key(self) -> str:
        """Names what is tuned: the same for variants that only their starting values tell apart."""
        places = {name: place for place, name in enumerate(self.structure.names)}
        held = sorted((places[name], value) for name, value in self.held.items())
        return self.structure.digest[:24] + "".join(f" c{p + 1}={value!r}" for p, value in held)

    def starts(self, parent: Genotype) -> dict[str, Setting]:
        """Gives, by task, the parent's best setting as one of this variant's."""
        names = Family(self.structure.named).names
        kept = [place for place, name in enumerate(names) if name not in self.held]
        return {
            task: setting._replace(constants=tuple(setting.constants[place] for place in kept))
            for task, setting in inherited(self.structure, self.program, parent).items()
        }


def _with_numbers(graph: Graph, values: Mapping[str, float]) -> Graph:
    """Writes constants of these names as numbers, each node in its place."""
    nodes = tuple(
        Node(CONSTANT, value=values[node.label])
        if node.op == HYPERPARAMETER and node.label in values
        else node
        for node in graph.nodes
    )
    return replace(graph, nodes=nodes)
