"""Turns the syntax tree of one function into a `Program`: nested expressions become statements."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache
from itertools import count

from evosearch.errors import ProgramError
from evosearch.language.program import RESERVED, Argument, Program, Statement
from evosearch.language.source import DEEPEST_NESTING, LONGEST_NAME, TOO_DEEP, SourceText
from primitives import REFUSED, Operation, Table

MOST_STATEMENTS = 1000
"""The most statements of a program, flattened."""
MOST_SLOTS = 64
"""The most state slots of a program."""

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
    ast.USub: "-",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_MIRRORED: dict[type[ast.AST], str] = {ast.Lt: ">", ast.LtE: ">="}
"""Comparisons that are written with their operands exchanged."""


def is_docstring(node: ast.stmt) -> bool:
    """Tells whether a statement is a text alone."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


@lru_cache(maxsize=64)
def _closest(name: str, table: Table) -> str | None:
    """Finds the spelling most like a name.

    It is cached, as a file may misspell one name in thousands of functions.
    """
    return next(iter(get_close_matches(name, table.spellings, n=1)), None)


class FunctionReader:
    """Flattens one function, and keeps for each statement the syntax node it came from."""

    def __init__(self, source: SourceText, table: Table) -> None:
        self._source, self._table = source, table
        self._depth = 0
        self._statements: list[Statement] = []
        self._origins: list[ast.AST] = []
        self._fresh: Iterator[str] = iter(())

    def program(self, node: ast.FunctionDef) -> Program:
        """Makes the program that a function's syntax tree spells.

        Raises:
            ProgramError: the function is no valid program.
        """
        try:
            return self._program(node)
        except RecursionError:
            self._source.fail(node, TOO_DEEP)

    def _program(self, node: ast.FunctionDef) -> Program:
        self._check_length(node, node.name)
        inputs, hyperparameters = self._signature(node)
        taken: set[str] = set()
        if self._source.may_clash:
            taken.update(name.id for name in ast.walk(node) if isinstance(name, ast.Name))
            taken.update(inputs, dict(hyperparameters))
        self._fresh = (name for n in count(1) if (name := f"v{n}") not in taken)
        body = node.body
        doc = ast.get_docstring(node) or ""
        if body and is_docstring(body[0]):
            body = body[1:]
        returns: tuple[str, ...] | None = None
        last: ast.AST = node
        for item in body:
            if returns is not None:
                self._source.fail(item, "statement after the return; remove it")
            last = item
            match item:
                case ast.Return():
                    returns = self._returned(item)
                case ast.Assign(targets=[ast.Name(id=target)], value=value):
                    self._assign(target, value)
                case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value):
                    self._assign(target, value)
                case ast.AugAssign(target=ast.Name(id=target), op=op, value=value):
                    operation = ast.BinOp(ast.Name(target, ast.Load()), op, value)
                    ast.fix_missing_locations(ast.copy_location(operation, item))
                    self._assign(target, operation)
                case _:
                    self._source.fail(
                        item,
                        f"{type(item).__name__.lower()} is not part of the language; expected "
                        "`name = expression` or `return`",
                    )
        if returns is None:
            self._source.fail(
                last,
                f"{node.name} has no return; end it with `return direction"
                + "".join(f", {name}" for name in inputs if name not in RESERVED)
                + "`",
            )
        try:
            return Program(
                name=node.name,
                inputs=inputs,
                hyperparameters=hyperparameters,
                statements=tuple(self._statements),
                returns=returns,
                doc=doc,
                table=self._table,
            )
        except ProgramError as error:
            origin = last if error.statement is None else self._origins[error.statement]
            self._source.fail(origin, str(error))

    def _signature(
        self, node: ast.FunctionDef
    ) -> tuple[tuple[str, ...], tuple[tuple[str, float], ...]]:
        a = node.args
        if a.vararg or a.kwarg or a.defaults or node.decorator_list:
            self._source.fail(
                node,
                "expected a plain signature; write hyperparameters after a star, "
                f"`def {node.name}(w, g, m, *, beta1=0.9):`",
            )
        inputs = tuple(x.arg for x in (*a.posonlyargs, *a.args))
        hyperparameters = []
        for name, default in zip(a.kwonlyargs, a.kw_defaults, strict=True):
            value = None if default is None else self._literal(default)
            if name.arg in RESERVED:
                self._source.fail(name, f"'{name.arg}' is an input; move it before the star")
            if value is None:
                self._source.fail(
                    name,
                    f"hyperparameter '{name.arg}' needs a finite number; write `{name.arg}=0.9`",
                )
            hyperparameters.append((name.arg, value))
        seen = set()
        for name in (*a.posonlyargs, *a.args, *a.kwonlyargs):
            self._check_name(name, name.arg)
            if name.arg in seen:
                self._source.fail(name, f"'{name.arg}' stands twice in the signature; remove one")
            seen.add(name.arg)
        slots = sum(name not in RESERVED for name in inputs)
        if slots > MOST_SLOTS:
            self._source.fail(node, f"expected at most {MOST_SLOTS} state slots, got {slots}")
        return inputs, tuple(hyperparameters)

    def _returned(self, node: ast.Return) -> tuple[str, ...]:
        if node.value is None:
            self._source.fail(node, "return of nothing; return the direction first")
        values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
        names = []
        for value in values:
            argument = self._flatten(value)
            if not isinstance(argument, str):
                argument = self._emit("identity", (argument,), value)
            names.append(argument)
        return tuple(names)

    def _assign(self, target: str, value: ast.expr) -> None:
        self._check_name(value, target)
        before = len(self._statements)
        argument = self._flatten(value, target)
        if len(self._statements) == before:
            self._emit("identity", (argument,), value, target)

    def _flatten(self, node: ast.expr, target: str | None = None) -> Argument:
        """Gives the argument that stands for `node`; emits its calls, the outermost to `target`."""
        if isinstance(node, ast.Name):
            return node.id
        if isinstance(node, ast.Constant | ast.UnaryOp):
            literal = self._literal(node)
            if literal is not None:
                return literal
        match node:
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self._call(
                    self._operation(node, name, len(arguments)), arguments, node, target
                )
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return self._infix(_OPERATORS[type(op)], [left, right], node, target)
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _OPERATORS:
                return self._infix(_OPERATORS[type(op)], [left, right], node, target)
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _MIRRORED:
                return self._infix(_MIRRORED[type(op)], [right, left], node, target)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self._infix("-", [operand], node, target)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self._flatten(operand, target)
            case _:
                self._source.fail(
                    node,
                    f"`{self._source.excerpt(node)}` is not part of the language; expected a "
                    "name, a number, arithmetic, or a call of a primitive",
                )

    def _operation(self, node: ast.expr, name: str, arity: int) -> Operation:
        """Finds the operation so spelt.

        Where none takes `arity` arguments, it gives the first, so that the check of the program
        tells how many are expected.
        """
        spelt = self._table.spellings.get(name)
        if spelt:
            for row in spelt:
                if len(row.accepts) == arity:
                    return row
            return spelt[0]
        if name in REFUSED:
            self._source.fail(node, f"no function '{name}': {REFUSED[name]}")
        close = _closest(name[:LONGEST_NAME], self._table)
        hint = f"did you mean '{close}'?" if close else "`evosearch primitives` lists them"
        self._source.fail(node, f"unknown function '{name[:LONGEST_NAME]}'; {hint}")

    def _infix(
        self, symbol: str, operands: list[ast.expr], node: ast.expr, target: str | None
    ) -> str:
        return self._call(self._table.infix[symbol, len(operands)], operands, node, target)

    def _call(
        self, operation: Operation, operands: list[ast.expr], node: ast.expr, target: str | None
    ) -> str:
        self._depth += 1
        if self._depth > DEEPEST_NESTING:
            self._source.fail(node, TOO_DEEP)
        arguments = tuple([self._flatten(operand) for operand in operands])
        self._depth -= 1
        return self._emit(operation.name, arguments, node, target)

    def _emit(
        self,
        primitive: str,
        arguments: tuple[Argument, ...],
        node: ast.AST,
        target: str | None = None,
    ) -> str:
        if len(self._statements) == MOST_STATEMENTS:
            self._source.fail(node, f"more than {MOST_STATEMENTS} statements; shorten the program")
        name = next(self._fresh) if target is None else target
        self._statements.append(Statement(name, primitive, arguments))
        self._origins.append(node)
        return name

    def _check_name(self, node: ast.AST, name: str) -> None:
        spelt = self._table.spellings.get(name)
        if spelt and any(row.arity for row in spelt):
            self._source.fail(node, f"'{name}' is a function; choose another name")
        self._check_length(node, name)

    def _check_length(self, node: ast.AST, name: str) -> None:
        if len(name) > LONGEST_NAME:
            self._source.fail(
                node, f"a name of {len(name)} characters; expected at most {LONGEST_NAME}"
            )

    def _literal(self, node: ast.expr) -> float | None:
        """Reads the number that `node` spells, signs included; gives None if it spells none."""
        match node:
            case ast.Constant(value=bool()):
                return None
            case ast.Constant(value=int() | float() as value):
                if abs(value) > sys.float_info.max:
                    self._source.fail(
                        node,
                        f"the number {self._source.excerpt(node)} is too large; expected at most "
                        f"{sys.float_info.max:g}",
                    )
                return float(value)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as op, operand=operand):
                number = self._literal(operand)
                return -number if number is not None and isinstance(op, ast.USub) else number
            case _:
                return None
