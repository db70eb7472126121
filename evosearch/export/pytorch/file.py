"""Writes a rule as a `torch.optim.Optimizer` in one file that imports nothing but torch."""

from __future__ import annotations

import re
from collections.abc import Sequence

from evosearch.export.notation.line_breaking import laid_out
from evosearch.export.notation.names import renamed
from evosearch.export.notation.provenance import Provenance
from evosearch.export.pytorch.docstrings import header
from evosearch.export.pytorch.optimizer_class import OptimizerClass
from evosearch.graph.graph import Graph


def write(graph: Graph, name: str, provenance: Provenance) -> str:
    """The file's text; `graph` has named hyperparameters.

    A step is `p <- (1 - lr * weight_decay) * p - lr * u`, with `u` the rule's direction.
    """
    writer = OptimizerClass(renamed(graph), name, provenance)
    functions = [
        writer.single(),
        writer.multi(),
        writer.differentiable(),
        *(writer.total(total) for total in writer.stages.totals),
    ]
    helpers = _helpers(writer.counts, "\n".join(line for lines in functions for line in lines))
    body: list[str] = []
    for lines in ([*writer.head(), *writer.step_method()], writer.chooser(), *functions, *helpers):
        body += ["", "", *lines]
    return "\n".join(laid_out([*header(name, provenance), "", *_imports(body), *body])) + "\n"


def _imports(body: Sequence[str]) -> list[str]:
    text = "\n".join(body)
    private = [
        name
        for name in (
            "_default_to_fused_or_foreach",
            "_use_grad_for_differentiable",
            "_view_as_real",
        )
        if f"{name}" in text
    ]
    return [
        "from __future__ import annotations",
        "",
        *(["import math"] if re.search(r"(?<!\.)\bmath\.", text) else []),
        "from collections.abc import Callable",
        "from typing import Any, cast",
        "",
        "import torch",
        "from torch import Tensor",
        "from torch.optim.optimizer import (",
        "    Optimizer,",
        "    ParamsT,",
        *(f"    {name}," for name in private),
        ")",
    ]


def _helpers(counts: bool, text: str) -> list[list[str]]:
    """Functions that the others call."""
    helpers = [
        [
            "def _learning_rate(group: dict[str, Any]) -> float | Tensor:",
            '    """The group\'s, a number or a tensor without dimensions."""',
            '    lr: float | Tensor = group["lr"]',
            "    if isinstance(lr, Tensor):",
            "        return lr.squeeze()",
            "    if torch.compiler.is_compiling():",
            "        # A tensor, so that code compiled for one rate serves the next.",
            '        device = group["params"][0].device',
            "        return torch.ones((), dtype=torch.float64, device=device) * lr",
            "    return lr",
        ],
        [
            "def _view_scalars(*lists: list[Tensor]) -> None:",
            '    """Replaces tensors without dimensions by views of them.',
            "",
            "    Torch 2.13's compiler drops the last call that changes one in place, where it is",
            "    a double on the CPU, but none that changes a view.",
            '    """',
            "    for tensors in lists:",
            "        for index, tensor in enumerate(tensors):",
            "            if tensor.dim() == 0:",
            "                tensors[index] = tensor.view_as(tensor)",
        ],
    ]
    if counts:
        helpers.append(
            [
                "def _count(state_steps: list[Tensor]) -> None:",
                '    """Adds 1 to each step."""',
                "    if not torch.compiler.is_compiling() and state_steps[0].is_cpu:",
                "        # One tensor for all; a number would be made a tensor for each.",
                "        torch._foreach_add_(state_steps, torch.tensor(1.0), alpha=1.0)",
                "    else:",
                "        torch._foreach_add_(state_steps, 1)",
            ]
        )
    if "_number(" in text:
        helpers.append(
            [
                "def _number(step: Tensor, capturable: bool) -> Any:",
                '    """The step as a number, or a tensor where the host must not wait for it.',
                "",
                "    In double precision, in which `1 - beta**t` keeps its digits.",
                '    """',
                "    if capturable or torch.compiler.is_compiling():",
                "        return step.double()",
                "    return step.item()",
            ]
        )
    if "_settled(" in text:
        helpers.append(
            [
                "def _settled(numbers: list[Any]) -> list[Any]:",
                '    """The same numbers, such that compiled code computes them once.',
                "",
                "    Inductor repeats for each element what it takes for cheap, as a power; an",
                "    exponential it computes beforehand, here that of zero.",
                '    """',
                "    return [x * (0.0 * x).exp() for x in numbers]",
            ]
        )
    if "_alike(" in text:
        helpers.append(
            [
                "def _alike(t: Any, lr: Any) -> tuple[Any, Any]:",
                '    """Both as numbers, or both as tensors if one of them is."""',
                "    if isinstance(t, list):",
                "        return [_alike(one, lr)[0] for one in t], _alike(t[0], lr)[1]",
                "    if not isinstance(t, Tensor) and not isinstance(lr, Tensor):",
                "        return t, lr",
                "    device = (t if isinstance(t, Tensor) else lr).device",
                "    t = torch.as_tensor(t, dtype=torch.float64, device=device)",
                "    return t, torch.as_tensor(lr, dtype=torch.float64, device=device)",
            ]
        )
    return helpers
