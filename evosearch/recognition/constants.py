"""Prepares programs: the numbers they are made of, and what they are where some are equal or 0."""

from __future__ import annotations

from dataclasses import replace

from evosearch.export.notation.program_text import readable
from evosearch.graph.graph import CONSTANT, Graph
from evosearch.graph.lowering import lower
from evosearch.graph.structure import (
    PART_OF_THE_FUNCTION,
    constant_literals,
)
from evosearch.language.parser import parse
from evosearch.language.program import Argument, Program
from primitives import BUILT_IN


def program_of(graph: Graph) -> Program:
    """Gives a program of that graph, whose operations may be a user's."""
    rows = {node.row for node in graph.nodes if node.row is not None}
    own = [row for row in rows if BUILT_IN.operations.get(row.name) is not row]
    return parse(readable(graph, "rule"), table=BUILT_IN.with_rows(own))


def numbers_in(program: Program) -> tuple[float, ...]:
    """Lists the constants of a program, written or folded, and one minus each.

    A rule spelt otherwise mostly has its constants among these.
    """
    graph = lower(program, bind=True)
    values = [float(f"{node.value:.12g}") for node in graph.nodes if node.op == CONSTANT]
    rests = [float(f"{1 - value:.12g}") for value in values]
    return tuple(dict.fromkeys([*values, *rests]))


def folded(program: Program) -> Program:
    """Gives the program with equal constants as one, and those at special values as literals.

    So a rule that is a simpler one at its constants has that one's structure: Lion with equal betas
    is Signum, and momentum of zero is none. The function is the same.
    """
    constants = set(constant_literals(program))
    values = dict(program.hyperparameters)
    taken = {*program.inputs, *values, *(statement.target for statement in program.statements)}
    names: dict[float, str] = {}

    def name_of(value: float) -> Argument:
        if value in PART_OF_THE_FUNCTION:
            return value
        if value not in names:
            names[value] = next(n for k in range(len(taken) + 1) if (n := f"k{k}") not in taken)
            taken.add(names[value])
        return names[value]

    statements = []
    for index, statement in enumerate(program.statements):
        arguments: list[Argument] = []
        for position, argument in enumerate(statement.arguments):
            if isinstance(argument, str):
                arguments.append(name_of(values[argument]) if argument in values else argument)
            else:
                constant = (index, position) in constants
                arguments.append(name_of(argument) if constant else argument)
        statements.append(replace(statement, arguments=tuple(arguments)))
        values.pop(statement.target, None)  # the name means something else from here on
    added = tuple((name, value) for value, name in names.items())
    return replace(
        program,
        hyperparameters=(*program.hyperparameters, *added),
        statements=tuple(statements),
    )
