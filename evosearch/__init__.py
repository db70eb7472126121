"""evosearch discovers optimizers for deep learning by symbolic program search."""

import evosearch.own_packages  # noqa: F401  # before all that imports those
from evosearch.api import (
    ablate,
    drawing,
    latex,
    markdown,
    model_card,
    optimizer,
    recognise,
    report,
    simplify,
    to_source,
)
from evosearch.errors import EvosearchError, ProgramError
from evosearch.graph.graph import Graph
from evosearch.graph.lowering import lower
from evosearch.language.library import known_rule, rule_names
from evosearch.language.parser import parse, parse_all, parse_file
from evosearch.language.printer import to_text
from evosearch.language.program import Program
from evosearch.lineages import lineage
from evosearch.measures import validate

__all__ = [
    "EvosearchError",
    "Graph",
    "Program",
    "ProgramError",
    "ablate",
    "drawing",
    "known_rule",
    "latex",
    "lineage",
    "lower",
    "markdown",
    "model_card",
    "optimizer",
    "parse",
    "parse_all",
    "parse_file",
    "recognise",
    "report",
    "rule_names",
    "simplify",
    "to_source",
    "to_text",
    "validate",
]
