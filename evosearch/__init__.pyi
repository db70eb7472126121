"""Names what `evosearch` holds, and the module of each; it is loaded when it is first asked for."""

from .api.exports import drawing, latex, markdown, optimizer, to_source
from .api.language import (
    Graph,
    Program,
    known_rule,
    lower,
    parse,
    parse_all,
    parse_file,
    rule_names,
    to_text,
)
from .api.lineages import lineage
from .api.measures import validate
from .api.programs import ablate, model_card, recognise, report, simplify
from .api.rules import Rule, rule, rules
from .api.runs import Run, open_run
from .api.searches import resume, search
from .api.tables import search_settings, tasks
from .errors import EvosearchError, ProgramError

__version__: str

__all__ = [
    "EvosearchError",
    "Graph",
    "Program",
    "ProgramError",
    "Rule",
    "Run",
    "ablate",
    "drawing",
    "known_rule",
    "latex",
    "lineage",
    "lower",
    "markdown",
    "model_card",
    "open_run",
    "optimizer",
    "parse",
    "parse_all",
    "parse_file",
    "recognise",
    "report",
    "resume",
    "rule",
    "rule_names",
    "rules",
    "search",
    "search_settings",
    "simplify",
    "tasks",
    "to_source",
    "to_text",
    "validate",
]
