"""Writes a rule as a `torch.optim.Optimizer` in one file that imports nothing but torch."""

from __future__ import annotations

from collections.abc import Collection

from evosearch.export.notation.code import lines_of, mentioned
from evosearch.export.notation.line_breaking import break_lines
from evosearch.export.notation.provenance import Provenance
from evosearch.export.pytorch.docstrings import header
from evosearch.export.pytorch.file_plan import FilePlan
from evosearch.export.pytorch.functions import functions
from evosearch.export.pytorch.helpers import helpers
from evosearch.export.pytorch.optimizer_class import optimizer_class
from evosearch.graph.graph import Graph


def write(graph: Graph, name: str, provenance: Provenance) -> str:
    """Writes the file's text; `graph` has named hyperparameters.

    A step is `p <- (1 - lr * weight_decay) * p - lr * u`, with `u` the rule's direction.
    """
    plan = FilePlan(graph, name, provenance)
    moving = functions(plan)
    called = set(mentioned(moving))
    body: list[str] = []
    for lines in (
        optimizer_class(plan),
        *(lines_of([function]) for function in moving),
        *helpers(plan.counts, {*called, *_in_the_class(plan)}),
    ):
        body += ["", "", *lines]
    imports = _imports(called, bool(plan.own_options), plan.counts)
    return "\n".join(break_lines([*header(name, provenance), "", *imports, *body])) + "\n"


def _in_the_class(plan: FilePlan) -> list[str]:
    """Names the helpers that the class itself calls, where it does."""
    called = {
        "_summed": plan.totals,
        "_require_whole": plan.reductions,
        "_require_undivided": plan.sides,
    }
    return [name for name, needed in called.items() if needed]


def _imports(called: Collection[str], warns: bool, counts: bool) -> list[str]:
    """Writes the imports of a file whose functions mention these names.

    Its class may warn, and count steps.
    """
    return [
        "from __future__ import annotations",
        "",
        *(["import math"] if "math" in called else []),
        *(["import warnings"] if warns else []),
        "from collections.abc import Callable",
        "from typing import Any, cast",
        "",
        "import torch",
        "from torch import Tensor",
        "from torch.optim.optimizer import (",
        "    Optimizer,",
        "    ParamsT,",
        "    _default_to_fused_or_foreach,",
        *(["    _get_scalar_dtype,"] if counts else []),
        "    _use_grad_for_differentiable,",
        *(["    _view_as_real,"] if "_view_as_real" in called else []),
        ")",
    ]
