"""Writes the table of operations from the rows that define them."""

from __future__ import annotations

from primitives import OPERATIONS, Composite, Operation
from primitives.primitive import LETTERS

_HEAD = ["call", "means", "also written", "kinds it takes", "kind it gives", "paper"]


def operations() -> str:
    """Gives a table with a row for each operation that a program may call."""
    rows = [_HEAD, ["---"] * len(_HEAD), *map(_row, OPERATIONS.values())]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(operation: Operation) -> list[str]:
    letters = LETTERS[: operation.arity]
    call = f"{operation.name}({', '.join(letters)})"
    means = operation.definition
    if isinstance(operation, Composite):
        means += f"; short for `{operation.expansion}`"
    accepted = [f"{letter} {kind}" for letter, kind in zip(letters, operation.accepts, strict=True)]
    return [
        _code(call),
        _text(means),
        ", ".join(map(_code, _other_spellings(operation))),
        ", ".join(accepted),
        _result(operation),
        "yes" if operation.paper else "",
    ]


def _other_spellings(operation: Operation) -> list[str]:
    infix = operation.infix
    if not infix:
        return list(operation.aliases)
    return [f"a {infix} b" if operation.arity == 2 else f"{infix}a", *operation.aliases]


def _result(operation: Operation) -> str:
    if operation.reduces_to is not None:
        return str(operation.reduces_to)
    return "the largest given" if operation.arity else str(operation.at_least)


def _code(text: str) -> str:
    return f"`{_in_a_cell(text)}`"


def _text(text: str) -> str:
    """Keeps stars and underscores of formulas as they are, between the code that is there."""
    plain, *pieces = text.split("`")
    escaped = [plain.replace("*", r"\*").replace("_", r"\_")]
    for place, piece in enumerate(pieces):
        escaped.append(piece if place % 2 == 0 else piece.replace("*", r"\*").replace("_", r"\_"))
    return _in_a_cell("`".join(escaped))


def _in_a_cell(text: str) -> str:
    """Writes bars so that they end no cell, in code either."""
    return text.replace("|", r"\|")
