"""Writes a rule as a `torch.optim.Optimizer` in one file that imports nothing but torch."""

from __future__ import annotations

import builtins
import keyword
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evosearch.analysis import hyperparameter_domains, ranges
from evosearch.formula import equations, explanations
from evosearch.graph import CONSTANT, HYPERPARAMETER, INPUT, SLOT, SOURCES, Graph
from evosearch.listing import Line, Listing, arrange, expression
from evosearch.readable import number, without_parentheses
from primitives import PRIMITIVES, Kind, Range, render

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
        self._ranges = ranges(graph, self._domains)
        self._floats = _python_floats(graph, arrange(graph))
        self._listing = arrange(graph, self._repeated())
        self._floats = _python_floats(graph, self._listing)
        self._hyperparameters = {
            node.label: node.value for node in graph.nodes if node.op == HYPERPARAMETER
        }
        self._uses_step = "t" in graph.labels(INPUT)

    def text(self) -> str:
        body = self._step_lines()
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
            "        for group in self.param_groups:",
            '            lr, weight_decay = group["lr"], group["weight_decay"]',
            *(f'            {n} = group["{n}"]' for n in self._hyperparameters),
            '            for p in group["params"]:',
            "                if p.grad is None:",
            "                    continue",
            "                if p.grad.is_sparse or p.is_complex():",
            "                    raise RuntimeError(",
            f'                        "{self._name} supports neither sparse gradients"',
            '                        " nor complex parameters"',
            "                    )",
            *_indent(self._input_lines(), 4),
            *_indent(self._state_lines(), 4),
            *_indent(body, 4),
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

    def _input_lines(self) -> list[str]:
        if "g" not in self._graph.labels(INPUT):
            return []
        return ['g = -p.grad if group["maximize"] else p.grad']

    def _state_lines(self) -> list[str]:
        lines = ["state = self.state[p]"]
        fill = []
        if self._uses_step:
            fill.append('    state["step"] = 0')
        for slot in self._graph.slots:
            zeros = (
                "torch.zeros_like(p, memory_format=torch.preserve_format)"
                if slot.kind is Kind.TENSOR
                else "p.new_zeros(())"
            )
            fill.append(f'    state["{slot.name}"] = {zeros}')
        if not fill:
            return []
        lines += ["if not state:", *fill]
        if self._uses_step:
            lines += ['state["step"] += 1', 't = float(state["step"])']
        lines += [f'{slot.name} = state["{slot.name}"]' for slot in self._graph.slots]
        return lines

    def _step_lines(self) -> list[str]:
        listing = self._listing
        lines = [self._line(line, listing) for line in listing.lines]
        lines += [
            self._assign(line.slot.name, line.name, self._floats[line.node])
            for line in listing.lines
            if line.slot and line.late
        ]
        direction = self._graph.nodes[self._graph.direction]
        if direction.op == INPUT and direction.label == "w":
            return [*lines, "p.mul_(1 - lr * weight_decay - lr)"]
        lines.append("p.mul_(1 - lr * weight_decay)")
        update = listing.direction or number(direction.value)
        if direction.kind is Kind.TENSOR:
            lines.append(f"p.add_({update}, alpha=-lr)")
        else:
            lines.append(f"p.sub_(lr * {_operand(update)})")
        return lines

    def _line(self, line: Line, listing: Listing) -> str:
        node = self._graph.nodes[line.node]
        names = {**listing.names}
        for index, source in enumerate(self._graph.nodes):
            if source.op == INPUT and source.label == "w":
                names[index] = "p"
        if line.slot and line.overwrites and names.get(line.node) == line.name:
            text = self._in_place(line.slot.name, line.node, names)
            if text:
                return text
        text = without_parentheses(expression(self._graph, line, names, self._apply, number))
        if line.overwrites:
            as_float = self._floats[line.node] or (
                node.op not in SOURCES and self._computed_as_float(line.node)
            )
            return self._assign(line.name, text, as_float)
        # What holds an old state must not change with it.
        return f"{line.name} = {text}{'.clone()' if node.op == SLOT else ''}"

    def _assign(self, slot: str, text: str, as_float: bool) -> str:
        return f"{slot}.{'fill_' if as_float else 'copy_'}({text})"

    def _computed_as_float(self, index: int) -> bool:
        """Whether the code that computes a node gives a Python number."""
        node = self._graph.nodes[index]
        return not PRIMITIVES[node.op].reduces and all(self._floats[i] for i in node.operands)

    def _in_place(self, slot: str, index: int, names: Mapping[int, str]) -> str:
        """Code that turns the slot's old value into node `index`; empty where there is none."""
        node = self._graph.nodes[index]
        primitive = PRIMITIVES[node.op]
        for position, template in primitive.in_place.items():
            operand = self._graph.nodes[node.operands[position]]
            others = [place for place in range(primitive.arity) if place != position]
            if (operand.op, operand.label) == (SLOT, slot) and not any(
                self._floats[node.operands[place]] and primitive.accepts[place] is Kind.TENSOR
                for place in others
            ):
                texts = [
                    expression(self._graph, Line("", operand), names, self._apply, number)
                    for operand in node.operands
                ]
                return without_parentheses(template.format(*map(_operand, texts)))
        return ""

    def _repeated(self) -> set[int]:
        """Nodes that the code of another node mentions more than once."""
        found = set()
        for index, node in enumerate(self._graph.nodes):
            if node.op not in SOURCES:
                marks = [f"_operand{position}_" for position in range(len(node.operands))]
                code = self._apply(index, marks)
                found |= {i for i, m in zip(node.operands, marks, strict=True) if code.count(m) > 1}
        return found

    def _apply(self, index: int, operands: Sequence[str]) -> str:
        node = self._graph.nodes[index]
        primitive = PRIMITIVES[node.op]
        guard = primitive.guarded
        operand_ranges: list[Range] = [self._ranges[operand] for operand in node.operands]
        guarded = guard is not None and not guard.unneeded(*operand_ranges)
        floats = [self._floats[operand] for operand in node.operands]
        texts = [_operand(operand) for operand in operands]
        if primitive.reduces:
            texts = [
                self._spelt_out(text, operand, as_float)
                for text, operand, as_float in zip(texts, node.operands, floats, strict=True)
            ]
        elif all(floats):
            if guard and guard.scalar_unneeded:
                guarded = not guard.scalar_unneeded(*operand_ranges)
            scalar = guard.scalar_source if guard and guarded else primitive.scalar_source
            return scalar.format(*texts)
        return render(guard.source if guard and guarded else primitive.source, texts, floats)

    def _spelt_out(self, text: str, operand: int, as_float: bool) -> str:
        """A reduction's argument in the parameter's shape."""
        if as_float:
            return f"torch.full_like(p, {text})"
        if self._graph.nodes[operand].kind is not Kind.TENSOR:
            return f"{text}.expand_as(p)"
        return text


def _python_floats(graph: Graph, listing: Listing) -> list[bool]:
    """Which nodes are read as Python numbers: those that neither tensor nor state reaches."""
    stored = {
        line.node
        for line in listing.lines
        if line.overwrites and listing.names.get(line.node) == line.name
    }
    floats: list[bool] = []
    for index, node in enumerate(graph.nodes):
        if node.op in SOURCES:
            known = node.op in (CONSTANT, HYPERPARAMETER)
            floats.append(known or (node.op == INPUT and node.kind is Kind.SCALAR))
        else:
            reduces = PRIMITIVES[node.op].reduces
            all_floats = not reduces and all(floats[operand] for operand in node.operands)
            floats.append(all_floats and index not in stored)
    return floats


def _operand(text: str) -> str:
    return text if text.isidentifier() else f"({text})"


def _literal_text(text: str) -> str:
    """The text as it must stand within a docstring; a path may hold anything."""
    return text.replace("\\", r"\\").replace('"', r"\"")


def _indent(lines: Sequence[str], levels: int = 1) -> list[str]:
    return [("    " * levels + line) if line else line for line in lines]


def _wrap(text: str, width: int) -> list[str]:
    # A path stays whole, so that it can be copied.
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
