"""Writes a rule as a `torch.optim.Optimizer` in one file that imports nothing but torch."""

from __future__ import annotations

import builtins
import keyword
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from evosearch.analysis import hyperparameter_domains, ranges
from evosearch.formula import equations, explanations
from evosearch.graph import HYPERPARAMETER, INPUT, SLOT, Graph
from evosearch.readable import number
from evosearch.stages import cut
from evosearch.torch_code import TorchCode
from primitives import PRIMITIVES, Kind

_OWN_NAMES = frozenset(
    {"closure", "defaults", "g", "group", "loss", "lr", "maximize", "math", "p", "params", "self"}
    | {"state", "step", "t", "torch", "u", "w", "weight_decay"}
    | {"Any", "Callable", "Optimizer", "ParamsT"}
    # Options that torch itself looks for in a parameter group.
    | {"capturable", "differentiable", "foreach", "fused", "initial_lr", "param_names"}
)
"""Names with a meaning of their own in the file."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """What the file's header says of where the rule comes from."""

    origin: str
    """Such as "known rule lion" or "candidate 44 of run …"."""
    digest: str
    version: str
    evidence: str = ""
    """A sentence on what was measured; empty where nothing was."""


def class_name(name: str) -> str:
    """`cautious_adamw` -> `CautiousAdamw`; always a valid class name."""
    joined = "".join(part[:1].upper() + part[1:] for part in re.split(r"\W|_", name) if part)
    return joined if is_class_name(joined) else f"Rule{joined}"


def is_class_name(name: str) -> bool:
    """Whether a class in the file may have this name."""
    return name.isidentifier() and not _is_taken(name)


def _is_taken(name: str) -> bool:
    return name in _OWN_NAMES or keyword.iskeyword(name) or hasattr(builtins, name)


def to_source(graph: Graph, name: str, provenance: Provenance, lr: float = 1e-3) -> str:
    """The file's text. `graph` has named hyperparameters; `lr` is the default learning rate.

    A step is `p <- (1 - lr * weight_decay) * p - lr * u`, with `u` the rule's direction.
    """
    return _Writer(_renamed(graph), name, provenance, lr).text()


def _renamed(graph: Graph) -> Graph:
    """The graph with slots and hyperparameters that clash with the file's own names renamed."""
    labels = {node.label for node in graph.nodes if node.op in (SLOT, HYPERPARAMETER)}
    changes: dict[str, str] = {}
    for label in sorted(labels):
        # In a class, Python mangles names with two underscores in front.
        new = label.lstrip("_") if label.startswith("__") else label
        while (new != label and new in labels) or not new or _is_taken(new):
            new += "_"
        labels.add(new)
        changes[label] = new
    return graph.with_labels(changes)


class _Writer:
    def __init__(self, graph: Graph, name: str, provenance: Provenance, lr: float) -> None:
        self._graph, self._name, self._provenance, self._lr = graph, name, provenance, lr
        self._domains = hyperparameter_domains(graph)
        self._stages = cut(graph, ranges(graph, self._domains))
        self._hyperparameters = {
            node.label: node.value for node in graph.nodes if node.op == HYPERPARAMETER
        }
        self._uses_step = "t" in graph.labels(INPUT)

    def text(self) -> str:
        body = self._body()
        uses_math = any("math." in line for line in body)
        arguments = ["params: ParamsT", f"lr: float = {number(self._lr)}"]
        arguments += [f"{n}: float = {number(v)}" for n, v in self._hyperparameters.items()]
        arguments += ["weight_decay: float = 0.01", "maximize: bool = False"]
        names = ["lr", *self._hyperparameters, "weight_decay", "maximize"]
        lines = [
            *self._header(),
            "from __future__ import annotations",
            "",
            *(["import math"] if uses_math else []),
            "from collections.abc import Callable",
            "from typing import Any",
            "",
            "import torch",
            "from torch.optim.optimizer import Optimizer, ParamsT",
            "",
            "",
            f"class {self._name}(Optimizer):",
            *_indent(self._docstring()),
            "",
            "    def __init__(",
            "        self,",
            f"        {arguments[0]},",
            f"        {arguments[1]},",
            "        *,",
            *(f"        {argument}," for argument in arguments[2:]),
            "    ) -> None:",
            *_indent(self._checks(), 2),
            "        defaults: dict[str, Any] = {",
            *(f'            "{n}": {n},' for n in names),
            "        }",
            "        super().__init__(params, defaults)",
            "",
            "    @torch.no_grad()",
            "    def step(self, closure: Callable[[], float] | None = None) -> float | None:"
            "  # type: ignore[override]",
            '        """Performs one step; `closure`, if given, computes the loss again."""',
            "        loss = None",
            "        if closure is not None:",
            "            with torch.enable_grad():",
            "                loss = closure()",
            *_indent(body, 2),
            "        return loss",
        ]
        return "\n".join(lines) + "\n"

    def _header(self) -> list[str]:
        p = self._provenance
        lines = [
            f'"""{self._name}, an optimizer for PyTorch, written by evosearch {p.version}.',
            "",
            *_wrap(f"Origin: {_literal_text(p.origin)}.", 96),
            f"Canonical digest: {p.digest}.",
        ]
        if p.evidence:
            lines += ["", *_wrap(_literal_text(p.evidence), 96)]
        return [*lines, '"""', ""]

    def _docstring(self) -> list[str]:
        explained = explanations(self._graph)
        held = sum(slot.kind is Kind.TENSOR for slot in self._graph.slots)
        lines = [
            'r"""Each step computes, with `g` the gradient and all operations elementwise,',
            "",
        ]
        lines += [f"    {equation.plain}" for equation in equations(self._graph)]
        lines += [
            "    w[t] = (1 - lr*weight_decay)*w[t-1] - lr*u[t]",
            "",
            *(["where", "", *(f"    {line}" for line in explained), ""] if explained else []),
            f"States start at zero; they take {4 * held} bytes per parameter in single precision."
            if self._graph.slots
            else "It keeps no state.",
            "",
            "Args:",
            "    params: parameters, or parameter groups with options of their own.",
            "    lr: learning rate.",
        ]
        for name, value in self._hyperparameters.items():
            lines.append(f"    {name}: {self._meaning(name)}, {number(value)} by default.")
        lines += [
            "    weight_decay: decoupled weight decay, relative to the learning rate.",
            "    maximize: ascend instead of descend.",
            '"""',
        ]
        return lines

    def _meaning(self, name: str) -> str:
        if self._domains[name].high == 1.0:
            return "decay rate in [0, 1)"
        if self._domains[name].low == 0.0:
            return "positive constant"
        return "constant"

    def _checks(self) -> list[str]:
        """Refuses values for which the code below was not derived."""
        lines = []
        conditions = [("lr", "0.0 <= lr"), ("weight_decay", "0.0 <= weight_decay")]
        for name, domain in self._domains.items():
            if domain.high == 1.0:
                conditions.append((name, f"0.0 <= {name} < 1.0"))
            elif domain.low == 0.0:
                conditions.append((name, f"0.0 < {name}"))
        for name, condition in conditions:
            lines += [
                f"if not {condition}:",
                f'    raise ValueError(f"Invalid {name}: {{{name}}}; expected {condition}")',
            ]
        return lines

    def _body(self) -> list[str]:
        """The passes over the parameters: one for each total, and the last, which updates."""
        lines = []
        known: list[str] = []
        for total in self._stages.totals:
            before, part = TorchCode(total.graph, total.ranges).value()
            parts = f"{total.name}_parts"
            finish = PRIMITIVES[total.graph.nodes[total.graph.direction].op].finish
            lines += [
                f"{parts}: list[torch.Tensor] = []",
                *self._loop(total.graph, known, [*before, f"{parts}.append({part})"]),
                f"if not {parts}:",
                "    return loss",
                f"{parts} = [part.to({parts}[0]) for part in {parts}]",
                f"{total.name}_total = " + finish.format(f"torch.stack({parts}).sum()"),
            ]
            known.append(total.name)
        step = TorchCode(self._stages.graph, self._stages.ranges).step()
        return lines + self._loop(self._stages.graph, known, step)

    def _loop(self, graph: Graph, known: Sequence[str], body: Sequence[str]) -> list[str]:
        """One pass, running `body` for each parameter; the first pass prepares the states."""
        used = graph.labels(INPUT)
        values = [f'{n} = group["{n}"]' for n in graph.labels(HYPERPARAMETER)]
        totals = [f"{name} = {name}_total.to(p)" for name in known if name in used]
        first = not known
        updates = graph is self._stages.graph
        rates = ['lr, weight_decay = group["lr"], group["weight_decay"]']
        if not updates:
            rates = ['lr = group["lr"]'] if "lr" in used else []
        refusal = [
            "if p.grad.is_sparse or p.is_complex():",
            "    raise RuntimeError(",
            f'        "{self._name} supports neither sparse gradients"',
            '        " nor complex parameters"',
            "    )",
        ]
        return [
            "for group in self.param_groups:",
            *_indent([*rates, *values]),
            '    for p in group["params"]:',
            "        if p.grad is None:",
            "            continue",
            *_indent(refusal if first else [], 2),
            *_indent(['g = -p.grad if group["maximize"] else p.grad'] if "g" in used else [], 2),
            *_indent(self._state_lines(graph, first), 2),
            *_indent(totals, 2),
            *_indent(body, 2),
        ]

    def _state_lines(self, graph: Graph, first: bool) -> list[str]:
        """Lines that make the states in the first pass, and read those that `graph` uses."""
        fill = ['    state["step"] = 0'] if self._uses_step else []
        for slot in self._graph.slots:
            zeros = (
                "torch.zeros_like(p, memory_format=torch.preserve_format)"
                if slot.kind is Kind.TENSOR
                else "p.new_zeros(())"
            )
            fill.append(f'    state["{slot.name}"] = {zeros}')
        if not fill:
            return []
        lines = ["if not state:", *fill] if first else []
        if self._uses_step and first:
            lines.append('state["step"] += 1')
        if "t" in graph.labels(INPUT):
            lines.append('t = float(state["step"])')
        used = {*graph.labels(SLOT), *(slot.name for slot in graph.slots)}
        lines += [f'{s.name} = state["{s.name}"]' for s in self._graph.slots if s.name in used]
        return ["state = self.state[p]", *lines] if lines else []


def _literal_text(text: str) -> str:
    """The text as it must stand within a docstring; a path may hold anything."""
    return text.replace("\\", r"\\").replace('"', r"\"")


def _indent(lines: Sequence[str], levels: int = 1) -> list[str]:
    return [("    " * levels + line) if line else line for line in lines]


def _wrap(text: str, width: int) -> list[str]:
    # A path stays whole, so that it can be copied.
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
