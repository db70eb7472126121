"""Finds the statements of a program that its direction depends on, through any number of steps.

Only the text is looked at, without any algebra. A statement that is live here may still vanish
from the graph, as `x * 0` does.
"""

from __future__ import annotations

from evosearch.language.program import Program


def live_statements(program: Program) -> frozenset[int]:
    """Gives the indices of the statements that the direction depends on.

    >>> from evosearch.language.parser import parse
    >>> sorted(live_statements(parse("def f(g): a = exp(g); b = -g; return b")))
    [1]
    """
    return _live(program)[0]


def live_slots(program: Program) -> frozenset[str]:
    """Names the slots that the direction depends on."""
    return _live(program)[1]


def _live(program: Program) -> tuple[frozenset[int], frozenset[str]]:
    maker: dict[str, int] = {}
    reads: list[list[int | str]] = []
    for index, statement in enumerate(program.statements):
        names = [a for a in statement.arguments if isinstance(a, str)]
        reads.append([maker.get(name, name) for name in names])
        maker[statement.target] = index
    returned: list[int | str] = [maker.get(name, name) for name in program.returns]
    written = dict(zip(program.slots, returned[1:], strict=True))
    live: set[int | str] = set()
    stack = [returned[0]]
    while stack:
        value = stack.pop()
        if value in live:
            continue
        live.add(value)
        if isinstance(value, int):
            stack.extend(reads[value])
        elif value in written:
            stack.append(written[value])
    return (
        frozenset(value for value in live if isinstance(value, int)),
        frozenset(value for value in live if value in written and isinstance(value, str)),
    )
