"""Loads a user's own operations, from a Python file that names them in a list `PRIMITIVES`.

The file is executed, as a module would be, and what it lists is checked. Operations are code, so
a run stores only the file's digest and asks for the file when it is opened again.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evosearch.errors import EvosearchError, ProgramError
from evosearch.language.parser import parse, read_text
from evosearch.language.program import RESERVED, walk_kinds
from evosearch.plugins.additions import Additions
from evosearch.plugins.execute import execute
from evosearch.plugins.sources import GIVEN, OperationFile
from primitives import Composite, Kind, Operation, Primitive, Table, fits
from primitives.primitive import LETTERS
from primitives.row_checks import first_fault

_WRITTEN = re.compile(r"(?:update|direction|[xv]\d+|new_\w+)_*")
"""The names that programs are written with, besides those that people give."""
_EXAMPLES = {Kind.SCALAR: "lr", Kind.LEAF: "mean(g)", Kind.TENSOR: "g"}


def load_operations(path: Path, additions: Additions) -> Additions:
    """Gives the record with the operations of a file; a file that it holds already adds nothing.

    Raises:
        EvosearchError: the file cannot be read, fails, or lists an operation that is not sound.
    """
    return load_operations_text(read_text(path), str(path), additions, Path(os.path.abspath(path)))


def load_operations_text(
    text: str, source: str, additions: Additions, path: Path | None = None
) -> Additions:
    """Does what `load_operations` does, for a file's text.

    `source` is what messages call the file, and `path` where it is, if it is anywhere.
    """
    digest = OperationFile(text, ()).digest
    if any(source.digest == digest for source in additions.operation_sources):
        return additions
    rows = _rows(text, source, path)
    table = add_rows(rows, source, additions.table)
    return additions.with_operations(
        OperationFile(text, tuple(row.name for row in rows), path), table
    )


def add_rows(rows: Sequence[Operation], source: str, table: Table) -> Table:
    """Gives the table with more rows, each of which may stand on those before it.

    Raises:
        EvosearchError: one is not sound, or has a name that exists; `source` is what it calls them.
    """
    for place, row in enumerate(rows, start=1):
        if not isinstance(row, Primitive | Composite):
            raise EvosearchError(
                f"{source}: row {place} is a {type(row).__name__}; "
                "expected Primitive(...) or Composite(...)"
            )
        named = row.name if isinstance(row.name, str) else f"row {place}"
        fault = first_fault(row) or _fault_in_language(row, table)
        if fault:
            raise EvosearchError(f"{source}: {named}: {fault}")
        try:
            table = table.with_rows([_with_kind(row, table) if isinstance(row, Composite) else row])
        except ValueError as error:
            raise EvosearchError(f"{source}: {error}; choose another name") from None
    return table


def require_operations(digests: Sequence[str], additions: Additions) -> None:
    """Refuses a run whose operations are not at hand.

    Raises:
        EvosearchError: the record holds no file of one of the digests.
    """
    known = {source.digest for source in additions.operation_sources}
    for digest in digests:
        if digest in known:
            continue
        if digest.startswith(GIVEN):
            raise EvosearchError(
                "the run uses operations that are objects of Python, which are not given; open it "
                "there, with the same `operations`"
            )
        raise EvosearchError(
            "the run uses operations of a file that is not loaded (its SHA-256 begins "
            f"{digest[:12]}); add --primitives FILE"
        )


def _rows(text: str, source: str, path: Path | None) -> Sequence[Operation]:
    """Executes the file and gives the operations that it lists."""
    module: dict[str, Any] = {"__name__": "evosearch_primitives"}
    execute(text, source, module, path)
    rows = module.get("PRIMITIVES")
    if not isinstance(rows, list | tuple):
        raise EvosearchError(
            f"{source}: expected a list PRIMITIVES of Primitive(...) or Composite(...)"
        )
    for row in rows:
        if not isinstance(row, Operation):
            raise EvosearchError(
                f"{source}: PRIMITIVES lists a {type(row).__name__}; "
                "expected Primitive(...) or Composite(...)"
            )
    return rows


def _fault_in_language(row: Operation, table: Table) -> str | None:
    """Tells what keeps a row from being part of the language; gives None if nothing does."""
    for name in (row.name, *row.aliases):
        if name in RESERVED:
            return f"'{name}' is an input of every program; choose another name"
        if _WRITTEN.fullmatch(name):
            return f"'{name}' is a name that programs are written with; choose another name"
    if row.infix:
        return "infix must be empty; the language has no more operators"
    if not isinstance(row, Composite):
        return None
    if not isinstance(row.expansion, str):
        return "expansion must be a text"
    try:
        kind = _kind_of(row, row.accepts, table)
    except ProgramError as error:
        return str(error).split(": ", 1)[1]
    tree = ast.parse(row.expansion)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and id(node) not in called and node.id not in LETTERS:
            return f"the expansion reads '{node.id}'; expected the arguments, a, b …"
    if row.reduces_to is not None and not fits(kind, row.reduces_to):
        return f"the expansion gives a {kind}, reduces_to says {row.reduces_to}"
    return None


def _with_kind(row: Composite, table: Table) -> Composite:
    scalars = [Kind.SCALAR] * row.arity
    return replace(row, at_least=_kind_of(row, scalars, table))


def _kind_of(row: Composite, arguments: Sequence[Kind], table: Table) -> Kind:
    """Infers the kind of the expansion's value for arguments of these kinds.

    Raises:
        ProgramError: the expansion is no expression of the language.
    """
    examples = [f"    {a} = {_EXAMPLES[k]}" for a, k in zip(LETTERS, arguments, strict=False)]
    text = "\n".join(["def f(g, lr):", *examples, f"    return {row.expansion}"])
    program = parse(text, "expansion", table=table)
    *_, bound = walk_kinds(program, program.slot_kinds)
    return bound[program.returns[0]]
