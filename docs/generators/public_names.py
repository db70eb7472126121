"""Writes the reference of the Python interface from the source of what it names.

From the source, not from the objects: there signatures stand as they were written, and a field
has a sentence below it.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from importlib import import_module
from itertools import pairwise

import evosearch
from generators.docstrings import as_markdown

Function = ast.FunctionDef

_SHOWN = ("property", "classmethod", "staticmethod")
"""The decorators that say how something is called."""


def public_names() -> str:
    """Gives a section for each name of `evosearch`, classes after functions."""
    names = sorted(evosearch.__all__, key=lambda name: (name[0].isupper(), name))
    return "\n\n".join(described(f"evosearch.{name}") for name in names)


def described(path: str) -> str:
    """Gives the section of a function or class, by its module and name."""
    module, _, name = path.rpartition(".")
    described = getattr(import_module(module), name)
    text = textwrap.dedent(inspect.getsource(inspect.unwrap(described)))
    (node,) = ast.parse(text).body
    if isinstance(node, Function):
        return f"{_heading(2, name)}\n\n{_told(node, text)}"
    assert isinstance(node, ast.ClassDef), f"{path} is a function or a class"
    members = [
        f"{_heading(3, f'{name}.{member}')}\n\n{told}" for member, told in _members(node, text)
    ]
    return "\n\n".join([_heading(2, name), as_markdown(ast.get_docstring(node) or ""), *members])


def _heading(level: int, name: str) -> str:
    """Writes one to which `#NAME` leads; by default `rule` and `Rule` would be one place."""
    return f"{'#' * level} {name} {{ #{name} }}"


def _members(node: ast.ClassDef, text: str) -> Iterator[tuple[str, str]]:
    """Gives the public fields, properties and methods of a class, and what is said of them."""
    for part, below in pairwise([*node.body, ast.Pass()]):
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
            name, told = part.target.id, _field(part, below)
        elif isinstance(part, Function):
            name, told = part.name, _told(part, text)
        else:
            continue
        if not name.startswith("_"):
            yield name, told


def _field(field: ast.AnnAssign, below: ast.stmt) -> str:
    """Gives a field with its type and default, and the sentence below it, if there is one."""
    told = [_code(ast.unparse(field))]
    if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
        told.append(as_markdown(str(below.value.value)))
    return "\n\n".join(told)


def _told(node: Function, text: str) -> str:
    """Gives a function's head, as it stands in the source, and its docstring."""
    lines = text.splitlines()[node.lineno - 1 : node.body[0].lineno - 1]
    decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
    head = [f"@{name}" for name in decorators if name in _SHOWN]
    head.append(textwrap.dedent("\n".join(lines)).rstrip(":"))
    return "\n\n".join([_code("\n".join(head)), as_markdown(ast.get_docstring(node) or "")])


def _code(text: str) -> str:
    return f"```python\n{text}\n```"
