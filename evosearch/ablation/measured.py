"""Simplifies a program by what training shows: the last stage, after proofs and probes."""

from __future__ import annotations

from dataclasses import dataclass

from evosearch.ablation.difference import Difference
from evosearch.ablation.journal import Journal
from evosearch.ablation.judge import Judge, Means, Progress
from evosearch.ablation.rounding import Rounded, rounded
from evosearch.ablation.shrinking import Worth, shrunk, worths
from evosearch.ablation.variant import Variant
from evosearch.language.number_text import number
from evosearch.language.program import Program
from evosearch.simplification.result import Simplified, Step, statements
from evosearch.simplification.stages import simplify_exactly


@dataclass(frozen=True, slots=True)
class Measured:
    """Holds what training made of a program, and what it says of what is left."""

    tasks: tuple[str, ...]
    """The names of the tasks."""
    simplified: Simplified
    worths: tuple[Worth, ...]
    """The worth of each node that is left."""
    tuned: Difference
    """The speed of what is left, its constants tuned as are those of the program that came in and
    with which it is compared, in trials that chose nothing."""
    written: Difference
    """The same at the constants that it has now, with the learning rate tuned alone."""


def simplify_by_training(
    program: Program, means: Means, journal: Journal, tell: Progress
) -> Measured:
    """Leaves out what makes a program train no faster, and rounds its constants.

    The program must pass a search's gates. Trials that are in the journal are not carried out
    again.
    """
    judge = Judge(Variant.of(program), means, journal, tell)
    left, steps = shrunk(judge)
    constants = rounded(judge, left)
    # With the names that it has, by which tuning knows where to start.
    final = left.at(constants.values)
    if constants.values:
        steps.append(_rounding(constants, left))
    parts = worths(judge, final)
    tuned = judge.confirmed(final)
    written = judge.confirmed(final.holding(constants.values))
    after = final.plain
    simplified = Simplified(program, after, 1.0, tuple(steps)).then(simplify_exactly(after))
    names = tuple(task.name for task, _ in means.tasks)
    return Measured(names, simplified, tuple(parts), tuned, written)


def _rounding(constants: Rounded, program: Variant) -> Step:
    count = statements(program.program)
    rough = [name for name in constants.values if name not in constants.round]
    why = "rounded as far as the program trains no slower, the other constants tuned anew"
    if rough:
        why += f"; {', '.join(rough)} could not be, and has the middle of its best values"
    before = dict(zip(program.structure.names, program.structure.constants, strict=True))
    values = tuple(
        f"{number(before[name]) if name in program.literals else name} -> {number(value)}"
        for name, value in constants.values.items()
    )
    return Step("constants", count, count, why, values)
