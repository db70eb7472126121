"""Exported optimizers without a file: the class, or the text of its file."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable
from functools import lru_cache
from importlib.metadata import version
from types import ModuleType
from typing import Any

from torch.optim import Optimizer

from evosearch.errors import EvosearchError
from evosearch.export.pytorch.docstrings import Provenance
from evosearch.export.pytorch.file import class_name, is_class_name, write
from evosearch.graph.digest import digest
from evosearch.graph.lowering import lower
from evosearch.language.program import Program
from evosearch.reports.references import Reference, resolve

_MOST_CLASSES = 1000
"""That are kept, so that the same text gives the same class."""


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


def name_of(reference: Reference, name: str | None) -> str:
    """The class's name.

    Raises:
        EvosearchError: no class may have the given one.
    """
    if name is not None and not is_class_name(name):
        raise EvosearchError(f"'{name}' cannot name a class of the file; choose another name")
    return name or class_name(reference.name)


def provenance_of(reference: Reference) -> Provenance:
    """What an exported file says of where its rule comes from."""
    return Provenance(
        origin=reference.origin,
        digest=digest(lower(reference.program, bind=True)),
        version=version("evosearch"),
        evidence=reference.evidence,
        # A run that did not measure it says 1.
        rate=reference.rate if reference.rate != 1.0 else None,
    )


def source_of(reference: Reference, name: str | None) -> str:
    """The text of the file for a program whose origin is known."""
    return write(
        lower(reference.program),
        name_of(reference, name),
        provenance_of(reference),
        lr=float(f"{1e-3 * reference.rate:.1g}"),
    )


def _referred(program: Program | str) -> Reference:
    if isinstance(program, str):
        return resolve(program)
    return Reference(program, program.name, f"program {program.name}")


@lru_cache(_MOST_CLASSES)
def class_in(source: str, name: str) -> type[Optimizer]:
    """The class of that name in the text of an exported file."""
    number = sum(key.startswith("<exported ") for key in linecache.cache)
    path = f"<exported {name} {number}>"
    module = ModuleType(f"evosearch.exported_{number}")
    # So that tracebacks and `inspect.getsource` show the code.
    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
    module.__file__ = path
    # Dataclasses, type hints and compilers look a class's module up here.
    sys.modules[module.__name__] = module
    exec(compile(source, path, "exec"), module.__dict__)
    found: type[Any] = getattr(module, name)

    def reduce(self: Optimizer, protocol: int) -> tuple[Callable[..., Any], tuple[Any, ...], Any]:
        del protocol
        return _blank, (source, name), self.__getstate__()

    found.__reduce_ex__ = reduce  # type: ignore[assignment]
    return found


def _blank(source: str, name: str) -> Optimizer:
    """An instance without content, for unpickling."""
    kind = class_in(source, name)
    made: Optimizer = kind.__new__(kind)
    return made
