"""Reads the part of Graphviz's DOT language that a directed graph without subgraphs needs.

By its published grammar (graphviz.org/doc/info/lang.html): `digraph [ID] { stmt; ... }`, where a
statement sets attributes, or is a node or an edge with attributes. An ID is a name, a numeral, or a
string in double quotes, in which `\\"` alone is an escape of the language; the escapes of a label,
`\\n` and `\\\\`, belong to the attribute and are resolved by `lines_of`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_TOKEN = re.compile(
    r'\s*(?:(?P<string>"(?:[^"\\]|\\.)*")|(?P<name>[A-Za-z_]\w*|-?(?:\.\d+|\d+(?:\.\d*)?))'
    r"|(?P<sign>->|[{}\[\];,=]))",
    re.DOTALL,
)


class Dot(NamedTuple):
    """What a text of DOT says."""

    name: str
    defaults: dict[str, dict[str, str]]
    """Attributes of `graph`, `node` and `edge`."""
    nodes: dict[str, dict[str, str]]
    edges: dict[tuple[str, str], dict[str, str]]


def read_dot(text: str) -> Dot:
    """Reads a graph; a text that is not of the grammar is an AssertionError."""
    tokens = _tokens(text)
    assert tokens.pop(0) == ("name", "digraph")
    name = _identifier(tokens)
    assert tokens.pop(0) == ("sign", "{")
    graph = Dot(name, {}, {}, {})
    while tokens[0] != ("sign", "}"):
        keyword = tokens[0] in (("name", "graph"), ("name", "node"), ("name", "edge"))
        first = _identifier(tokens)
        if tokens[0] == ("sign", "->"):
            tokens.pop(0)
            second = _identifier(tokens)
            graph.edges[first, second] = _attributes(tokens)
        else:
            (graph.defaults if keyword else graph.nodes)[first] = _attributes(tokens)
        if tokens[0] == ("sign", ";"):
            tokens.pop(0)
    assert tokens == [("sign", "}")]
    return graph


def lines_of(label: str) -> list[str]:
    """The lines of a label, its escapes resolved."""
    resolved = re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], label)
    return resolved.split("\n")


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, place = [], 0
    text = text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        assert match, f"no DOT: {text[place : place + 40]!r}"
        assert match.lastgroup
        tokens.append((match.lastgroup, match[match.lastgroup]))
        place = match.end()
    return tokens


def _identifier(tokens: list[tuple[str, str]]) -> str:
    kind, text = tokens.pop(0)
    assert kind in ("string", "name"), text
    return text[1:-1].replace('\\"', '"') if kind == "string" else text


def _attributes(tokens: list[tuple[str, str]]) -> dict[str, str]:
    attributes = {}
    if tokens[0] != ("sign", "["):
        return {}
    tokens.pop(0)
    while tokens[0] != ("sign", "]"):
        name = _identifier(tokens)
        assert tokens.pop(0) == ("sign", "=")
        attributes[name] = _identifier(tokens)
        if tokens[0] in (("sign", ","), ("sign", ";")):
            tokens.pop(0)
    tokens.pop(0)
    return attributes
