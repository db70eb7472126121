"""Reads programs from text, which has Python's syntax and is never executed."""

from __future__ import annotations

import ast
import keyword
from pathlib import Path

from evosearch.errors import EvosearchError, ProgramError
from evosearch.language.program import Program
from evosearch.language.reader import FunctionReader, is_docstring
from evosearch.language.source import LONGEST_NAME, SourceText
from primitives import BUILT_IN, Table


def parse(
    text: str, source: str = "<program>", name: str | None = None, table: Table = BUILT_IN
) -> Program:
    """Reads the program called `name` in `text`, by default the only one.

    `table` holds the operations that it may call, `source` is what messages call the text.

    >>> parse("def signum(g, m): m = lerp(g, m, 0.9); return sign(m), m").slots
    ('m',)

    Raises:
        ProgramError: the text is no valid program; the message begins `source:line:column:`.
    """
    outcomes = dict(examine(text, source, table))
    if name is None and len(outcomes) == 1:
        name = next(iter(outcomes))
    known = ", ".join(outcomes)
    if not outcomes:
        raise nothing_in(source)
    if name is None:
        for outcome in outcomes.values():
            if isinstance(outcome, ProgramError):
                raise outcome
        raise ProgramError(
            f"{source}:1:1: expected one function, got {len(outcomes)} ({known}); "
            f"choose one, such as {source}:{next(iter(outcomes))}"
        )
    if name not in outcomes:
        raise ProgramError(f"{source}:1:1: no function named '{name}'; there are {known}")
    if isinstance(program := outcomes[name], ProgramError):
        raise program
    return program


def nothing_in(source: str) -> ProgramError:
    """Makes the error for a text without any function."""
    return ProgramError(
        f"{source}:1:1: expected one function, got none; write one `def name(w, g, ...):`"
    )


def is_name(text: str) -> bool:
    """Tells whether a program may be called so."""
    valid = text.isidentifier() and text.isascii() and not keyword.iskeyword(text)
    return valid and len(text) <= LONGEST_NAME


def parse_all(text: str, source: str = "<program>", table: Table = BUILT_IN) -> list[Program]:
    """Reads every program in `text`, in order; their names differ.

    >>> [program.name for program in parse_all("def a(g): return g\\ndef b(g): return -g")]
    ['a', 'b']

    Raises:
        ProgramError: see `parse`.
    """
    programs = []
    for _, outcome in examine(text, source, table):
        if isinstance(outcome, ProgramError):
            raise outcome
        programs.append(outcome)
    return programs


def examine(
    text: str, source: str = "<program>", table: Table = BUILT_IN
) -> list[tuple[str, Program | ProgramError]]:
    """Gives for each function in `text` its name, and the program or what is wrong with it.

    A fault outside any function is listed under the name `source`, and only the first of them.
    """
    place = SourceText(text, source)
    outcomes: list[tuple[str, Program | ProgramError]] = []
    try:
        tree = place.tree()
    except ProgramError as error:
        return [(source, error)]
    seen: set[str] = set()
    strayed = False
    for node in tree.body:
        name = node.name if isinstance(node, ast.FunctionDef) else source
        try:
            if isinstance(node, ast.FunctionDef):
                if name in seen:
                    place.fail(node, f"a second function '{name}'; rename one")
                seen.add(name)
                outcomes.append((name, FunctionReader(place, table).program(node)))
            elif not (strayed or is_docstring(node)):
                strayed = True
                place.fail(node, "expected a function `def name(w, g, ...):` at top level")
        except ProgramError as error:
            outcomes.append((name, error))
    return outcomes


def read_text(path: Path) -> str:
    """Reads the text of a file.

    Raises:
        EvosearchError: the file cannot be read, or is no text.
    """
    try:
        return path.read_text(encoding="utf-8-sig")  # some editors begin files with a mark
    except UnicodeDecodeError:
        raise EvosearchError(f"{path}: not a text file; expected a program") from None
    except OSError as error:
        raise EvosearchError(f"{path}: cannot be read ({error.strerror})") from None


def parse_file(path: Path, name: str | None = None, table: Table = BUILT_IN) -> Program:
    """Reads the program called `name` in a file, by default the only one.

    Raises:
        EvosearchError: the file cannot be read, or is no valid program.
    """
    return parse(read_text(path), str(path), name, table)
