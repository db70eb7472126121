"""Writes the numbers in a step: Python floats, or tensors where the host must not read them.

A number depends on the step `t`, the learning rate and hyperparameters alone. The first two are
tensors in a captured graph or under a compiler, and the learning rate is one where the user gave
one; so the code of a number must serve both, or stand in both forms.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from evosearch.export.notation.code import Expression, applied, by_cases
from evosearch.export.notation.names import Namer
from evosearch.export.notation.python_text import literal
from evosearch.export.pytorch.roles import is_bias_correction, number_role
from evosearch.export.pytorch.step import Step
from evosearch.graph.graph import CONSTANT, SOURCES
from evosearch.graph.traversal import reachable

_LONGEST = 4
"""The most primitives that one expression of numbers may have."""


class Numbers:
    """Holds the code of a step's numbers; the wanted ones, and others where useful, have names."""

    def __init__(
        self, step: Step, namer: Namer, wanted: Collection[int], read: Sequence[int]
    ) -> None:
        """Names numbers: those in `wanted`, and others where `read` makes it useful.

        `read` lists the numbers that other code reads, once for each time.
        """
        self._step = step
        self.names: dict[int, str] = {}
        self.reached = reachable(step.nodes, read)
        uses = Counter(read)
        for index in self.reached:
            uses.update(self._operands(index))
        wanted = {*wanted, *self._repeated()}
        length: dict[int, int] = {}
        for index in sorted(self.reached):
            if not self._operands(index):
                length[index] = 0
                continue
            length[index] = 1 + sum(length[i] for i in self._operands(index))
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
        """Finds the numbers that the code of another mentions twice."""
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
        """Tells whether a number depends on step or learning rate, and so may be a tensor."""
        return bool(self._step.leaves[index] & {"t", "lr"})

    def value(self, index: int) -> Expression:
        """Gives the number's name, or its code where it has none."""
        if index in self.names:
            return Expression(self.names[index])
        return self.definition(index)

    def definition(self, index: int) -> Expression:
        """Writes the number's code from those that it is computed from."""
        node = self._step.nodes[index]
        if node.op == CONSTANT:
            return Expression(literal(node.value))
        if node.op in SOURCES:
            return Expression(node.label)
        operands = [self.value(operand) for operand in node.operands]
        as_floats = self._applied(index, operands, tensors=False)
        if not self.varies(index):
            return as_floats
        return by_cases(
            self.witness(index), self._applied(index, operands, tensors=True), as_floats
        )

    def witness(self, index: int) -> str:
        """Names a variable that is a tensor where the number is one."""
        if index in self.names and not self._is_by_cases(index):
            return self.names[index]
        labels = self._step.leaves[index] & {"t", "lr"}
        return "t" if "t" in labels else "lr"

    def _is_by_cases(self, index: int) -> bool:
        return self.varies(index) and not self._is_alike(index)

    def needs_witness(self, index: int) -> int | None:
        """Finds the number that needs a name so that code can ask whether it is a tensor."""
        while self._step.nodes[index].op not in SOURCES and self._is_negation(index):
            (index,) = self._operands(index)
        return None if self._step.nodes[index].op in SOURCES else index

    def _is_alike(self, index: int) -> bool:
        """Tells whether the number's own operation has one code for floats and tensors."""
        if self._step.nodes[index].op in SOURCES:
            return True
        marks = self._marks(index)
        return self._applied(index, marks, False) == self._applied(index, marks, True)

    def _is_conditional(self, index: int) -> bool:
        """Tells whether the number's own operation asks something of Python floats."""
        return self._applied(index, self._marks(index), False).chooses

    def _marks(self, index: int) -> list[Expression]:
        """Makes names that stand for the operands."""
        return [Expression(f"_{place}_") for place in range(len(self._operands(index)))]

    def _applied(self, index: int, operands: Sequence[Expression], tensors: bool) -> Expression:
        node = self._step.nodes[index]
        row, guard = node.primitive, node.primitive.guarded
        guarded = self._step.is_guarded(index)
        if row.any_source and not guarded:
            return applied(row.any_source, operands)
        if tensors and node.operands:
            floats = [not self.varies(operand) for operand in node.operands]
            return applied(self._step.source(index, row), operands, floats)
        if guard and guard.scalar_unneeded:
            guarded = not guard.scalar_unneeded(*(self._step.ranges[i] for i in node.operands))
        return applied(guard.scalar_source if guard and guarded else row.scalar_source, operands)

    def mixes(self) -> bool:
        """Tells whether a number has two forms and depends on both step and learning rate."""
        return any(
            self._is_by_cases(i) and {"t", "lr"} <= self._step.leaves[i] for i in self.reached
        )
