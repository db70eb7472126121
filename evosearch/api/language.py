"""Makes the language public: texts, programs, graphs.

What can be asked of a program without more is a method of `Program` as well; whoever has one from
here has them.
"""

from __future__ import annotations

from evosearch.api.exports import latex
from evosearch.api.programs import recognise, simplify
from evosearch.graph.graph import Graph
from evosearch.graph.lowering import lower
from evosearch.language.library import known_rule, rule_names
from evosearch.language.parser import parse, parse_all, parse_file
from evosearch.language.printer import to_text
from evosearch.language.program import Program

__all__ = [
    "Graph",
    "Program",
    "known_rule",
    "lower",
    "parse",
    "parse_all",
    "parse_file",
    "rule_names",
    "to_text",
]

Program.latex, Program.recognise, Program.simplify = latex, recognise, simplify
