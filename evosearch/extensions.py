"""A user's own operations, from a Python file that names them in a list `PRIMITIVES`.

The file is executed, as a module would be; what it lists is checked and added to the table, for
the rest of the process. Operations are code, so a run stores only the file's digest and asks for
the file when it is opened again.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

from evosearch.errors import EvosearchError, ProgramError
from evosearch.parser import parse, read_text
from primitives import Composite, Kind, Operation, Primitive, register
from primitives.contract import first_fault
from primitives.primitive import LETTERS


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
    for row in rows:
        if not isinstance(row, Primitive | Composite):
            raise EvosearchError(
                f"{source}: PRIMITIVES lists {row!r:.60}; expected Primitive(...) or Composite(...)"
            )
        fault = first_fault(row) or (_fault_of(row) if isinstance(row, Composite) else None)
        if fault:
            raise EvosearchError(f"{source}: {row.name}: {fault}")
        try:
            register([row])
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
    try:
        exec(compile(text, source, "exec"), module)
    except SyntaxError as error:
        raise EvosearchError(f"{source}:{error.lineno}: syntax error, {error.msg}") from None
    except Exception as error:  # whatever the user's file may raise
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == source]
        line = frames[-1].lineno if frames else 1
        raise EvosearchError(f"{source}:{line}: {type(error).__name__}: {error}") from None
    rows = module.get("PRIMITIVES")
    if not isinstance(rows, list | tuple):
        raise EvosearchError(
            f"{source}: expected a list PRIMITIVES of Primitive(...) or Composite(...)"
        )
    return rows


def _fault_of(row: Composite) -> str | None:
    """What is wrong with the expansion, which must be an expression of the language."""
    letters = LETTERS[: row.arity]
    examples = [f"    {a} = {_EXAMPLES[k]}" for a, k in zip(letters, row.accepts, strict=True)]
    text = "\n".join(["def f(g, lr):", *examples, f"    return {row.expansion}"])
    try:
        parse(text, "expansion")
    except ProgramError as error:
        return str(error).split(": ", 1)[1]
    return None
