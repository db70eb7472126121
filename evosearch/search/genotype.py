"""Says what a rule passes on: its program, and the settings that are known to be good.

Where constants are tuned, the program is the structure as text, with its constants at the middle of
their best values on the tasks; the best settings by task are kept beside it. A child then starts,
on each task, from its parent's best there: constants are known again by their names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evosearch.export.notation.flat_program import flat_program
from evosearch.graph.graph import Graph
from evosearch.graph.lowering import lower
from evosearch.graph.structure import Structure, structure
from evosearch.language.program import Program
from evosearch.scoring.setting import Setting
from evosearch.screening.contender import with_values
from evosearch.screening.family import Family


@dataclass(frozen=True)
class Genotype:
    """Holds a program to breed from, and its best settings."""

    program: Program
    names: tuple[str, ...] = ()
    """The names of the constants in `best`, in their order."""
    best: Mapping[str, Setting] = field(default_factory=dict)
    """The best setting by task, as far as it was tuned."""


def family_of(program: Program, tunes_constants: bool) -> Family:
    """Gives the rules of a program's structure; the program alone where constants are not tuned."""
    if tunes_constants:
        return Family(structure(program).named)
    return Family(lower(program, bind=True))


def tuned_program(family: Family, settings: Sequence[Setting], original: Program) -> Program:
    """Gives the program of a family with its constants at the middle of those of some settings.

    Where nothing is tuned it is the `original`, whose name and operations it has in any case.
    """
    if not family.names or not settings:
        return original
    return flat_program(tuned_graph(family, settings, original), original.name, original.table)


def tuned_graph(family: Family, settings: Sequence[Setting], original: Program) -> Graph:
    """Gives the graph of `tuned_program`, which need not be written and read for that."""
    if not family.names or not settings:
        return lower(original)
    return with_values(family.graph, family.middle([one.constants for one in settings]))


def inherited(child: Structure, program: Program, parent: Genotype) -> dict[str, Setting]:
    """Gives, by task, the parent's best setting as one of the child's, in the order of its names.

    A constant that the parent does not have, or that stands for an expression of several, keeps the
    value that the child's `program` gives it.
    """
    values = dict(zip(child.names, child.constants, strict=True))
    written = dict(program.hyperparameters)
    order = Family(child.named).names
    starts = {}
    for task, setting in parent.best.items():
        known = dict(zip(parent.names, setting.constants, strict=True))
        taken = {n: known[n] for n, v in values.items() if n in known and written.get(n) == v}
        constants = tuple((values | taken)[name] for name in order)
        starts[task] = Setting(setting.rate, constants)
    return starts
