"""Writes a step as torch code for one parameter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from evosearch.export.notation.code import (
    Assign,
    Delete,
    Evaluate,
    Expression,
    If,
    Statement,
    lines_of,
)
from evosearch.export.pytorch.instructions import Copy
from evosearch.export.pytorch.step import Step
from evosearch.export.pytorch.step_code import COMPILING, StepCode

_LONGEST_CHAIN = 72
_LONGEST_NESTED = 36


class SingleTensorCode:
    """Writes a step for one parameter, for the body of a loop over the parameters."""

    def __init__(self, step: Step, taken: Iterable[str], *, pure: bool = False) -> None:
        self._code = StepCode(step, taken, pure=pure, gathers=True)

    @property
    def temporaries(self) -> int:
        """Gives the largest number of tensors of a parameter's shape that a step has at once."""
        return self._code.schedule.temporaries

    def statements(self) -> list[Statement]:
        """Gives the statements that move `p`, or compute the result where nothing moves."""
        return [*self._numbers(), *_chained(self._entries())]

    def result(self) -> Expression:
        """Gives the step's result once the statements have run."""
        return self._code.value(self._code.step.result)

    def _numbers(self) -> list[Statement]:
        code = self._code
        statements: list[Statement] = []
        if code.mixes():
            statements.append(Assign("t, lr", Expression("_alike(t, lr)")))
        for index, name in code.numbers.names.items():
            value = code.numbers.definition(index)
            annotation = "Any" if "isinstance" in value.mentions else ""
            statements.append(Assign(name, value, annotation))
        costly = code.costly()
        if costly:
            target = ", ".join(costly) if len(costly) > 1 else f"({costly[0]},)"
            settled = Assign(target, Expression(f"_settled([{', '.join(costly)}])"))
            statements.append(If(COMPILING, (settled,)))
        return statements

    def _entries(self) -> list[list[Statement]]:
        """Gives the statements of each entry of the schedule, and those that free memory."""
        code = self._code
        groups: list[list[Statement]] = []
        for number, entry in enumerate(code.schedule.entries):
            groups.append(self._freed(number))
            if isinstance(entry, Copy):
                groups.append([code.copied(entry)])
                continue
            statements = code.computed(entry)
            code.places[entry.node] = entry.place
            if code.pure and code.is_read_once(entry):
                match statements:
                    case [Assign(value=value)] if _is_short(value):
                        code.nested[entry.node] = value
                        continue
            groups.append(statements)
        return [*groups, self._freed(len(code.schedule.entries))]

    def _freed(self, number: int) -> list[Statement]:
        """Writes a statement that gives up temporaries before an entry, if there are such."""
        places = () if self._code.pure else self._code.schedule.freed.get(number, ())
        return [Delete(tuple(places))] if places else []


def _is_short(value: Expression) -> bool:
    return len(value.text) <= _LONGEST_NESTED and not value.chooses


def _chained(groups: Iterable[Sequence[Statement]]) -> list[Statement]:
    """Joins statements where one overwrites what the last made into one chain of calls."""
    statements: list[Statement] = []
    for group in groups:
        if len(group) == 1 and statements:
            chain = _chain(statements[-1], group[0])
            if chain is not None:
                statements[-1] = chain
                continue
        statements += group
    return statements


def _chain(first: Statement, second: Statement) -> Statement | None:
    """Joins both into one chain of calls, if they can be one and it is short."""
    chain: Statement
    match first, second:
        case Assign(target=name, value=made, annotation=""), Evaluate(value=then) if (
            _goes_on(then, name) and not made.chooses
        ):
            chain = Assign(name, then.substituted({name: made}))
        case Evaluate(value=made), Evaluate(value=then) if (
            made.receiver and _goes_on(then, made.receiver) and then.methods[0] != "copy_"
        ):
            chain = Evaluate(then.substituted({made.receiver: made}))
        case _:
            return None
    (line,) = lines_of([chain])
    return chain if len(line) <= _LONGEST_CHAIN else None


def _goes_on(then: Expression, name: str) -> bool:
    """Tells whether an expression overwrites a variable and reads it nowhere else."""
    # Counted in the text, where the letters of another name or method count too: by names alone
    # some calls more could join, but then files written earlier would be written otherwise.
    return name != "p" and then.receiver == name and then.text.count(name) == 1
