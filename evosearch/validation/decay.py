"""Makes the weight decay of a rule one of its constants, so that it is tuned like them."""

from __future__ import annotations

from dataclasses import replace

from evosearch.language.program import Program, Statement
from primitives import Table
from proxies import Task

DECAY = "weight_decay"


def with_decay(program: Program, value: float) -> tuple[Program, str]:
    """Adds the decoupled decay to the direction, and gives the constant's name besides.

    `w - lr u - lr λ w` is `w - lr (u + λ w)`, so a program that returns `u + λ w` does what the
    trainer does with a decay of λ.
    """
    taken = {name for name, _ in program.hyperparameters} | set(program.inputs)
    taken |= {statement.target for statement in program.statements}
    name, product, total = (_unused(wish, taken) for wish in (DECAY, "decay_term", "decayed"))
    times, plus = _infix(program.table, "*"), _infix(program.table, "+")
    return (
        replace(
            program,
            inputs=program.inputs if "w" in program.inputs else ("w", *program.inputs),
            hyperparameters=(*program.hyperparameters, (name, value)),
            statements=(
                *program.statements,
                Statement(product, times, (name, "w")),
                Statement(total, plus, (program.returns[0], product)),
            ),
            returns=(total, *program.returns[1:]),
        ),
        name,
    )


def without_decay(task: Task) -> Task:
    """Gives the task for rules that decay weights themselves.

    Work that is sent elsewhere must do this there, for tasks travel by name.
    """
    return replace(task, weight_decay=0.0)


def _infix(table: Table, sign: str) -> str:
    return table.infix[sign, 2].name


def _unused(wish: str, taken: set[str]) -> str:
    while wish in taken:
        wish += "_"
    return wish
