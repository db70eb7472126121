"""Writes the known rules: where each is from, its formula, and its text."""

from __future__ import annotations

import re

from evosearch import Rule, rules

_ARXIV = re.compile(r"arXiv (\d{4}\.\d{4,5})")


def known_rules() -> str:
    """Gives a section for each known rule, by name."""
    return "\n\n".join(_section(name, rule) for name, rule in rules().items())


def _section(name: str, rule: Rule) -> str:
    graph = rule.graph
    states = len(graph.slots)
    size = f"{graph.size} statements, {states} state{'' if states == 1 else 's'}"
    return "\n\n".join(
        [
            f"## {name}",
            _linked(rule.program.doc),
            f"```text\n{rule.formula}\n```",
            f'??? note "As a program: {size}"\n\n' + _indented(f"```python\n{rule.text}\n```"),
        ]
    )


def _linked(doc: str) -> str:
    """Makes links of papers' numbers."""
    return _ARXIV.sub(r"[arXiv \1](https://arxiv.org/abs/\1)", doc.strip())


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
