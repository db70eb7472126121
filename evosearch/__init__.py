"""evosearch discovers optimizers for deep learning by symbolic program search."""

from evosearch.errors import EvosearchError, ProgramError
from evosearch.graph import Graph
from evosearch.library import known_rule, rule_names
from evosearch.lowering import lower
from evosearch.optimizers import optimizer, to_source
from evosearch.parser import parse, parse_all, parse_file
from evosearch.printer import to_text
from evosearch.program import Program

__all__ = [
    "EvosearchError",
    "Graph",
    "Program",
    "ProgramError",
    "known_rule",
    "lower",
    "optimizer",
    "parse",
    "parse_all",
    "parse_file",
    "rule_names",
    "to_source",
    "to_text",
]
