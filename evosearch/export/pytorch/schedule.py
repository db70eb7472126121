"""Decides which of a step's results may overwrite what, and which variables hold them.

An instruction is what torch computes in one pass over memory: a primitive, or several that are
fused. A result overwrites its state, the parameter or a temporary where nothing needs the old
value afterwards; so a step costs no more passes, and no more memory, than one written by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from evosearch.export.pytorch.instructions import Copy, Entry, Instruction
from evosearch.export.pytorch.ordering import Ordering
from evosearch.export.pytorch.selection import Selection
from evosearch.export.pytorch.step import Step
from evosearch.export.pytorch.temporaries import Memory
from evosearch.graph.graph import INPUT, Node, Slot
from primitives import Fusion


@dataclass(frozen=True)
class Schedule:
    """Holds instructions and copies in the order in which the code has them."""

    entries: tuple[Entry, ...]
    states: tuple[Slot, ...]
    """The places that are kept between steps, the parameter included."""
    freed: Mapping[int, tuple[str, ...]]
    """The variables to be given up before an entry that takes memory, by the entry's number; those
    to be given up at the end by the number of entries."""
    freed_in_lists: Mapping[int, tuple[str, ...]]
    """The same for lists, with the gradients where the step then takes no more for `maximize`."""
    temporaries: int
    """The most tensors of a parameter's shape that a step takes at once."""


@dataclass(frozen=True)
class Unnamed:
    """Is a schedule whose temporaries have no names yet: their place is empty."""

    step: Step
    entries: tuple[Entry, ...]
    states: tuple[Slot, ...]
    last_held: Mapping[int, int]
    """For each node in a temporary, the last node that the temporary holds."""

    def named(self, name: Callable[[int], str]) -> Schedule:
        """Gives the schedule where `name` names each temporary, from the last node it holds."""
        names = {last: name(last) for last in dict.fromkeys(self.last_held.values())}
        entries = [
            replace(entry, place=names[self.last_held[entry.node]])
            if isinstance(entry, Instruction) and not entry.place
            else entry
            for entry in self.entries
        ]
        states = {slot.name for slot in self.states}
        memory = Memory(self.step, states)
        freed = memory.freed(entries)
        peak = memory.peak(entries, freed)
        gradient = {i: "g" for i, node in enumerate(self.step.nodes) if _is_gradient(node)}
        turned = Memory(self.step, states, gradient)
        early = turned.freed(entries)
        in_lists = early if turned.peak(entries, early) <= peak else freed
        return Schedule(tuple(entries), self.states, freed, in_lists, peak)


def _is_gradient(node: Node) -> bool:
    return node.op == INPUT and node.label == "g"


def schedule(step: Step, *, pure: bool = False) -> Unnamed:
    """Finds the order of a step, and what its results overwrite.

    A `pure` step overwrites nothing before its end, as automatic differentiation through it needs.
    """
    selection = Selection(step, pure)
    ordering = Ordering(step, selection, pure)
    stored = {} if pure else _stored(step, ordering)
    last_read = {step.result: len(ordering.entries)}
    for number, entry in enumerate(ordering.entries):
        for operand in entry.operands:
            last_read[operand] = max(number, last_read.get(operand, 0))
    maker: dict[int, int] = {}
    """For a node in a temporary, the node that the temporary was made for."""
    last_held: dict[int, int] = {}
    """For a node that a temporary was made for, the last node held there."""
    entries: list[Entry] = []
    for number, entry in enumerate(ordering.entries):
        node = entry.node
        if isinstance(entry, Copy):
            if node not in stored:
                entries.append(entry)
        elif node in ordering.chains:
            place, position = ordering.chains[node]
            entries.append(replace(entry, place=place, overwrites=entry.operands[position]))
        elif node in stored:
            entries.append(replace(entry, place=stored[node], stores=True))
        else:
            operands = (entry.operands[position] for position in selection.overwritable(entry))
            target = next((o for o in operands if o in maker and last_read[o] == number), None)
            maker[node] = node if target is None else maker[target]
            last_held[maker[node]] = node
            entries.append(replace(entry, overwrites=target))
    held = {node: last_held[first] for node, first in maker.items()}
    return Unnamed(step, tuple(entries), tuple(selection.slots), held)


def _stored(step: Step, ordering: Ordering) -> dict[int, str]:
    """Finds the nodes that are computed straight into a state: copied there and nowhere else.

    All that read the old value must come before, so the copy is where the value is made.
    """
    entries, stored = ordering.entries, {}
    made = {e.node: number for number, e in enumerate(entries) if isinstance(e, Instruction)}
    for slot in ordering.copies:
        copies = [e for e in entries if isinstance(e, Copy) and e.node == slot.write]
        instruction = ordering.instructions.get(slot.write)
        if instruction is None or slot.write in ordering.chains or len(copies) > 1:
            continue
        if step.nodes[slot.write].kind is not slot.kind or isinstance(instruction.row, Fusion):
            continue
        readers = [n for n, e in enumerate(entries) if slot.read in e.operands]
        if all(reader <= made[slot.write] for reader in readers):
            stored[slot.write] = slot.name
    return stored
