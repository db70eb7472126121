"""Keeps a rule's names apart from those that a torch file uses itself, or torch in its groups."""

from __future__ import annotations

from evosearch.export.notation.names import names_in, renamed, without_underscores
from evosearch.graph.graph import Graph

_BEFORE = "old_"
"""Begins the variables of what a differentiable step replaces."""


def as_in_the_file(graph: Graph) -> Graph:
    """Renames the slots and hyperparameters that mean something else in a torch file."""
    return graph.with_labels(renames(graph))


def renames(graph: Graph) -> dict[str, str]:
    """Gives the new names of the slots and hyperparameters that need one."""
    replaced = {"p", *names_in(graph)}

    def wanted(name: str) -> str:
        # Names that begin with an underscore are those of the file's own functions.
        name = without_underscores(name) if name.startswith("_") else name
        rest = name.removeprefix(_BEFORE)
        return f"{rest}_old" if rest != name and rest.rstrip("_") in replaced else name

    there = renamed(graph, wanted)
    pairs = [(old.name, new.name) for old, new in zip(graph.slots, there.slots, strict=True)]
    pairs += [(old.label, new.label) for old, new in zip(graph.nodes, there.nodes, strict=True)]
    return {old: new for old, new in pairs if old != new}
