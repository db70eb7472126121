"""What the file of an exported optimizer must hold: its options, lists and functions' arguments."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from evosearch.export.notation.names import Namer, function_name
from evosearch.export.notation.provenance import Provenance
from evosearch.export.notation.totals import Total, cut
from evosearch.export.pytorch.step import WEIGHT_DECAY, step_of
from evosearch.graph.graph import HYPERPARAMETER, INPUT, SOURCES, Graph
from evosearch.graph.value_ranges import hyperparameter_domains, ranges
from primitives import Kind


class FilePlan:
    """What is known of the file before a line of it is written."""

    def __init__(self, graph: Graph, name: str, provenance: Provenance) -> None:
        self.graph, self.name, self.provenance = graph, name, provenance
        self.domains = hyperparameter_domains(graph)
        self.stages = cut(graph, ranges(graph, self.domains))
        self.step = step_of(self.stages.graph, self.stages.ranges)
        self.hyperparameters = {
            node.label: node.value for node in graph.nodes if node.op == HYPERPARAMETER
        }
        self.counts = "t" in graph.labels(INPUT)
        self.elementwise = not any(
            node.op not in SOURCES and node.primitive.reduces for node in graph.nodes
        )
        self.suffix = function_name(name)
        self.totals = [total.name for total in self.stages.totals]

    def lists(self) -> dict[str, str]:
        """What each parameter has its own of, and what a list of them is called."""
        namer = Namer(self.taken())
        names = ["p", *(["g"] if "g" in self.graph.labels(INPUT) else [])]
        names += [slot.name for slot in self.graph.slots]
        names += ["step"] if self.counts else []
        return {name: namer.plural(name) for name in names}

    def moved(self) -> dict[str, str]:
        """Of the lists, those that moving the parameters needs."""
        labels = self.labels()
        small = {"g"} - labels
        small |= {"step"} if self.totals and "t" not in labels else set()
        return {name: plural for name, plural in self.lists().items() if name not in small}

    def taken(self) -> set[str]:
        return {*self.hyperparameters, *(slot.name for slot in self.graph.slots), *self.totals}

    def labels_of(self, total: Total) -> set[str]:
        return {node.label for node in total.graph.nodes if node.label}

    def labels(self) -> set[str]:
        return {node.label for node in self.step.nodes if node.label}

    def keywords(self, labels: set[str], totals: Sequence[str]) -> list[str]:
        """Options that a function of the file takes, as they are passed."""
        found = [f'{n}=group["{n}"]' for n in self.hyperparameters if n in labels]
        found += ["lr=_learning_rate(group)"] if "lr" in labels else []
        found += [f'{n}=group["{n}"]' for n in (WEIGHT_DECAY,) if n in labels]
        found += ['maximize=group["maximize"]'] if "g" in labels else []
        found += ['capturable=group["capturable"]'] if "t" in labels else []
        return [*found, *(f"{name}={name}" for name in totals if name in labels)]

    def shaped(self) -> list[str]:
        """Of the variables that each parameter has its own of, those of its shape."""
        small = {"step", *(slot.name for slot in self.graph.slots if slot.kind is not Kind.TENSOR)}
        return [name for name in self.moved() if name not in small]

    def unpacked(self, used: Collection[str]) -> str:
        """The lists of a batch, those that are not needed as `_`."""
        names = [plural if n in used else "_" for n, plural in self.lists().items()]
        return f"({', '.join(names)}{',' if len(names) == 1 else ''})"
