"""Writes the code of a step that single tensors and lists share: variables, numbers, values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from evosearch.export.notation.code import (
    Assign,
    Evaluate,
    Expression,
    If,
    Statement,
    applied,
    by_cases,
)
from evosearch.export.notation.names import Namer
from evosearch.export.pytorch.instructions import Copy, Instruction
from evosearch.export.pytorch.numbers import Numbers
from evosearch.export.pytorch.roles import naming
from evosearch.export.pytorch.schedule import schedule
from evosearch.export.pytorch.step import Step
from evosearch.graph.graph import INPUT, SLOT
from evosearch.graph.traversal import first_reached
from primitives import Fusion, Kind, Primitive

COMPILING = Expression("torch.compiler.is_compiling()")


class StepCode:
    """Holds a step's order, its variables and the code of each instruction.

    Variables are named `p`, `g`, `t`, and as the rule's states and hyperparameters; a list of them
    has the plural's name. A `pure` step overwrites nothing before its end. Where it `gathers`, what
    a tensor is reduced to is gathered from its shards.
    """

    def __init__(
        self,
        step: Step,
        taken: Iterable[str],
        plurals: Mapping[str, str] = MappingProxyType({}),
        *,
        pure: bool = False,
        gathers: bool = False,
    ) -> None:
        self.step, self.pure, self._gathers = step, pure, gathers
        labels = {node.label for node in step.nodes if node.label}
        self.namer = Namer({*labels, *(slot.name for slot in step.slots), *taken}, plurals)
        unnamed = schedule(step, pure=pure)
        self._entries = unnamed.entries
        read = [*self._read_numbers()]
        if step.numbers[step.result]:
            read.append(step.result)
        self.numbers = Numbers(step, Namer(set()), [], read)
        wanted = [*self._witnesses(), *self._repeated()]
        self.numbers = Numbers(step, self.namer, wanted, read)
        # Numbers come first in the code, so they get the first names.
        self.schedule = unnamed.named(naming(step, self.namer))
        self.places: dict[int, str] = {}
        """The variable that holds a node, as far as the code has been written."""
        self.nested: dict[int, Expression] = {}
        """The code of nodes that have no variable, as only one instruction reads them."""
        for index, node in enumerate(step.nodes):
            if node.op in (INPUT, SLOT) and not step.numbers[index]:
                self.places[index] = {"w": "p"}.get(node.label, node.label)

    def _read_numbers(self) -> Iterator[int]:
        """Yields the numbers that entries read, once for each time."""
        for entry in self._entries:
            yield from (operand for operand in entry.operands if self.step.numbers[operand])

    def _witnesses(self) -> Iterator[int]:
        """Yields the numbers of which the code asks whether they are tensors."""
        for entry in self._entries:
            if isinstance(entry, Copy) or self._is_alike(entry):
                continue
            for operand in self.varying(entry):
                witness = self.numbers.needs_witness(operand)
                if witness is not None:
                    yield witness

    def varying(self, entry: Instruction) -> list[int]:
        """Lists the operands that are numbers and may be tensors."""
        return [i for i in entry.operands if self.step.numbers[i] and self.numbers.varies(i)]

    def _repeated(self) -> list[int]:
        """Lists the numbers that the code of an instruction mentions twice."""
        return [
            operand
            for entry in self._entries
            if isinstance(entry, Instruction) and isinstance(entry.row, Primitive)
            for operand in set(entry.operands)
            if self.step.numbers[operand] and self.step.nodes[operand].operands
            if self._count_mentions(entry, operand) > 1
        ]

    def mixes(self) -> bool:
        """Tells whether code that differs between floats and tensors reads both step and rate."""
        labels = [
            set().union(*(self.step.leaves[i] for i in entry.operands if self.step.numbers[i]))
            for entry in self._entries
            if isinstance(entry, Instruction)
            and isinstance(entry.row, Primitive)
            and not self._is_alike(entry)
        ]
        return self.numbers.mixes() or any({"t", "lr"} <= read for read in labels)

    def costly(self) -> list[str]:
        """Names the numbers that depend on the step and that entries read."""
        names = self.numbers.names
        read = first_reached(self.step.nodes, self._read_numbers(), names)
        return [names[index] for index in sorted(read) if "t" in self.step.leaves[index]]

    # Expressions

    def value(self, index: int) -> Expression:
        """Names the variable that holds a node, or gives its code where it needs none."""
        if self.step.numbers[index]:
            return self.numbers.value(index)
        return self.nested.get(index) or Expression(self.places[index])

    def values(self, entry: Instruction) -> list[Expression]:
        """Gives the values of an instruction's operands."""
        return [self.value(operand) for operand in entry.operands]

    def expression(self, entry: Instruction) -> Expression:
        """Writes the value of an instruction's node, by its primitive's source."""
        values, witness = self.values(entry), self.witness(entry)
        floats = self._applied(entry, values, tensors=False)
        if witness is None:
            return floats
        return by_cases(witness, self._applied(entry, values, tensors=True), floats)

    def witness(self, entry: Instruction) -> str | None:
        """Names a variable that is a tensor where a number among the operands is, or gives None."""
        for operand in self.varying(entry):
            named = self.numbers.needs_witness(operand)
            return self.numbers.witness(operand if named is None else named)
        return None

    def is_read_once(self, entry: Instruction) -> bool:
        """Tells whether a single instruction reads the result, so that it needs no name."""
        readers = [other for other in self._entries if entry.node in other.operands]
        return (
            len(readers) == 1
            and isinstance(readers[0], Instruction)
            and readers[0].operands.count(entry.node) == 1
            and self._is_alike(readers[0])
            and self._count_mentions(readers[0], entry.node) == 1
        )

    def _count_mentions(self, reader: Instruction, node: int) -> int:
        """Counts how often the code of an instruction mentions a node."""
        marks = _marks(reader)
        code = self._applied(reader, marks, tensors=False)
        return code.mentions.count(marks[reader.operands.index(node)].text)

    def _is_alike(self, entry: Instruction) -> bool:
        """Tells whether one code serves floats and tensors alike, as a fusion's never does."""
        if isinstance(entry.row, Fusion):
            return False
        marks = _marks(entry)
        return self._applied(entry, marks, False) == self._applied(entry, marks, True)

    def _applied(
        self, entry: Instruction, operands: Sequence[Expression], tensors: bool
    ) -> Expression:
        """Writes an instruction's primitive; `tensors` tells what varying numbers are."""
        row = entry.row
        assert isinstance(row, Primitive)
        operands, floats = list(operands), []
        for position, operand in enumerate(entry.operands):
            number = self.step.numbers[operand]
            as_float = number and not (tensors and self.numbers.varies(operand))
            if row.reduces and self.step.nodes[operand].kind is not Kind.TENSOR:
                value = applied("{0}.to(p)" if number else "{0}", [operands[position]])
                spread = "_spread({0}, p)" if self._gathers else "{0}.expand_as(p)"
                template = "torch.full_like(p, {0})" if as_float else spread
                operands[position] = applied(template, [operands[position] if as_float else value])
                as_float = False
            elif number and not as_float and row.accepts[position] is not Kind.TENSOR:
                operands[position] = applied("{0}.to(p)", [operands[position]])
            floats.append(as_float)
        value = applied(self.step.source(entry.node, row), operands, floats)
        one_number = row.reduces_to in (Kind.SCALAR, Kind.LEAF)
        return applied("_whole({0})", [value]) if one_number and self._gathers else value

    # Statements

    def computed(self, entry: Instruction) -> list[Statement]:
        """Writes statements that compute an instruction's node in its place."""
        if isinstance(entry.row, Fusion):
            return self._fused(entry, entry.row)
        if entry.overwrites is not None:
            template = entry.row.in_place[entry.operands.index(entry.overwrites)]
            return [Evaluate(applied(template, self.values(entry)))]
        value = self.expression(entry)
        if entry.stores:
            return [Evaluate(applied("{0}.copy_({1})", [Expression(entry.place), value]))]
        return [Assign(entry.place, value)]

    def _fused(self, entry: Instruction, row: Fusion) -> list[Statement]:
        values = self.values(entry)
        before: list[Statement] = []
        if entry.overwrites is None:
            before = [Assign(entry.place, applied("{0}.clone()", [values[row.target]]))]
            values[row.target] = Expression(entry.place)
        floats = Evaluate(applied(row.in_place, values))
        tensors = Evaluate(applied(row.tensor_in_place or row.in_place, values))
        witness = self.witness(entry)
        if floats == tensors or witness is None:
            return [*before, floats]
        return [*before, If(is_tensor(witness), (tensors,), (floats,))]

    def cloned(self, entry: Copy) -> Expression:
        """Makes a new tensor with the value that an entry copies."""
        return applied("{0}.clone()", [self.source(entry)])

    def copied(self, entry: Copy) -> Statement:
        """Writes a statement that stores a value in a state, or a copy of it in a new variable."""
        if not entry.is_state:
            return Assign(entry.place, self.cloned(entry))
        target = Expression(f"old_{entry.place}" if self.pure else entry.place)
        template = "{0}.fill_({1})" if self.step.numbers[entry.node] else "{0}.copy_({1})"
        return Evaluate(applied(template, [target, self.source(entry)]))

    def source(self, entry: Copy) -> Expression:
        """Writes what an entry copies."""
        if entry.source:
            return Expression(entry.source)
        value = self.value(entry.node)
        return applied("_snapshot({0})", [value]) if self.is_old(entry.node) else value

    def is_old(self, index: int) -> bool:
        """Tells whether a node is the parameter or a state as it is before the step."""
        node = self.step.nodes[index]
        return node.op == SLOT or (node.op == INPUT and node.label == "w")


def is_tensor(variable: str) -> Expression:
    """Writes code that asks whether a variable holds a tensor."""
    return Expression(f"isinstance({variable}, Tensor)")


def _marks(entry: Instruction) -> list[Expression]:
    """Makes names that stand for an instruction's operands."""
    return [Expression(f"_{position}_") for position in range(len(entry.operands))]
