"""Turns docstrings into Markdown: paragraphs, examples, and what is raised."""

from __future__ import annotations

import inspect
import re
import textwrap

_RAISES = re.compile(r"^Raises:\n", re.MULTILINE)


def as_markdown(docstring: str) -> str:
    """Writes one, its examples as code, and its section `Raises:` as a list."""
    text, *raised = _RAISES.split(inspect.cleandoc(docstring), maxsplit=1)
    paragraphs = [_paragraph(part) for part in re.split(r"\n\s*\n", text.strip())]
    return "\n\n".join([*paragraphs, *map(_raises, raised)])


def _paragraph(text: str) -> str:
    return f"```pycon\n{text}\n```" if text.startswith(">>>") else text


def _raises(text: str) -> str:
    """Writes lines `Error: causes`, which further lines continue where they are indented more."""
    entries = re.split(r"\n(?=\S)", textwrap.dedent(text).strip())
    errors = [" ".join(entry.split()).partition(": ") for entry in entries]
    return "Raises:\n\n" + "\n".join(f"- `{error}`: {causes}" for error, _, causes in errors)
