"""A user's own operations, from a Python file that names them in a list `PRIMITIVES`.

The file is executed, as a module would be; what it lists is checked and added to the table, for
the rest of the process. Operations are code, so a run stores only the file's digest and asks for
the file when it is opened again.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

from evosearch.errors import EvosearchError, ProgramError
from evosearch.language.parser import parse, read_text
from evosearch.language.program import RESERVED, walk_kinds
from evosearch.plugins.execute import execute
from primitives import Composite, Kind, Operation, Primitive, register
from primitives.primitive import LETTERS
from primitives.row_checks import first_fault


@dataclass(frozen=True, slots=True)
class Extension:
    """A file that was loaded: its text, and the names of the operations it added."""

    text: str
    names: tuple[str, ...]


_loaded: dict[str, Extension] = {}

loaded: Mapping[str, Extension] = MappingProxyType(_loaded)
"""The files loaded so far, by the SHA-256 of their text, in order."""

_EXAMPLES = {Kind.SCALAR: "lr", Kind.LEAF: "mean(g)", Kind.TENSOR: "g"}


def load(path: Path) -> None:
    """Adds the operations of a file to the table; a file that was loaded before adds nothing.

    Raises:
        EvosearchError: the file cannot be read, fails, or lists an operation that is not sound.
    """
    load_text(read_text(path), str(path))


def load_text(text: str, source: str) -> None:
    """`load` of a text; `source` is what messages call it."""
    key = sha256(text.encode()).hexdigest()
    if key in _loaded:
        return
    rows = _rows(text, source)
    for place, row in enumerate(rows, start=1):
        if not isinstance(row, Primitive | Composite):
            raise EvosearchError(
                f"{source}: PRIMITIVES lists a {type(row).__name__}; "
                "expected Primitive(...) or Composite(...)"
            )
        named = row.name if isinstance(row.name, str) else f"row {place}"
        fault = first_fault(row) or _fault_in_language(row)
        if fault:
            raise EvosearchError(f"{source}: {named}: {fault}")
        try:
            register([_with_kind(row) if isinstance(row, Composite) else row])
        except ValueError as error:
            raise EvosearchError(f"{source}: {error}; choose another name") from None
    _loaded[key] = Extension(text, tuple(row.name for row in rows))


def require(digests: Sequence[str]) -> None:
    """
    Raises:
        EvosearchError: a file of that digest was not loaded.
    """
    for key in digests:
        if key not in _loaded:
            raise EvosearchError(
                "the run uses operations of a file that is not loaded (its SHA-256 begins "
                f"{key[:12]}); add --primitives FILE"
            )


def _rows(text: str, source: str) -> Sequence[Operation]:
    """What the file lists."""
    module: dict[str, Any] = {"__name__": "evosearch_primitives", "__file__": source}
    execute(text, source, module)
    rows = module.get("PRIMITIVES")
    if not isinstance(rows, list | tuple):
        raise EvosearchError(
            f"{source}: expected a list PRIMITIVES of Primitive(...) or Composite(...)"
        )
    return rows


def _fault_in_language(row: Operation) -> str | None:
    """What keeps a row from being part of the language."""
    for name in (row.name, *row.aliases):
        if name in RESERVED:
            return f"'{name}' is an input of every program; choose another name"
    if row.infix:
        return "infix must be empty; the language has no more operators"
    if not isinstance(row, Composite):
        return None
    if not isinstance(row.expansion, str):
        return "expansion must be a text"
    try:
        found = _kind_of(row, row.accepts)
    except ProgramError as error:
        return str(error).split(": ", 1)[1]
    tree = ast.parse(row.expansion)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and id(node) not in called and node.id not in LETTERS:
            return f"the expansion reads '{node.id}'; expected the arguments, a, b …"
    if row.reduces_to is not None and found > row.reduces_to:
        return f"the expansion gives a {found}, reduces_to says {row.reduces_to}"
    return None


def _with_kind(row: Composite) -> Composite:
    scalars = [Kind.SCALAR] * row.arity
    return replace(row, at_least=_kind_of(row, scalars))


def _kind_of(row: Composite, arguments: Sequence[Kind]) -> Kind:
    """The kind of the expansion's value for arguments of these kinds.

    Raises:
        ProgramError: the expansion is no expression of the language.
    """
    examples = [f"    {a} = {_EXAMPLES[k]}" for a, k in zip(LETTERS, arguments, strict=False)]
    text = "\n".join(["def f(g, lr):", *examples, f"    return {row.expansion}"])
    program = parse(text, "expansion")
    *_, bound = walk_kinds(program, program.slot_kinds)
    return bound[program.returns[0]]
