"""Writes a `Program` as text; parsing the text gives the same program."""

from __future__ import annotations

from evosearch.language.program import Argument, Program, Statement
from primitives import BUILT_IN, Table


def to_text(program: Program) -> str:
    """Writes the program as a Python-syntax function with one primitive per line.

    The text ends in a newline.

    >>> from evosearch.language.parser import parse
    >>> print(to_text(parse("def f(g, *, scale=2): return scale * tanh(g)")), end="")
    def f(g, *, scale=2.0):
        v1 = tanh(g)
        v2 = scale * v1
        return v2
    """
    signature = list(program.inputs)
    if program.hyperparameters:
        signature.append("*")
        signature += [f"{name}={_number(value)}" for name, value in program.hyperparameters]
    lines = [f"def {program.name}({', '.join(signature)}):"]
    lines += [f"    {statement_text(one, program.table)}" for one in program.statements]
    lines.append(f"    return {', '.join(program.returns)}")
    return "\n".join(lines) + "\n"


def statement_text(statement: Statement, table: Table = BUILT_IN) -> str:
    """Writes one statement, with an operator where the primitive has one."""
    infix = table.operations[statement.primitive].infix
    arguments = [_argument(argument) for argument in statement.arguments]
    if not infix:
        value = f"{statement.primitive}({', '.join(arguments)})"
        # A literal alone, `x = 0.5`, reads back as identity(0.5).
    elif len(arguments) == 2:
        value = f" {infix} ".join(_operand(argument) for argument in arguments)
    elif isinstance(statement.arguments[0], str):
        value = f"{infix}{arguments[0]}"
    else:
        # A minus before a number would read back as a literal.
        value = f"{statement.primitive}({arguments[0]})"
    return f"{statement.target} = {value}"


def _argument(argument: Argument) -> str:
    return argument if isinstance(argument, str) else _number(argument)


def _operand(text: str) -> str:
    """Puts a negative number in parentheses, as `-2.0 ** t` would read as `-(2.0 ** t)`."""
    return f"({text})" if text.startswith("-") else text


def _number(value: float) -> str:
    return repr(float(value))
