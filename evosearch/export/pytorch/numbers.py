"""Code of the numbers in a step: Python floats, or tensors where the host must not read them.

A number depends on the step `t`, the learning rate and hyperparameters alone. The first two are
tensors in a captured graph or under a compiler, and the learning rate is one where the user gave
one; so the code of a number must serve both, or stand in both forms.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from evosearch.export.notation.names import Namer
from evosearch.export.notation.python_text import bound, literal
from evosearch.export.pytorch.roles import is_bias_correction, number_role
from evosearch.export.pytorch.step import Step
from evosearch.graph.graph import CONSTANT, SOURCES
from primitives import render

_LONGEST = 4
"""Primitives in one expression of numbers."""


class Numbers:
    """The code of a step's numbers; those in `wanted`, and others where useful, have names."""

    def __init__(
        self, step: Step, namer: Namer, wanted: Collection[int], read: Sequence[int]
    ) -> None:
        """`wanted` must have names; `read` are all that other code reads, once for each time."""
        self._step = step
        self.names: dict[int, str] = {}
        uses: dict[int, int] = {}
        reached: set[int] = set()
        stack = list(read)
        for index in read:
            uses[index] = uses.get(index, 0) + 1
        while stack:
            index = stack.pop()
            if index in reached:
                continue
            reached.add(index)
            for operand in step.nodes[index].operands:
                uses[operand] = uses.get(operand, 0) + 1
                stack.append(operand)
        self.reached = reached
        wanted = {*wanted, *self._repeated()}
        length: dict[int, int] = {}
        for index in sorted(reached):
            node = step.nodes[index]
            if not node.operands:
                length[index] = 0
                continue
            length[index] = 1 + sum(length[i] for i in node.operands)
            if (
                index in wanted
                or (uses[index] > 1 and not self._is_negation(index))
                or length[index] > _LONGEST
                or self._is_by_cases(index)
                or self._is_conditional(index)
                or is_bias_correction(step, index)
            ):
                self.names[index] = namer.new(number_role(step, index, self.names))
                length[index] = 0

    def _repeated(self) -> set[int]:
        """Numbers that the code of another mentions twice."""
        return {
            operand
            for index in self.reached
            if self._operands(index) and self._is_by_cases(index)
            for operand in self._operands(index)
        }

    def _operands(self, index: int) -> tuple[int, ...]:
        return self._step.nodes[index].operands

    def _is_negation(self, index: int) -> bool:
        node = self._step.nodes[index]
        return bool(node.primitive.infix) and len(node.operands) == 1

    def varies(self, index: int) -> bool:
        """Whether a number depends on the step or the learning rate, and so may be a tensor."""
        return bool(self._step.leaves[index] & {"t", "lr"})

    def is_own(self, index: int) -> bool:
        """Whether each parameter has its own, since each counts its steps and elements."""
        return bool(self._step.leaves[index] & {"t", "w"})

    def text(self, index: int, root: bool = False) -> str:
        """An expression of the number."""
        node = self._step.nodes[index]
        if node.op == CONSTANT:
            return literal(node.value)
        if node.op in SOURCES:
            return node.label
        if index in self.names and not root:
            return self.names[index]
        as_floats = self._form(index, tensors=False)
        as_tensors = self._form(index, tensors=True)
        if not self.varies(index) or as_floats == as_tensors:
            return as_floats
        return f"{as_tensors} if isinstance({self.witness(index)}, Tensor) else {as_floats}"

    def witness(self, index: int) -> str:
        """A variable that is a tensor where the number is one."""
        if index in self.names and not self._is_by_cases(index):
            return self.names[index]
        labels = self._step.leaves[index] & {"t", "lr"}
        return "t" if "t" in labels else "lr"

    def _is_by_cases(self, index: int) -> bool:
        return self.varies(index) and not self._is_alike(index)

    def needs_witness(self, index: int) -> int | None:
        """The number that must have a name so that code can ask whether it is a tensor."""
        while self._step.nodes[index].op not in SOURCES and self._is_negation(index):
            (index,) = self._step.nodes[index].operands
        return None if self._step.nodes[index].op in SOURCES else index

    def _is_alike(self, index: int) -> bool:
        """Whether the number's own operation has one code for floats and tensors."""
        node = self._step.nodes[index]
        if node.op in SOURCES:
            return True
        marks = [f"_{position}_" for position in range(len(node.operands))]
        return self._apply(index, marks, False) == self._apply(index, marks, True)

    def _is_conditional(self, index: int) -> bool:
        """Whether the number's own operation asks something of Python floats."""
        marks = [f"_{position}_" for position in range(len(self._operands(index)))]
        return " if " in self._apply(index, marks, False)

    def _form(self, index: int, tensors: bool) -> str:
        texts = [bound(self.text(operand)) for operand in self._step.nodes[index].operands]
        return self._apply(index, texts, tensors)

    def _apply(self, index: int, texts: Sequence[str], tensors: bool) -> str:
        node = self._step.nodes[index]
        row, guard = node.primitive, node.primitive.guarded
        ranges = [self._step.ranges[operand] for operand in node.operands]
        guarded = guard is not None and not guard.unneeded(*ranges)
        if row.any_source and not guarded:
            return row.any_source.format(*texts)
        if not tensors or not node.operands:
            if guard and guard.scalar_unneeded:
                guarded = not guard.scalar_unneeded(*ranges)
            return (guard.scalar_source if guard and guarded else row.scalar_source).format(*texts)
        floats = [not self.varies(operand) for operand in node.operands]
        return render(guard.source if guard and guarded else row.source, texts, floats)

    def mixes(self) -> bool:
        """Whether a number has two forms and depends on both the step and the learning rate."""
        return any(
            self._is_by_cases(i) and {"t", "lr"} <= self._step.leaves[i] for i in self.reached
        )
