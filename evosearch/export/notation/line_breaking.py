"""Breaks long lines of Python as ruff's formatter breaks them.

This knows the statements that exported code is made of: assignments, calls, loops and lists made
by loops. A line that fits is left as it is.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

WIDTH = 100
"""The number of columns that a line may have."""
_SUMS = (ast.Add, ast.Sub)
_PRODUCTS = (ast.Mult, ast.Div, ast.FloorDiv, ast.Mod)
"""Operators of one precedence; a power is not broken."""


def break_lines(lines: Sequence[str]) -> list[str]:
    """Breaks the lines that are too long into several; each is given as one statement."""
    return [part for line in lines for part in _broken(line)]


def _broken(line: str) -> list[str]:
    text = line.lstrip(" ")
    indent = " " * (len(line) - len(text))
    if len(line) <= WIDTH:
        return [line]
    if text.startswith("for ") and text.endswith("):"):
        return _loop(indent, text, ":")
    try:
        statement = ast.parse(text).body[0]
    except SyntaxError:  # part of a larger statement, or of a text
        return [line]
    match statement:
        case (
            ast.Assign(value=value)
            | ast.AnnAssign(value=ast.expr() as value)
            | ast.AugAssign(value=value)
        ):
            return _expression(indent, text[: value.col_offset], text[value.col_offset :])
        case ast.Expr(value=ast.Call()):
            return _expression(indent, "", text)
        case ast.Raise(exc=ast.Call()):
            return _expression(indent, "raise ", text.removeprefix("raise "))
    return [line]


def _expression(indent: str, start: str, text: str) -> list[str]:
    """Breaks `start` and the expression `text`, which do not fit on a line together."""
    inner = indent + "    "
    match ast.parse(text, mode="eval").body:
        case ast.Call() as value:
            return _call(indent, start, text, value)
        case ast.ListComp():
            return [f"{indent}{start}[", *_comprehension(inner, text), f"{indent}]"]
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            parts = [_source(text, element) for element in elements]
            brackets = "()" if text.startswith("(") else "[]"
            each = [f"{inner}{part}," for part in parts]
            return [indent + start + brackets[0], *each, indent + brackets[1]]
    body = [inner + text] if len(inner + text) <= WIDTH else _cases(inner, "", text)
    return [f"{indent}{start}(", *body, f"{indent})"]


def _cases(indent: str, start: str, text: str) -> list[str]:
    """Breaks the expression at its cases, if it has any."""
    match ast.parse(text, mode="eval").body:
        case ast.IfExp(test=test, body=body, orelse=orelse):
            first = _source(text, body)
            nested = isinstance(body, ast.IfExp)
            return [
                *(_nested(indent, start, first) if nested else _whole(indent, start, first)),
                f"{indent}if {_source(text, test)}",
                *_cases(indent, "else ", _source(text, orelse)),
            ]
    return _whole(indent, start, text)


def _nested(indent: str, start: str, text: str) -> list[str]:
    """Puts cases that are one case of others in parentheses, without which they mean others."""
    line = f"{indent}{start}({text})"
    if len(line) <= WIDTH:
        return [line]
    return [f"{indent}{start}(", *_cases(indent + "    ", "", text), f"{indent})"]


def _whole(indent: str, start: str, text: str) -> list[str]:
    """Puts `start` and the expression on one line if they fit."""
    line = indent + start + text
    if len(line) <= WIDTH:
        return [line]
    match ast.parse(text, mode="eval").body:
        case ast.Call():
            return _expression(indent, start, text)
        case ast.BinOp() as value if value.col_offset:  # all of it in parentheses
            inner = text[1:-1].strip()
            return [f"{indent}{start}(", *_whole(indent + "    ", "", inner), f"{indent})"]
        case ast.BinOp(op=op) as value if isinstance(op, (*_SUMS, *_PRODUCTS)):
            first, *others = _chain(text, value)
            lines = _whole(indent, start, first)
            return lines + [part for one in others for part in _operand(indent, one)]
    return [line]


def _chain(text: str, value: ast.BinOp) -> list[str]:
    """Cuts operations of one precedence before their operators: `a - b + c` at `-` and `+`."""
    alike = _SUMS if isinstance(value.op, _SUMS) else _PRODUCTS
    cuts: list[int] = []
    node: ast.expr = value
    while isinstance(node, ast.BinOp) and isinstance(node.op, alike):
        between = text[_end(text, node.left) : node.right.col_offset]
        cuts.insert(0, node.right.col_offset - len(between.lstrip(") ")))
        if node.left.col_offset != node.col_offset:  # in parentheses
            break
        node = node.left
    return [text[a:b].strip() for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]


def _operand(indent: str, text: str) -> list[str]:
    """Puts an operator and its operand on a line, or breaks the operand."""
    operand = text.lstrip("+-*/% ")
    # A sign belongs to the operand.
    operator = text[: len(text) - len(operand)].split(" ")[0]
    return _whole(indent, operator + " ", text.removeprefix(operator).lstrip())


def _call(indent: str, start: str, text: str, value: ast.Call) -> list[str]:
    steps = _steps(indent + ("    " if start else ""), text, value)
    if steps:
        return [f"{indent}{start}(", *steps, f"{indent})"] if start else steps
    inner = value
    match value:
        case ast.Call(func=ast.Attribute(value=ast.BinOp() as receiver), args=[], keywords=[]):
            body = _operation(indent + "    ", _source(text, receiver))
            return [f"{indent}{start}(", *body, indent + text[_end(text, receiver) :]]
    match value.func:
        case ast.Attribute(value=ast.Call(args=[_, *_]) as earlier):
            inner = earlier
    opening = text[: _end(text, inner.func) + 1]
    arguments = [_source(text, argument) for argument in inner.args]
    arguments += [f"{k.arg}={_source(text, k.value)}" for k in inner.keywords]
    closing = ")" + text[_end(text, inner) :]
    return _bracketed(indent, start + opening, arguments, closing)


def _steps(indent: str, text: str, value: ast.Call) -> list[str]:
    """Puts each of several calls on an operation in parentheses on a line; none if one is too long.

    `(a * b).sum().abs()` has such calls, and `f(a).sum()` has not.
    """
    calls: list[str] = []
    inner: ast.expr = value
    while isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute):
        receiver = inner.func.value
        begin = text.index(".", _end(text, receiver))
        calls.insert(0, text[begin : _end(text, inner)])
        inner = receiver
    if not isinstance(inner, ast.BinOp) or len(calls) < 2:
        return []
    lines = [indent + text[: text.index(".", _end(text, inner))], *(indent + c for c in calls)]
    return lines if all(len(line) <= WIDTH for line in lines) else []


def _operation(indent: str, text: str) -> list[str]:
    """Puts an operation on two operands on one line, or breaks it before the operator."""
    match ast.parse(text, mode="eval").body:
        case ast.BinOp(left=ast.Call() as left) if len(indent + text) > WIDTH:
            end = _end(text, left)
            return [indent + text[:end], indent + text[end:].lstrip()]
    return [indent + text]


def _bracketed(indent: str, opening: str, parts: Sequence[str], closing: str) -> list[str]:
    """Puts the parts within brackets on a line of their own, or on one each."""
    inner = indent + "    "
    inside = inner + ", ".join(parts)
    if len(inside) <= WIDTH:
        return [indent + opening, inside, indent + closing]
    lines = []
    for part in parts:
        if len(inner + part) < WIDTH:
            lines.append(f"{inner}{part},")
        else:
            *first, last = _expression(inner, "", part)
            lines += [*first, f"{last},"]
            if len(parts) == 1 and last.lstrip().startswith("."):  # not put apart by a comma
                lines[-1] = last
    return [indent + opening, *lines, indent + closing]


def _comprehension(indent: str, text: str) -> list[str]:
    if len(indent + text[1:-1]) <= WIDTH:
        return [indent + text[1:-1]]
    value = ast.parse(text, mode="eval").body
    assert isinstance(value, ast.ListComp)
    start = text.rindex("for ", 0, value.generators[0].target.col_offset)
    element, loop = text[1:start].rstrip(), text[start:-1]
    lines = [indent + element]
    if len(lines[0]) > WIDTH:
        lines = _cases(indent, "", element)
    return [*lines, *([indent + loop] if len(indent + loop) <= WIDTH else _loop(indent, loop, ""))]


def _loop(indent: str, text: str, end: str) -> list[str]:
    """Breaks `for … in zip(…)`, with the lists on lines of their own."""
    place = text.index(" in zip(")
    names = text[len("for ") : place].split(", ")
    lists = text[place + len(" in zip(") : -len(")" + end)].split(", ")
    opening = f"{text[:place]} in zip("
    if len(indent + opening) > WIDTH:
        *head, last = _bracketed(indent, "for (", names, ")")
        return [*head, *_bracketed(indent, last.lstrip() + " in zip(", lists, ")" + end)]
    return _bracketed(indent, opening, lists, ")" + end)


def _source(text: str, node: ast.expr) -> str:
    return ast.get_source_segment(text, node) or ""


def _end(text: str, node: ast.expr) -> int:
    assert node.end_col_offset is not None
    return len(text.encode()[: node.end_col_offset].decode())
