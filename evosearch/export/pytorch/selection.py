"""Chooses what torch computes in one pass over memory: primitives, or several that are fused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from evosearch.export.pytorch.instructions import Instruction
from evosearch.export.pytorch.step import Step
from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, INPUT, Slot
from evosearch.graph.patterns import Application, match_operands, read_pattern
from evosearch.graph.traversal import count_uses
from primitives import FUSIONS, Fusion, Kind
from primitives.primitive import LETTERS

PARAMETER = "p"
"""The name of the parameter as a place that holds a value."""


class Selection:
    """Chooses the instructions of a step; where it is `pure`, those that overwrite nothing.

    `slots` are the places that hold values across steps, the parameter among them, and `results`
    the nodes that are stored there or asked for.
    """

    def __init__(self, step: Step, pure: bool) -> None:
        self._step, self._pure = step, pure
        self.slots = list(step.slots)
        if step.moves:
            reads = [i for i, n in enumerate(step.nodes) if (n.op, n.label) == (INPUT, "w")]
            self.slots.append(Slot(PARAMETER, Kind.TENSOR, reads[0], step.result))
        self.results = {slot.write for slot in self.slots} | {step.result}
        self.uses = count_uses(step.nodes)

    def select(self) -> dict[int, Instruction]:
        """Chooses an instruction for each node that the results need and torch must compute."""
        chosen: dict[int, Instruction] = {}
        wanted = sorted(self.results, reverse=True)
        while wanted:
            index = wanted.pop()
            if index in chosen or not self._step.is_array(index):
                continue
            chosen[index] = self._instruction(index)
            wanted.extend(i for i in chosen[index].operands if self._step.is_array(i))
        return chosen

    def _instruction(self, index: int) -> Instruction:
        node = self._step.nodes[index]
        if not self._pure:
            for fusion in FUSIONS:
                operands = self._match(fusion, index)
                if operands is not None:
                    return Instruction(index, fusion, operands)
        row = node.primitive
        if row.precise is not None:
            row = row.precise(row, [self._value(operand) for operand in node.operands])
        return Instruction(index, row, node.operands)

    def _value(self, index: int) -> float | None:
        """Gives the number that a constant is, or that a hyperparameter is by default."""
        node = self._step.nodes[index]
        return node.value if node.op in (CONSTANT, HYPERPARAMETER) else None

    def _match(self, fusion: Fusion, index: int) -> tuple[int, ...] | None:
        """Finds the nodes that a fusion's letters stand for where its whole is node `index`."""
        kind = self._step.nodes[index].kind
        if kind is not Kind.TENSOR:
            return None
        node = self._step.nodes[index]
        pattern = read_pattern(fusion.pattern)
        if not isinstance(pattern, Application) or node.row is not pattern.primitive:
            return None
        if self._step.numbers[index] or self._step.is_guarded(index):
            return None
        for bound in match_operands(pattern, self._step.nodes, node.operands, {}, self._may_enter):
            if all(
                self._fits(fusion, position, bound[letter])
                for position, letter in enumerate(sorted(bound))
            ) and self._can_overwrite(fusion, bound, index):
                return tuple(bound[letter] for letter in sorted(bound))
        return None

    def _fits(self, fusion: Fusion, position: int, index: int) -> bool:
        if position not in fusion.numbers:
            return self._step.nodes[index].kind is Kind.TENSOR and not self._step.numbers[index]
        return self._step.numbers[index] and not (fusion.fixed and self._step.leaves[index])

    def _can_overwrite(self, fusion: Fusion, bound: Mapping[str, int], index: int) -> bool:
        """Tells whether the letter that is overwritten holds nothing that is needed otherwise.

        Where the whole is a new state, the letter must come from the old one, in whose place the
        new one then stands.
        """
        target = bound[LETTERS[fusion.target]]
        if list(bound.values()).count(target) > 1:
            return False
        for slot in self.slots:
            if slot.write == index:
                return slot.read is not None and self._comes_from(target, slot.read)
        return self._step.is_array(target) and self.uses[target] == 1 and target not in self.results

    def _comes_from(self, index: int, read: int) -> bool:
        """Tells whether in-place operations alone lead to `index` from `read`.

        Nothing else may need the nodes on the way.
        """
        if index == read:
            return True
        if not self._step.is_array(index) or self.uses[index] > 1 or index in self.results:
            return False
        instruction = self._instruction(index)
        return any(
            self._comes_from(instruction.operands[position], read)
            for position in self.overwritable(instruction)
        )

    def _may_enter(self, index: int) -> bool:
        """Tells whether a node can be fused away: it has one use and no special case."""
        inner = self.uses[index] == 1 and index not in self.results
        return inner and not self._step.numbers[index] and not self._step.is_guarded(index)

    def overwritable(self, instruction: Instruction) -> Iterator[int]:
        """Yields the positions of operands for which the instruction has an in-place form."""
        row, operands = instruction.row, instruction.operands
        nodes, numbers = self._step.nodes, self._step.numbers
        if self._pure:
            return
        if isinstance(row, Fusion):
            yield row.target
            return
        if self._step.is_guarded(instruction.node):
            return
        for position in row.in_place:
            index = operands[position]
            others = [place for place in range(row.arity) if place != position]
            if (
                not numbers[index]
                and nodes[index].kind is nodes[instruction.node].kind
                and operands.count(index) == 1
                and not any(numbers[operands[place]] and place in row.tensors for place in others)
                and self._step.is_own(index) == self._step.is_own(instruction.node)
            ):
                yield position
