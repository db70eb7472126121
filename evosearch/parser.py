"""From text to `Program`: Python syntax, read with `ast`, never executed."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import NoReturn

from evosearch.errors import EvosearchError, ProgramError
from evosearch.program import RESERVED, Argument, Program, Statement
from primitives import INFIX, SPELLINGS, Primitive

_TOO_DEEP = "nested too deeply; give parts of the expression names of their own"

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
    ast.USub: "-",
    ast.Gt: ">",
}


def parse(text: str, source: str = "<program>") -> Program:
    """The only program in `text`.

    Raises:
        ProgramError: the text is no valid program; the message begins `source:line:column:`.
    """
    programs = parse_all(text, source)
    if len(programs) != 1:
        raise ProgramError(
            f"{source}:1:1: expected one function, got {len(programs)}"
            + (f" ({', '.join(p.name for p in programs)})" if programs else "")
            + "; write one `def name(w, g, ...):`"
        )
    return programs[0]


def parse_all(text: str, source: str = "<program>") -> list[Program]:
    """Every program in `text`, in order.

    Raises:
        ProgramError: see `parse`.
    """
    try:
        module = ast.parse(text)
    except SyntaxError as error:
        where = f"{source}:{error.lineno or 1}:{error.offset or 1}"
        raise ProgramError(
            f"{where}: syntax error, {error.msg}; write statements such as `m = lerp(g, m, beta1)`"
        ) from None
    except ValueError as error:
        raise ProgramError(f"{source}:1:1: {error}; expected a program as plain text") from None
    except (RecursionError, MemoryError):
        raise ProgramError(f"{source}:1:1: {_TOO_DEEP}") from None
    _count_columns_in_characters(module, text)
    programs = []
    for node in module.body:
        if isinstance(node, ast.FunctionDef):
            try:
                programs.append(_Reader(source).function(node))
            except RecursionError:
                _fail(source, node, _TOO_DEEP)
        elif not _is_docstring(node):
            _fail(source, node, "expected a function `def name(w, g, ...):` at top level")
    return programs


def parse_file(path: Path) -> Program:
    """The only program in a file.

    Raises:
        EvosearchError: the file cannot be read, or is no valid program.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise EvosearchError(f"{path}: not a text file; expected a program") from None
    except OSError as error:
        raise EvosearchError(f"{path}: cannot be read ({error.strerror})") from None
    return parse(text, str(path))


def _count_columns_in_characters(module: ast.Module, text: str) -> None:
    """`ast` counts bytes, which differ from a reader's columns after a name such as `β1`."""
    if text.isascii():
        return
    lines = [line.encode() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    for node in ast.walk(module):
        if isinstance(node, ast.expr | ast.stmt | ast.arg):
            node.col_offset = len(lines[node.lineno - 1][: node.col_offset].decode())


def _shown(node: ast.AST) -> str:
    """The start of the code of `node`, on one line."""
    try:
        return " ".join(ast.unparse(node).split())[:40]
    except ValueError:  # an integer of too many digits
        return "a number of thousands of digits"


def _fail(source: str, node: ast.AST, message: str) -> NoReturn:
    line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0) + 1
    raise ProgramError(f"{source}:{line}:{column}: {message}")


def _is_docstring(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


class _Reader:
    """Flattens one function; keeps for each statement the node it came from."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._statements: list[Statement] = []
        self._origins: list[ast.AST] = []
        self._fresh: Iterator[str] = iter(())

    def function(self, node: ast.FunctionDef) -> Program:
        inputs, hyperparameters = self._signature(node)
        taken = {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}
        taken.update(inputs, dict(hyperparameters))
        self._fresh = (name for n in range(1, 10**9) if (name := f"v{n}") not in taken)
        body = node.body
        doc = ast.get_docstring(node) or ""
        if body and _is_docstring(body[0]):
            body = body[1:]
        returns: tuple[str, ...] | None = None
        last: ast.AST = node
        for item in body:
            if returns is not None:
                _fail(self._source, item, "statement after the return; remove it")
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
                    _fail(
                        self._source,
                        item,
                        f"{type(item).__name__.lower()} is not part of the language; expected "
                        "`name = expression` or `return`",
                    )
        if returns is None:
            _fail(
                self._source,
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
            )
        except ProgramError as error:
            origin = last if error.statement is None else self._origins[error.statement]
            _fail(self._source, origin, str(error))

    def _signature(
        self, node: ast.FunctionDef
    ) -> tuple[tuple[str, ...], tuple[tuple[str, float], ...]]:
        a = node.args
        if a.vararg or a.kwarg or a.defaults or node.decorator_list:
            _fail(
                self._source,
                node,
                "expected a plain signature; write hyperparameters after a star, "
                f"`def {node.name}(w, g, m, *, beta1=0.9):`",
            )
        inputs = tuple(x.arg for x in (*a.posonlyargs, *a.args))
        hyperparameters = []
        for name, default in zip(a.kwonlyargs, a.kw_defaults, strict=True):
            value = None if default is None else _literal(default)
            if name.arg in RESERVED:
                _fail(self._source, name, f"'{name.arg}' is an input; move it before the star")
            if value is None:
                _fail(
                    self._source,
                    name,
                    f"hyperparameter '{name.arg}' needs a finite number; write `{name.arg}=0.9`",
                )
            hyperparameters.append((name.arg, value))
        seen = set()
        for name in (*a.posonlyargs, *a.args, *a.kwonlyargs):
            if name.arg in SPELLINGS:
                _fail(self._source, name, f"'{name.arg}' is a function; choose another name")
            if name.arg in seen:
                _fail(self._source, name, f"'{name.arg}' stands twice in the signature; remove one")
            seen.add(name.arg)
        return inputs, tuple(hyperparameters)

    def _returned(self, node: ast.Return) -> tuple[str, ...]:
        if node.value is None:
            _fail(self._source, node, "return of nothing; return the direction first")
        values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
        names = []
        for value in values:
            argument = self._flatten(value)
            if not isinstance(argument, str):
                argument = self._emit("identity", (argument,), value)
            names.append(argument)
        return tuple(names)

    def _assign(self, target: str, value: ast.expr) -> None:
        if target in SPELLINGS:
            _fail(self._source, value, f"'{target}' is a function; choose another name")
        before = len(self._statements)
        argument = self._flatten(value, target)
        if len(self._statements) == before:
            self._emit("identity", (argument,), value, target)

    def _flatten(self, node: ast.expr, target: str | None = None) -> Argument:
        """The argument that stands for `node`; calls are emitted, the outermost to `target`."""
        literal = _literal(node)
        if literal is not None:
            return literal
        match node:
            case ast.Name(id=name):
                return name
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return self._call(INFIX[_OPERATORS[type(op)], 2], [left, right], node, target)
            case ast.Compare(left=left, ops=[ast.Gt()], comparators=[right]):
                return self._call(INFIX[">", 2], [left, right], node, target)
            case ast.Compare(left=left, ops=[ast.Lt()], comparators=[right]):
                return self._call(INFIX[">", 2], [right, left], node, target)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self._call(INFIX["-", 1], [operand], node, target)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self._flatten(operand, target)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                primitive = SPELLINGS.get(name)
                if primitive is None:
                    close = get_close_matches(name, SPELLINGS, n=1)
                    hint = (
                        f"did you mean '{close[0]}'?"
                        if close
                        else f"known are {', '.join(sorted(SPELLINGS))}"
                    )
                    _fail(self._source, node, f"unknown function '{name}'; {hint}")
                return self._call(primitive, arguments, node, target)
            case _:
                _fail(
                    self._source,
                    node,
                    f"`{_shown(node)}` is not part of the language; expected a name, a finite "
                    "number, arithmetic, or a call of a primitive",
                )

    def _call(
        self, primitive: Primitive, operands: list[ast.expr], node: ast.expr, target: str | None
    ) -> str:
        arguments = tuple(self._flatten(operand) for operand in operands)
        return self._emit(primitive.name, arguments, node, target)

    def _emit(
        self,
        primitive: str,
        arguments: tuple[Argument, ...],
        node: ast.AST,
        target: str | None = None,
    ) -> str:
        name = next(self._fresh) if target is None else target
        self._statements.append(Statement(name, primitive, arguments))
        self._origins.append(node)
        return name


def _literal(node: ast.expr) -> float | None:
    """The finite number that `node` spells, signs included, or None."""
    match node:
        case ast.Constant(value=bool()):
            return None
        case ast.Constant(value=int() | float() as value):
            try:
                number = float(value)
            except OverflowError:
                return None
            return number if math.isfinite(number) else None
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            positive = _literal(operand)
            return None if positive is None else -positive
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _literal(operand)
        case _:
            return None
