"""The functions of an exported file that move parameters: one by one, in lists, differentiably."""

from __future__ import annotations

import re
from collections.abc import Sequence

from evosearch.export.notation.python_text import indented, loop_over
from evosearch.export.notation.totals import Total
from evosearch.export.pytorch.file_plan import FilePlan
from evosearch.export.pytorch.foreach import ListCode
from evosearch.export.pytorch.single import TorchCode
from evosearch.export.pytorch.step import WEIGHT_DECAY, value_of
from evosearch.graph.graph import SLOT


class Functions(FilePlan):
    """Writes those functions."""

    def _signature(
        self,
        start: str,
        labels: set[str],
        totals: Sequence[str],
        result: str,
        names: Sequence[str] | None = None,
    ) -> list[str]:
        keywords = [f"{n}: float" for n in self.hyperparameters if n in labels]
        keywords += ["lr: float | Tensor"] if "lr" in labels else []
        keywords += [f"{WEIGHT_DECAY}: float"] if WEIGHT_DECAY in labels else []
        keywords += ["maximize: bool"] if "g" in labels else []
        keywords += ["capturable: bool"] if "t" in labels else []
        keywords += [f"{name}: Tensor" for name in totals if name in labels]
        if self.elementwise and names is None:
            keywords.append("has_complex: bool")
        return [
            f"def {start}(",
            *(
                f"    {plural}: list[Tensor],"
                for name, plural in self.lists().items()
                if name in (self.moved() if names is None else names)
            ),
            *(["    *,"] if keywords else []),
            *(f"    {keyword}," for keyword in keywords),
            f") -> {result}:",
        ]

    def single(self) -> list[str]:
        code = TorchCode(self.step, self.taken())
        return [
            *self._signature(f"_single_tensor_{self.suffix}", self.labels(), self.totals, "None"),
            *indented(self._loop(self._prepared(self.labels()) + code.single())),
        ]

    def _loop(self, body: Sequence[str], names: Sequence[str] | None = None) -> list[str]:
        lists = self.lists()
        names = list(self.moved()) if names is None else names
        text = "\n".join(body)
        used = [name for name in names if re.search(rf"(?<![\w.]){name}\b", text)] or ["p"]
        return [f"{loop_over(used, [lists[name] for name in used])}:", *indented(body)]

    def _prepared(
        self, labels: set[str], names: Sequence[str] = (), *, counts: bool = True
    ) -> list[str]:
        """Lines that view complex numbers as pairs of real ones, count the step and so on."""
        shaped = self.shaped()
        lines = []
        if self.elementwise:
            old = [f"old_{n}" if n in names else n for n in shaped]
            viewed = [f"{n} = torch.view_as_real({n})" for n in old]
            lines += ["if has_complex and torch.is_complex(p):", *indented(viewed)]
            if names:
                lines[0] = lines[0].replace("(p)", "(old_p)")
        if "g" in labels:
            lines += ["if maximize:", "    g = -g"]
        if self.counts:
            lines += ["step += 1"] if counts and not self.totals else []
            lines += ["t = _number(step, capturable)"] if "t" in labels else []
        lines += [f"{name} = {name}.to(p)" for name in self.totals if name in labels]
        return lines

    def differentiable(self) -> list[str]:
        code = TorchCode(self.step, self.taken(), pure=True)
        lists = self.moved()
        kept = ["p", *(slot.name for slot in self.graph.slots)]
        targets = [f"old_{name}" if name in kept else name for name in lists]
        body = self._prepared(self.labels(), kept)
        cloned = [f"{name} = old_{name}.clone()" for name in kept if name in self._read()]
        split = 1 + len(self.shaped()) if self.elementwise else 0
        body[split:split] = cloned
        return [
            *self._signature(f"_differentiable_{self.suffix}", self.labels(), self.totals, "None"),
            *indented(
                [f"{loop_over(targets, list(lists.values()))}:", *indented([*body, *code.single()])]
            ),
        ]

    def _read(self) -> set[str]:
        """The parameter and the states whose old values matter."""
        return {"p", *(node.label for node in self.step.nodes if node.op == SLOT)}

    def multi(self) -> list[str]:
        body = ListCode(self.step, self.taken()).multi()
        lists = self.moved()
        labels = self.labels()
        together = ", ".join(lists.values())
        target = together if len(lists) > 1 else f"({together},)"
        shaped = [lists[name] for name in self.shaped() if name in lists]
        lines = [
            f"lists: Any = [{together}]",
            "for tensors, _ in Optimizer._group_tensors_by_device_and_dtype(lists).values():",
            f"    {target} = cast(list[list[Tensor]], tensors)",
        ]
        if self.elementwise:
            lines += ["    if has_complex:", f"        _view_as_real({', '.join(shaped)})"]
        if "g" in labels:
            lines += ["    if maximize:", "        grads = list(torch._foreach_neg(grads))"]
        if self.counts:
            lines += [] if self.totals else ["    _count(state_steps)"]
            if "t" in labels:
                lines.append("    ts = [_number(step, capturable) for step in state_steps]")
        lines += [f"    {n} = {n}.to(params[0])" for n in self.totals if n in labels]
        return [
            *self._signature(f"_multi_tensor_{self.suffix}", labels, self.totals, "None"),
            *indented([*lines, *indented(body)]),
        ]

    def _parts(self, total: Total) -> list[str]:
        """Lines that append the part of one parameter."""
        code = TorchCode(value_of(total.graph, total.ranges), self.taken())
        before, value = code.value()
        prepared = self._prepared(self.labels_of(total), counts=False)
        return [*prepared, *before, f"parts.append({value})"]

    def used(self, total: Total) -> list[str]:
        """The variables that the parts of a total depend on."""
        text = "\n".join(self._parts(total))
        lists = self.lists()
        return [n for n in lists if re.search(rf"(?<![\w.]){n}\b", text)] or ["p"]

    def total(self, total: Total) -> list[str]:
        used, labels = self.used(total), self.labels_of(total)
        known = self.totals[: self.totals.index(total.name)]
        return [
            *self._signature(f"_{total.name}_parts", labels, known, "list[Tensor]", used),
            f'    """The parts of `{total.name}`, one for each parameter."""',
            "    parts = []",
            *indented(self._loop(self._parts(total), used)),
            "    return parts",
        ]
