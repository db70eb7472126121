"""Fills in template files: text of Python in which what varies has names.

`$name` within a line stands for a text. `$name` alone on a line stands for lines, which are
indented as it is; none remain where there are none. What stands from a line `$if name` to `$end`
is left out where the name means False; from `$else` on, where it means True.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from string import Template

from evosearch.export.notation.python_text import indented

Part = str | bool | Sequence[str]


def filled(template: str, parts: Mapping[str, Part]) -> list[str]:
    """Gives the lines of a template file, `parts` being what its names mean.

    Raises:
        KeyError: the template has a name that means nothing.
    """
    lines: list[str] = []
    shown = [True]
    for line in _template(template):
        word, _, name = line.strip().partition(" ")
        if word == "$if":
            shown.append(bool(parts[name]))
        elif word == "$else":
            shown[-1] = not shown[-1]
        elif word == "$end":
            shown.pop()
        elif all(shown):
            lines += _filled(line, parts)
    return lines


def _filled(line: str, parts: Mapping[str, Part]) -> list[str]:
    alone = re.fullmatch(r"( *)\$(\w+)", line)
    if alone and not isinstance(block := parts[alone[2]], str | bool):
        return indented(block, len(alone[1]) // 4)
    return [Template(line).substitute(parts)]


@cache
def _template(name: str) -> tuple[str, ...]:
    folder = files("evosearch") / "export" / "templates"
    return tuple((folder / name).read_text(encoding="utf-8").splitlines())
