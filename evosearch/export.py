"""Writes a rule as a `torch.optim.Optimizer` in one file that imports nothing but torch."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from evosearch.analysis import hyperparameter_domains, ranges
from evosearch.graph import HYPERPARAMETER, INPUT, SLOT, SOURCES, Graph
from evosearch.layout import laid_out
from evosearch.moves import WEIGHT_DECAY, step_of, value_of
from evosearch.naming import Namer, is_taken
from evosearch.stages import Total, cut
from evosearch.torch_code import TorchCode
from evosearch.torch_docs import Provenance, docstring, header
from evosearch.torch_numbers import literal
from primitives import PRIMITIVES, Kind

__all__ = ["Provenance", "class_name", "is_class_name", "write"]


def class_name(name: str) -> str:
    """`cautious_adamw` -> `CautiousAdamw`; always a valid class name."""
    joined = "".join(part[:1].upper() + part[1:] for part in re.split(r"\W|_", name) if part)
    return joined if is_class_name(joined) else f"Rule{joined}"


def is_class_name(name: str) -> bool:
    """Whether a class in the file may have this name."""
    return name.isidentifier() and not is_taken(name)


def write(graph: Graph, name: str, provenance: Provenance, lr: float = 1e-3) -> str:
    """The file's text. `graph` has named hyperparameters; `lr` is the default learning rate.

    A step is `p <- (1 - lr * weight_decay) * p - lr * u`, with `u` the rule's direction.
    """
    return _Writer(renamed(graph), name, provenance, lr).text()


def renamed(graph: Graph) -> Graph:
    """The graph with slots and hyperparameters that clash with the file's own names renamed."""
    labels = {node.label for node in graph.nodes if node.op in (SLOT, HYPERPARAMETER)}
    labels |= {slot.name for slot in graph.slots}
    changes: dict[str, str] = {}
    for label in sorted(labels):
        # In a class, Python mangles names with two underscores in front.
        new = label.lstrip("_") if label.startswith("__") else label
        while (new != label and new in labels) or not new or is_taken(new):
            new += "_"
        labels.add(new)
        changes[label] = new
    return graph.with_labels(changes)


class _Writer:
    def __init__(self, graph: Graph, name: str, provenance: Provenance, lr: float) -> None:
        self._graph, self._name, self._provenance, self._lr = graph, name, provenance, lr
        self._domains = hyperparameter_domains(graph)
        self._stages = cut(graph, ranges(graph, self._domains))
        self._step = step_of(self._stages.graph, self._stages.ranges)
        self._hyperparameters = {
            node.label: node.value for node in graph.nodes if node.op == HYPERPARAMETER
        }
        self._counts = "t" in graph.labels(INPUT)
        self._elementwise = not any(
            node.op not in SOURCES and PRIMITIVES[node.op].reduces for node in graph.nodes
        )
        self._suffix = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
        self._totals = [total.name for total in self._stages.totals]

    def text(self) -> str:
        functions = [
            self._single(),
            self._multi(),
            self._differentiable(),
            *(self._total(total) for total in self._stages.totals),
        ]
        helpers = self._helpers("\n".join(line for lines in functions for line in lines))
        body: list[str] = []
        for function in ([*self._class(), *self._step_method()], self._chooser(), *functions):
            body += ["", "", *function]
        for helper in helpers:
            body += ["", "", *helper]
        lines = [*header(self._name, self._provenance), "", *self._imports(body), *body]
        return "\n".join(laid_out(lines)) + "\n"

    def _imports(self, body: Sequence[str]) -> list[str]:
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

    # The class

    def _class(self) -> list[str]:
        options = [f"{n}: float = {literal(v)}" for n, v in self._hyperparameters.items()]
        options += [f"{WEIGHT_DECAY}: float = 0.01", "foreach: bool | None = None"]
        options += [f"{n}: bool = False" for n in ("maximize", "capturable", "differentiable")]
        return [
            f"class {self._name}(Optimizer):",
            *_indent(docstring(self._graph, self._provenance, self._temporaries())),
            "",
            "    def __init__(",
            "        self,",
            "        params: ParamsT,",
            f"        lr: float | Tensor = {literal(self._lr)},",
            "        *,",
            *(f"        {option}," for option in options),
            "    ) -> None:",
            *_indent(self._checks(), 2),
            "        defaults: dict[str, Any] = {",
            *(f'            "{n}": {n},' for n in self._option_names()),
            "        }",
            "        super().__init__(params, defaults)",
            "",
            *_indent(self._setstate()),
            "",
            *_indent(self._init_group()),
            "",
        ]

    def _option_names(self) -> list[str]:
        return [
            "lr",
            *self._hyperparameters,
            *(WEIGHT_DECAY, "foreach", "maximize", "capturable", "differentiable"),
        ]

    def _temporaries(self) -> int:
        parts = [value_of(total.graph, total.ranges) for total in self._stages.totals]
        return max(TorchCode(step, self._taken()).temporaries for step in (self._step, *parts))

    def _checks(self) -> list[str]:
        """Refuses values for which the code below was not derived."""
        lines = [
            "if isinstance(lr, Tensor):",
            "    if foreach and not capturable:",
            "        raise ValueError(",
            '            "lr as a Tensor is not supported for capturable=False and foreach=True"',
            "        )",
            "    if lr.numel() != 1:",
            '        raise ValueError("Tensor lr must be 1-element")',
            "if foreach and differentiable:",
            '    raise ValueError("foreach=True and differentiable=True exclude each other")',
        ]
        conditions = [("lr", "lr >= 0.0"), (WEIGHT_DECAY, f"{WEIGHT_DECAY} >= 0.0")]
        for name, domain in self._domains.items():
            if domain.high == 1.0:
                conditions.append((name, f"0.0 <= {name} < 1.0"))
            elif domain.low == 0.0:
                conditions.append((name, f"{name} > 0.0"))
        for name, condition in conditions:
            message = f'f"Invalid {name}: {{{name}}}; expected {condition}"'
            lines += [f"if not {condition}:", f"    raise ValueError({message})"]
        return lines

    def _setstate(self) -> list[str]:
        """An instance that was pickled by another version may lack options."""
        fill = [
            f'    group.setdefault("{n}", {literal(v)})' for n, v in self._hyperparameters.items()
        ]
        lines = [
            "def __setstate__(self, state: dict[str, Any]) -> None:",
            "    super().__setstate__(state)",
            "    for group in self.param_groups:",
            *_indent(fill),
            f'        group.setdefault("{WEIGHT_DECAY}", 0.01)',
            '        group.setdefault("foreach", None)',
            '        group.setdefault("maximize", False)',
            '        group.setdefault("capturable", False)',
            '        group.setdefault("differentiable", False)',
        ]
        if self._counts:
            lines += [
                '        for p in group["params"]:',
                "            state_of_p = self.state.get(p, {})",
                '            if state_of_p and not torch.is_tensor(state_of_p["step"]):',
                '                state_of_p["step"] = torch.tensor(float(state_of_p["step"]))',
            ]
        return lines

    def _init_group(self) -> list[str]:
        lists = self._lists()
        lines = [
            "def _init_group(",
            "    self,",
            "    group: dict[str, Any],",
            *(f"    {plural}: list[Tensor]," for plural in lists.values()),
            *self._purpose(),
            '    for p in group["params"]:',
            "        if p.grad is None:",
            "            continue",
            "        if p.grad.is_sparse:",
            f'            raise RuntimeError("{self._name} does not support sparse gradients")',
        ]
        if self._elementwise:
            lines.append("        has_complex |= torch.is_complex(p)")
        else:
            lines += [
                "        if torch.is_complex(p):",
                "            raise RuntimeError(",
                f'                "{self._name} does not support complex parameters: "',
                '                "its sums over a tensor are defined for real numbers"',
                "            )",
            ]
        lines += _indent(self._new_state(), 2)
        sources = {"p": "p", "g": "p.grad"}
        for name, plural in lists.items():
            source = sources.get(name, f'state["{name}"]')
            lines.append(f"        {plural}.append({source})")
        return [*lines, "    return has_complex"] if self._elementwise else lines

    def _purpose(self) -> list[str]:
        if not self._elementwise:
            return [") -> None:", '    """Fills the lists."""']
        return [
            ") -> bool:",
            '    """Fills the lists; tells whether a parameter is complex."""',
            "    has_complex = False",
        ]

    def _new_state(self) -> list[str]:
        fill = []
        if self._counts:
            fill += [
                "    # On the host where it may be: to launch a kernel for it is costly.",
                '    device = p.device if group["capturable"] else "cpu"',
                '    state["step"] = torch.zeros((), dtype=torch.float32, device=device)',
            ]
        for slot in self._graph.slots:
            zeros = (
                "torch.zeros_like(p, memory_format=torch.preserve_format)"
                if slot.kind is Kind.TENSOR
                else "p.real.new_zeros(())"
            )
            fill.append(f'    state["{slot.name}"] = {zeros}')
        return ["state = self.state[p]", "if len(state) == 0:", *fill] if fill else []

    def _lists(self) -> dict[str, str]:
        """What each parameter has its own of, and what a list of them is called."""
        namer = Namer(self._taken())
        names = ["p", *(["g"] if "g" in self._graph.labels(INPUT) else [])]
        names += [slot.name for slot in self._graph.slots]
        names += ["step"] if self._counts else []
        return {name: namer.plural(name) for name in names}

    def _moved(self) -> dict[str, str]:
        """Of the lists, those that moving the parameters needs."""
        labels = self._labels()
        small = {"g"} - labels
        small |= {"step"} if self._totals and "t" not in labels else set()
        return {name: plural for name, plural in self._lists().items() if name not in small}

    def _taken(self) -> set[str]:
        return {*self._hyperparameters, *(slot.name for slot in self._graph.slots), *self._totals}

    # The step

    def _step_method(self) -> list[str]:
        lists = self._lists()
        opening = [
            "@_use_grad_for_differentiable",
            "def step(  # type: ignore[override]",
            "    self, closure: Callable[[], float] | None = None",
            ") -> float | None:",
            '    """Performs one step; `closure`, if given, computes the loss again."""',
            "    loss = None",
            "    if closure is not None:",
            "        with torch.enable_grad():",
            "            loss = closure()",
        ]
        collect = [
            *(f"{plural}: list[Tensor] = []" for plural in lists.values()),
            ("has_complex = " if self._elementwise else "")
            + f"self._init_group(group, {', '.join(lists.values())})",
            "if not params:",
            "    continue",
        ]
        if not self._totals:
            lines = [
                *opening,
                "    for group in self.param_groups:",
                *_indent([*collect, *self._update()], 2),
                "    return loss",
            ]
            return _indent(lines)
        tensors = self._unpacked(lists)
        lines = [
            *opening,
            "    batches: list[tuple[dict[str, Any], tuple[list[Tensor], ...]]] = []",
            "    for group in self.param_groups:",
            *_indent(collect, 2),
            f"        batches.append((group, {tensors}))",
        ]
        lines += ["    if not batches:", "        return loss"]
        if self._counts:
            lines += ["    for _, tensors in batches:", "        _count(tensors[-1])"]
        known: list[str] = []
        for total in self._stages.totals:
            lines += _indent(self._sum_up(total, lists, known))
            known.append(total.name)
        lines += [
            f"    for group, {self._unpacked(self._moved())} in batches:",
            *_indent(self._update(), 2),
            "    return loss",
        ]
        return _indent(lines)

    def _unpacked(self, used: Collection[str]) -> str:
        """The lists of a batch, those that are not needed as `_`."""
        names = [plural if n in used else "_" for n, plural in self._lists().items()]
        return f"({', '.join(names)}{',' if len(names) == 1 else ''})"

    def _sum_up(self, total: Total, lists: dict[str, str], known: Sequence[str]) -> list[str]:
        """Code of a reduction over all parameters, from its parts."""
        finish = PRIMITIVES[total.graph.nodes[total.graph.direction].op].finish
        used = self._used(total)
        arguments = [lists[name] for name in used]
        arguments += self._keywords(self._labels_of(total), known)
        tensors = self._unpacked(used)
        return [
            "parts = []" if known else "parts: list[Tensor] = []",
            f"for {'group' if 'group' in str(arguments) else '_'}, {tensors} in batches:",
            f"    parts += _{total.name}_parts({', '.join(arguments)})",
            "parts = [part.to(parts[0]) for part in parts]",
            f"{total.name} = " + finish.format("torch.stack(parts).sum()"),
        ]

    def _used(self, total: Total) -> list[str]:
        """The variables that the parts of a total depend on."""
        text = "\n".join(self._parts(total))
        lists = self._lists()
        return [n for n in lists if re.search(rf"(?<![\w.]){n}\b", text)] or ["p"]

    def _labels_of(self, total: Total) -> set[str]:
        return {node.label for node in total.graph.nodes if node.label}

    def _keywords(self, labels: set[str], totals: Sequence[str]) -> list[str]:
        """Options that a function of the file takes, as they are passed."""
        found = [f'{n}=group["{n}"]' for n in self._hyperparameters if n in labels]
        found += ["lr=_learning_rate(group)"] if "lr" in labels else []
        found += [f'{n}=group["{n}"]' for n in (WEIGHT_DECAY,) if n in labels]
        found += ['maximize=group["maximize"]'] if "g" in labels else []
        found += ['capturable=group["capturable"]'] if "t" in labels else []
        return [*found, *(f"{name}={name}" for name in totals if name in labels)]

    def _update(self) -> list[str]:
        arguments = [*self._moved().values(), *self._keywords(self._labels(), self._totals)]
        if self._elementwise:
            arguments.append("has_complex=has_complex")
        return [
            "update_group = _chosen(group, params)",
            *_call("update_group", arguments),
        ]

    def _labels(self) -> set[str]:
        return {node.label for node in self._step.nodes if node.label}

    def _chooser(self) -> list[str]:
        return [
            "def _chosen(group: dict[str, Any], params: list[Tensor]) -> Callable[..., None]:",
            '    """The function to use, by the policy of torch\'s own optimizers."""',
            '    if group["differentiable"]:',
            f"        return _differentiable_{self._suffix}",
            '    foreach = group["foreach"]',
            "    if foreach is None:",
            "        _, foreach = _default_to_fused_or_foreach(params, differentiable=False)",
            '        if isinstance(group["lr"], Tensor) and not group["capturable"]:',
            "            foreach = False",
            *_returned(f"_multi_tensor_{self._suffix}", f"_single_tensor_{self._suffix}"),
        ]

    # The functions that move the parameters

    def _signature(
        self,
        start: str,
        labels: set[str],
        totals: Sequence[str],
        result: str,
        names: Sequence[str] | None = None,
    ) -> list[str]:
        keywords = [f"{n}: float" for n in self._hyperparameters if n in labels]
        keywords += ["lr: float | Tensor"] if "lr" in labels else []
        keywords += [f"{WEIGHT_DECAY}: float"] if WEIGHT_DECAY in labels else []
        keywords += ["maximize: bool"] if "g" in labels else []
        keywords += ["capturable: bool"] if "t" in labels else []
        keywords += [f"{name}: Tensor" for name in totals if name in labels]
        if self._elementwise and names is None:
            keywords.append("has_complex: bool")
        return [
            f"def {start}(",
            *(
                f"    {plural}: list[Tensor],"
                for name, plural in self._lists().items()
                if name in (self._moved() if names is None else names)
            ),
            *(["    *,"] if keywords else []),
            *(f"    {keyword}," for keyword in keywords),
            f") -> {result}:",
        ]

    def _single(self) -> list[str]:
        code = TorchCode(self._step, self._taken())
        return [
            *self._signature(
                f"_single_tensor_{self._suffix}", self._labels(), self._totals, "None"
            ),
            *_indent(self._loop(self._prepared(self._labels()) + code.single())),
        ]

    def _loop(self, body: Sequence[str], names: Sequence[str] | None = None) -> list[str]:
        lists = self._lists()
        names = list(self._moved()) if names is None else names
        text = "\n".join(body)
        used = [name for name in names if re.search(rf"(?<![\w.]){name}\b", text)] or ["p"]
        return [*_for(used, [lists[name] for name in used]), *_indent(body)]

    def _prepared(
        self, labels: set[str], names: Sequence[str] = (), *, counts: bool = True
    ) -> list[str]:
        """Lines that view complex numbers as pairs of real ones, count the step and so on."""
        shaped = self._shaped()
        lines = []
        if self._elementwise:
            old = [f"old_{n}" if n in names else n for n in shaped]
            viewed = [f"{n} = torch.view_as_real({n})" for n in old]
            lines += ["if has_complex and torch.is_complex(p):", *_indent(viewed)]
            if names:
                lines[0] = lines[0].replace("(p)", "(old_p)")
        if "g" in labels:
            lines += ["if maximize:", "    g = -g"]
        if self._counts:
            lines += ["step += 1"] if counts and not self._totals else []
            lines += ["t = _number(step, capturable)"] if "t" in labels else []
        lines += [f"{name} = {name}.to(p)" for name in self._totals if name in labels]
        return lines

    def _shaped(self) -> list[str]:
        """Of the variables that each parameter has its own of, those of its shape."""
        small = {"step", *(slot.name for slot in self._graph.slots if slot.kind < Kind.TENSOR)}
        return [name for name in self._moved() if name not in small]

    def _differentiable(self) -> list[str]:
        code = TorchCode(self._step, self._taken(), pure=True)
        lists = self._moved()
        kept = ["p", *(slot.name for slot in self._graph.slots)]
        targets = [f"old_{name}" if name in kept else name for name in lists]
        body = self._prepared(self._labels(), kept)
        cloned = [f"{name} = old_{name}.clone()" for name in kept if name in self._read()]
        split = 1 + len(self._shaped()) if self._elementwise else 0
        body[split:split] = cloned
        return [
            *self._signature(
                f"_differentiable_{self._suffix}", self._labels(), self._totals, "None"
            ),
            *_indent([*_for(targets, list(lists.values())), *_indent([*body, *code.single()])]),
        ]

    def _read(self) -> set[str]:
        """The parameter and the states whose old values matter."""
        return {"p", *(node.label for node in self._step.nodes if node.op == SLOT)}

    def _multi(self) -> list[str]:
        code = TorchCode(self._step, self._taken())
        body = code.multi()
        lists = self._moved()
        labels = self._labels()
        together = ", ".join(lists.values())
        target = together if len(lists) > 1 else f"({together},)"
        shaped = [lists[name] for name in self._shaped() if name in lists]
        lines = [
            f"lists: Any = [{together}]",
            "for tensors, _ in Optimizer._group_tensors_by_device_and_dtype(lists).values():",
            f"    {target} = cast(list[list[Tensor]], tensors)",
        ]
        if self._elementwise:
            lines += ["    if has_complex:", f"        _view_as_real({', '.join(shaped)})"]
        if "g" in labels:
            lines += ["    if maximize:", "        grads = list(torch._foreach_neg(grads))"]
        if self._counts:
            lines += [] if self._totals else ["    _count(state_steps)"]
            if "t" in labels:
                lines.append("    ts = [_number(step, capturable) for step in state_steps]")
        lines += [f"    {n} = {n}.to(params[0])" for n in self._totals if n in labels]
        return [
            *self._signature(f"_multi_tensor_{self._suffix}", labels, self._totals, "None"),
            *_indent([*lines, *_indent(body)]),
        ]

    def _parts(self, total: Total) -> list[str]:
        """Lines that append the part of one parameter."""
        code = TorchCode(value_of(total.graph, total.ranges), self._taken())
        before, value = code.value()
        prepared = self._prepared(self._labels_of(total), counts=False)
        return [*prepared, *before, f"parts.append({value})"]

    def _total(self, total: Total) -> list[str]:
        used, labels = self._used(total), self._labels_of(total)
        known = self._totals[: self._totals.index(total.name)]
        return [
            *self._signature(f"_{total.name}_parts", labels, known, "list[Tensor]", used),
            f'    """The parts of `{total.name}`, one for each parameter."""',
            "    parts = []",
            *_indent(self._loop(self._parts(total), used)),
            "    return parts",
        ]

    def _helpers(self, text: str) -> list[list[str]]:
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
            ]
        ]
        if self._counts:
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


def _for(names: Sequence[str], plurals: Sequence[str]) -> list[str]:
    """The head of a loop over several lists."""
    if len(names) == 1:
        return [f"for {names[0]} in {plurals[0]}:"]
    head = f"for {', '.join(names)} in zip({', '.join(plurals)}, strict=True):"
    return [head]


def _call(start: str, arguments: Sequence[str]) -> list[str]:
    """A call, its arguments on lines of their own."""
    return [f"{start}(", *(f"    {argument}," for argument in arguments), ")"]


def _returned(first: str, second: str) -> list[str]:
    """The choice between two functions."""
    line = f"    return {first} if foreach else {second}"
    if len(line) <= 100:
        return [line]
    return ["    if foreach:", f"        return {first}", f"    return {second}"]


def _indent(lines: Sequence[str], levels: int = 1) -> list[str]:
    return [("    " * levels + line) if line else line for line in lines]
