"""Plans the file of an exported optimizer: its options, lists and functions' arguments."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property

from evosearch.export.notation.names import Namer, function_name
from evosearch.export.notation.provenance import Provenance
from evosearch.export.notation.totals import Total, cut
from evosearch.export.pytorch.counterparts import as_torch_has_it
from evosearch.export.pytorch.options import options_of
from evosearch.export.pytorch.own_names import as_in_the_file, renames
from evosearch.export.pytorch.step import WEIGHT_DECAY, step_of
from evosearch.graph.graph import INPUT, SOURCES, Graph
from evosearch.graph.value_ranges import hyperparameter_domains, ranges
from primitives import Kind


class FilePlan:
    """Holds what is known of the file before a line of it is written."""

    def __init__(self, graph: Graph, name: str, provenance: Provenance) -> None:
        self.renames = renames(graph)
        """The new names of what the program calls as the file calls something else."""
        graph = as_in_the_file(graph)
        self.rule, self.name, self.provenance = graph, name, provenance
        """The rule in its author's names; `graph` is what the code does, maybe in torch's."""
        self.graph, self.counterpart, self.letters = as_torch_has_it(graph)
        graph = self.graph
        self.domains = hyperparameter_domains(graph)
        self.cut = cut(graph, ranges(graph, self.domains))
        self.step = step_of(self.cut.graph, self.cut.ranges)
        self.own_options = options_of(graph)
        """The options that hold the rule's hyperparameters, in the order of the arguments."""
        self.access = {
            name: code
            for option in self.own_options
            for name, code in option.parts(f'group["{option.name}"]').items()
        }
        """Code that gives each hyperparameter of a group."""
        self.fixed = {} if self.counterpart is None else self.counterpart.fixed
        """Options of torch's that must have these values."""
        counted = self.counterpart is not None and self.counterpart.counts
        self.counts = counted or "t" in graph.labels(INPUT)
        """Whether the number of the step is kept."""
        self.sides = _sides(graph)
        """The operations that give a number for each row or column."""
        self.reductions = _reductions(graph)
        """The operations that see a whole tensor, or all of them, rather than elements."""
        self.elementwise = not self.reductions
        """Whether complex numbers can be taken for pairs of real ones."""
        self.suffix = function_name(name)
        self.totals = [total.name for total in self.cut.totals]
        self.taken = {*self.access, *(slot.name for slot in graph.slots), *self.totals}
        self.taken |= {in_all(name) for name in self.totals}
        self.labels = {node.label for node in self.step.nodes if node.label}
        """The inputs, states and hyperparameters that a step reads."""

    @cached_property
    def lists(self) -> dict[str, str]:
        """Maps each variable that parameters have their own of to the name of a list of them."""
        namer = Namer(self.taken)
        names = ["p", *(["g"] if "g" in self.graph.labels(INPUT) else [])]
        names += [slot.name for slot in self.graph.slots]
        names += ["step"] if self.counts else []
        return {name: namer.plural(name) for name in names}

    @cached_property
    def moved(self) -> dict[str, str]:
        """Gives the lists that moving the parameters needs."""
        unused = {"g"} - self.labels
        unused |= {"step"} if self.totals and "t" not in self.labels else set()
        return {name: plural for name, plural in self.lists.items() if name not in unused}

    @cached_property
    def shaped(self) -> list[str]:
        """Names the moved variables that have their parameter's shape."""
        small = {"step", *(slot.name for slot in self.graph.slots if slot.kind is not Kind.TENSOR)}
        return [name for name in self.moved if name not in small]

    def labels_of(self, total: Total) -> set[str]:
        """Names the inputs, states and hyperparameters that a total reads."""
        return {node.label for node in total.graph.nodes if node.label}

    def options(self, labels: Collection[str], totals: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Gives for each option of a function that reads `labels` its type and what is passed."""
        options = {name: ("float", code) for name, code in self.access.items()}
        options["lr"] = "float | Tensor", "_learning_rate(group)"
        options[WEIGHT_DECAY] = "float", f'group["{WEIGHT_DECAY}"]'
        options = {name: option for name, option in options.items() if name in labels}
        if "g" in labels:
            options["maximize"] = "bool", 'group["maximize"]'
        if "t" in labels:
            options["capturable"] = "bool", 'group["capturable"]'
        return options | {in_all(name): ("Tensor", name) for name in totals if name in labels}

    def arguments(
        self, lists: Sequence[str], labels: Collection[str], totals: Sequence[str]
    ) -> list[str]:
        """Writes what is passed to such a function: lists, and then options by name."""
        options = self.options(labels, totals)
        return [*lists, *(f"{name}={value}" for name, (_, value) in options.items())]

    def unpacked(self, used: Collection[str]) -> str:
        """Writes the lists of a batch as a target, with `_` for those that are not used."""
        names = [plural if n in used else "_" for n, plural in self.lists.items()]
        return f"({', '.join(names)}{',' if len(names) == 1 else ''})"


def _sides(graph: Graph) -> list[str]:
    """Names the operations that give a number for each row or column, each once."""
    rows = (node.primitive for node in graph.nodes if node.op not in SOURCES)
    names = [row.name for row in rows if row.reduces_to in (Kind.ROW, Kind.COLUMN)]
    return list(dict.fromkeys(names))


def _reductions(graph: Graph) -> list[str]:
    """Names the operations that make one number of many, each once."""
    names = [n.op for n in graph.nodes if n.op not in SOURCES and n.primitive.reduces]
    return list(dict.fromkeys(names))


def in_all(total: str) -> str:
    """Names a total as it comes, of which each parameter's dtype has a copy by the total's name.

    A name of its own, or one parameter's rounding would be the next one's.
    """
    return f"{total}_total"
