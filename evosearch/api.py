"""Exported optimizers without a file: the class, or the text of its file."""

from __future__ import annotations

from torch.optim import Optimizer

from evosearch.export.formats import name_of, source_of
from evosearch.export.notation.provenance import Reference
from evosearch.export.pytorch.loading import class_in
from evosearch.language.program import Program
from evosearch.reports.references import resolve


def to_source(program: Program | str, name: str | None = None) -> str:
    """The text of a file with the optimizer that a program describes, importing only torch.

    A text is a known rule's name, FILE, FILE:NAME, `RUN#ID` or `RUN#best`; then the learning rate
    that a run found best is the default, and the header tells what was measured. `name` is the
    class's, by default made from the program's.

    Raises:
        EvosearchError: there is no such program, or no class may have that name.
    """
    return source_of(_referred(program), name)


def optimizer(program: Program | str, name: str | None = None) -> type[Optimizer]:
    """The class in that file: `evosearch.optimizer("lion")(model.parameters(), lr=1e-4)`.

    Its instances can be copied and pickled, and unpickled wherever evosearch is installed.

    Raises:
        EvosearchError: there is no such program, or no class may have that name.
    """
    reference = _referred(program)
    return class_in(source_of(reference, name), name_of(reference, name))


def _referred(program: Program | str) -> Reference:
    if isinstance(program, str):
        return resolve(program)
    return Reference(program, program.name, f"program {program.name}")
