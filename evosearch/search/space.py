"""Bounds what mutation may use: operations, names in the signature, and a program's length."""

from __future__ import annotations

from dataclasses import dataclass, replace

from evosearch.language.program import Program


@dataclass(frozen=True)
class SearchSpace:
    """Bounds the programs that mutation may reach: which operations, and how many statements."""

    primitives: tuple[str, ...]
    """The operations that may be put in, by name."""
    longest: int
    """The most statements of a program."""
    mutations: tuple[str, ...]
    """The mutations that may be drawn, by name."""


def prepare(program: Program, spare_slots: int) -> Program:
    """Adds weights, gradient and `spare_slots` unused slots to a program's signature.

    Mutation can only use what the signature names.
    """
    inputs = list(program.inputs)
    inputs[:0] = [name for name in ("w", "g") if name not in inputs]
    taken = {*inputs, *(s.target for s in program.statements), *dict(program.hyperparameters)}
    free = (f"s{n}" for n in range(1, 10**6) if f"s{n}" not in taken)
    spare = [next(free) for _ in range(spare_slots)]
    return replace(program, inputs=(*inputs, *spare), returns=(*program.returns, *spare), doc="")
