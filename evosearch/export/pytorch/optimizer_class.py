"""The class of an exported file: its options, its states, its step."""

from __future__ import annotations

from collections.abc import Sequence

from evosearch.export.notation.python_text import call, indented, literal
from evosearch.export.notation.totals import Total
from evosearch.export.pytorch.docstrings import docstring
from evosearch.export.pytorch.functions import Functions
from evosearch.export.pytorch.single import TorchCode
from evosearch.export.pytorch.step import WEIGHT_DECAY, value_of
from primitives import Kind


class OptimizerClass(Functions):
    """Writes the class and the function by which it chooses how to move parameters."""

    def head(self) -> list[str]:
        options = [f"{n}: float = {literal(v)}" for n, v in self.hyperparameters.items()]
        options += [f"{WEIGHT_DECAY}: float = 0.01", "foreach: bool | None = None"]
        options += [f"{n}: bool = False" for n in ("maximize", "capturable", "differentiable")]
        return [
            f"class {self.name}(Optimizer):",
            *indented(docstring(self.graph, self.provenance, self._temporaries())),
            "",
            "    def __init__(",
            "        self,",
            "        params: ParamsT,",
            f"        lr: float | Tensor = {literal(self.provenance.learning_rate)},",
            "        *,",
            *(f"        {option}," for option in options),
            "    ) -> None:",
            *indented(self._checks(), 2),
            "        defaults: dict[str, Any] = {",
            *(f'            "{n}": {n},' for n in self._option_names()),
            "        }",
            "        super().__init__(params, defaults)",
            "",
            *indented(self._setstate()),
            "",
            *indented(self._init_group()),
            "",
        ]

    def _option_names(self) -> list[str]:
        return [
            "lr",
            *self.hyperparameters,
            *(WEIGHT_DECAY, "foreach", "maximize", "capturable", "differentiable"),
        ]

    def _temporaries(self) -> int:
        parts = [value_of(total.graph, total.ranges) for total in self.stages.totals]
        return max(TorchCode(step, self.taken()).temporaries for step in (self.step, *parts))

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
        for name, domain in self.domains.items():
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
            f'    group.setdefault("{n}", {literal(v)})' for n, v in self.hyperparameters.items()
        ]
        lines = [
            "def __setstate__(self, state: dict[str, Any]) -> None:",
            "    super().__setstate__(state)",
            "    for group in self.param_groups:",
            *indented(fill),
            f'        group.setdefault("{WEIGHT_DECAY}", 0.01)',
            '        group.setdefault("foreach", None)',
            '        group.setdefault("maximize", False)',
            '        group.setdefault("capturable", False)',
            '        group.setdefault("differentiable", False)',
        ]
        if self.counts:
            lines += [
                '        for p in group["params"]:',
                "            state_of_p = self.state.get(p, {})",
                '            if state_of_p and not torch.is_tensor(state_of_p["step"]):',
                '                state_of_p["step"] = torch.tensor(float(state_of_p["step"]))',
            ]
        return lines

    def _init_group(self) -> list[str]:
        lists = self.lists()
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
            f'            raise RuntimeError("{self.name} does not support sparse gradients")',
        ]
        if self.elementwise:
            lines.append("        has_complex |= torch.is_complex(p)")
        else:
            lines += [
                "        if torch.is_complex(p):",
                "            raise RuntimeError(",
                f'                "{self.name} does not support complex parameters: "',
                '                "its sums over a tensor are defined for real numbers"',
                "            )",
            ]
        lines += indented(self._new_state(), 2)
        sources = {"p": "p", "g": "p.grad"}
        for name, plural in lists.items():
            source = sources.get(name, f'state["{name}"]')
            lines.append(f"        {plural}.append({source})")
        return [*lines, "    return has_complex"] if self.elementwise else lines

    def _purpose(self) -> list[str]:
        if not self.elementwise:
            return [") -> None:", '    """Fills the lists."""']
        return [
            ") -> bool:",
            '    """Fills the lists; tells whether a parameter is complex."""',
            "    has_complex = False",
        ]

    def _new_state(self) -> list[str]:
        fill = []
        if self.counts:
            fill += [
                "    # On the host where it may be: to launch a kernel for it is costly.",
                '    device = p.device if group["capturable"] else "cpu"',
                '    state["step"] = torch.zeros((), dtype=torch.float32, device=device)',
            ]
        for slot in self.graph.slots:
            zeros = (
                "torch.zeros_like(p, memory_format=torch.preserve_format)"
                if slot.kind is Kind.TENSOR
                else "p.real.new_zeros(())"
            )
            fill.append(f'    state["{slot.name}"] = {zeros}')
        return ["state = self.state[p]", "if len(state) == 0:", *fill] if fill else []

    def step_method(self) -> list[str]:
        lists = self.lists()
        states = [lists[slot.name] for slot in self.graph.slots]
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
            ("has_complex = " if self.elementwise else "")
            + f"self._init_group(group, {', '.join(lists.values())})",
            "if not params:",
            "    continue",
            "if torch.compiler.is_compiling():",
            f"    _view_scalars({', '.join([lists['p'], *states])})",
        ]
        if not self.totals:
            lines = [
                *opening,
                "    for group in self.param_groups:",
                *indented([*collect, *self._update()], 2),
                "    return loss",
            ]
            return indented(lines)
        tensors = self.unpacked(lists)
        lines = [
            *opening,
            "    batches: list[tuple[dict[str, Any], tuple[list[Tensor], ...]]] = []",
            "    for group in self.param_groups:",
            *indented(collect, 2),
            f"        batches.append((group, {tensors}))",
        ]
        lines += ["    if not batches:", "        return loss"]
        if self.counts:
            lines += ["    for _, tensors in batches:", "        _count(tensors[-1])"]
        known: list[str] = []
        for total in self.stages.totals:
            lines += indented(self._sum_up(total, lists, known))
            known.append(total.name)
        lines += [
            f"    for group, {self.unpacked(self.moved())} in batches:",
            *indented(self._update(), 2),
            "    return loss",
        ]
        return indented(lines)

    def _sum_up(self, total: Total, lists: dict[str, str], known: Sequence[str]) -> list[str]:
        """Code of a reduction over all parameters, from its parts."""
        finish = total.graph.nodes[total.graph.direction].primitive.finish
        used = self.used(total)
        arguments = [lists[name] for name in used]
        arguments += self.keywords(self.labels_of(total), known)
        tensors = self.unpacked(used)
        return [
            "parts = []" if known else "parts: list[Tensor] = []",
            f"for {'group' if 'group' in str(arguments) else '_'}, {tensors} in batches:",
            f"    parts += _{total.name}_parts({', '.join(arguments)})",
            "parts = [part.to(parts[0]) for part in parts]",
            f"{total.name} = " + finish.format("torch.stack(parts).sum()"),
        ]

    def _update(self) -> list[str]:
        arguments = [*self.moved().values(), *self.keywords(self.labels(), self.totals)]
        if self.elementwise:
            arguments.append("has_complex=has_complex")
        return [
            "update_group = _chosen(group, params)",
            *call("update_group", arguments),
        ]

    def chooser(self) -> list[str]:
        return [
            "def _chosen(group: dict[str, Any], params: list[Tensor]) -> Callable[..., None]:",
            '    """The function to use, by the policy of torch\'s own optimizers."""',
            '    if group["differentiable"]:',
            f"        return _differentiable_{self.suffix}",
            '    foreach = group["foreach"]',
            "    if foreach is None:",
            "        _, foreach = _default_to_fused_or_foreach(params, differentiable=False)",
            '        if isinstance(group["lr"], Tensor) and not group["capturable"]:',
            "            foreach = False",
            *_returned(f"_multi_tensor_{self.suffix}", f"_single_tensor_{self.suffix}"),
        ]


def _returned(first: str, second: str) -> list[str]:
    """The choice between two functions."""
    line = f"    return {first} if foreach else {second}"
    if len(line) <= 100:
        return [line]
    return ["    if foreach:", f"        return {first}", f"    return {second}"]
