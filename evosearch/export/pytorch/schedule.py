"""In which order a step is computed, and which of its results may overwrite what.

An instruction is what torch computes in one pass over memory: a primitive, or several that are
fused. A result overwrites its state, the parameter or a temporary where nothing needs the old
value afterwards; so a step costs no more passes, and no more memory, than one written by hand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import networkx

from evosearch.export.pytorch.instructions import Copy, Entry, Instruction
from evosearch.export.pytorch.selection import Selection
from evosearch.export.pytorch.step import Step
from evosearch.export.pytorch.temporaries import Memory
from evosearch.graph.graph import SOURCES, Slot
from primitives import Fusion


@dataclass(frozen=True)
class Schedule:
    """Instructions and copies in order; `places` says which variable holds each node, by when."""

    entries: tuple[Entry, ...]
    states: tuple[Slot, ...]
    freed: Mapping[int, tuple[str, ...]]
    """By the number of an entry that takes memory, the variables to be given up before it; those
    to be given up at the end by the number of entries."""
    temporaries: int
    """The most tensors of a parameter's shape that a step takes at once."""


@dataclass
class _Plan:
    """What has to be ordered: instructions, and copies of values into states."""

    instructions: dict[int, Instruction]
    chains: dict[int, tuple[str, int]] = field(default_factory=dict)
    """For a node that overwrites a state's old value, the state and the operand's position."""
    copies: list[Slot] = field(default_factory=list)


def schedule(step: Step, name: Callable[[int], str], *, pure: bool = False) -> Schedule:
    """The order of a step.

    `name` gives a new variable a name, from the last node that it holds. A `pure` step overwrites
    nothing before its end, as automatic differentiation through it needs.
    """
    return _Scheduler(step, name, pure).schedule()


class _Scheduler:
    def __init__(self, step: Step, name: Callable[[int], str], pure: bool) -> None:
        self._step, self._name, self._pure = step, name, pure
        self._selection = Selection(step, pure)

    def schedule(self) -> Schedule:
        plan = _Plan(self._selection.select())
        self._chain(plan)
        entries = self._ordered(plan)
        return self._allocated(entries, plan)

    # What overwrites a state

    def _chain(self, plan: _Plan) -> None:
        reads = self._reads(plan)
        for slot in self._selection.slots:
            links = None
            if slot.read is not None and slot.write not in plan.chains and not self._pure:
                links = self._links(plan, slot, slot.write, reads)
            if links is None:
                plan.copies.append(slot)
            else:
                plan.chains |= {node: (slot.name, position) for node, position in links}

    def _reads(self, plan: _Plan) -> dict[int, int]:
        """How many instructions read each node, and states that are written from it."""
        reads: Counter[int] = Counter(slot.write for slot in self._selection.slots)
        for instruction in plan.instructions.values():
            reads.update(set(instruction.operands))
        return reads

    def _links(
        self, plan: _Plan, slot: Slot, index: int, reads: Mapping[int, int]
    ) -> list[tuple[int, int]] | None:
        """Instructions that turn the slot's old value into node `index` in its own place."""
        instruction = plan.instructions.get(index)
        if instruction is None or self._step.nodes[index].kind != slot.kind:
            return None
        for position in self._selection.overwritable(instruction):
            operand = instruction.operands[position]
            if operand == slot.read:
                return [(index, position)]
            if reads.get(operand) == 1 and operand not in self._selection.results:
                before = self._links(plan, slot, operand, reads)
                if before is not None:
                    return [*before, (index, position)]
        return None

    # In which order

    def _ordered(self, plan: _Plan) -> list[Entry]:
        entries: list[Entry] = list(plan.instructions.values())
        entries += [Copy(slot.write, slot.name, True) for slot in plan.copies]
        makers = {e.node: n for n, e in enumerate(entries) if isinstance(e, Instruction)}
        order = networkx.DiGraph()
        order.add_nodes_from(range(len(entries)))
        readers: dict[int, list[int]] = {}
        for number, entry in enumerate(entries):
            for operand in entry.operands:
                readers.setdefault(operand, []).append(number)
                if operand in makers:
                    order.add_edge(makers[operand], number)
        last: list[Copy] = []
        for slot in self._selection.slots:
            if self._pure or slot.read is None or slot.write == slot.read:
                continue
            writer = self._first_writer(plan, slot, makers, entries)
            edges = [(r, writer) for r in readers.get(slot.read, []) if r != writer]
            added = [edge for edge in edges if not order.has_edge(*edge)]
            order.add_edges_from(added)
            if networkx.is_directed_acyclic_graph(order):
                continue
            # Something computed from the new value needs the old one: the new one waits.
            order.remove_edges_from(added)
            for node in [n for n, (name, _) in plan.chains.items() if name == slot.name]:
                del plan.chains[node]
            waiting = Copy(slot.write, f"new_{slot.name}", False)
            is_source = self._step.nodes[slot.write].op in SOURCES
            if isinstance(entries[writer], Copy):
                entries[writer] = waiting
            source = waiting.place if is_source else ""
            last.append(Copy(slot.write, slot.name, True, source))
        kept = {e.node for e in last if e.source}
        ordered = [entries[n] for n in self._sequence(order, entries)]
        return [
            *(e for e in ordered if isinstance(e, Instruction) or e.is_state or e.node in kept),
            *last,
        ]

    def _sequence(self, order: networkx.DiGraph, entries: list[Entry]) -> Iterator[int]:
        """The author's order, except that what only one entry reads is read at once."""
        waiting = {n: order.in_degree(n) for n in order}
        ready = {n for n, count in waiting.items() if count == 0}
        made: int | None = None

        def key(number: int) -> tuple[bool, bool, int, bool]:
            entry = entries[number]
            goes_on = (
                made is not None and made in entry.operands and self._selection.uses[made] == 1
            )
            final = self._pure and isinstance(entry, Copy)
            return final, not goes_on, entry.node, isinstance(entry, Copy)

        while ready:
            number = min(ready, key=key)
            ready.remove(number)
            yield number
            made = entries[number].node
            for after in order.successors(number):
                waiting[after] -= 1
                if not waiting[after]:
                    ready.add(after)

    def _first_writer(
        self,
        plan: _Plan,
        slot: Slot,
        makers: Mapping[int, int],
        entries: list[Entry],
    ) -> int:
        """The first of the entries that destroys the slot's old value."""
        chain = [node for node, (name, _) in plan.chains.items() if name == slot.name]
        if chain:
            return makers[chain[0]]
        return next(
            n for n, e in enumerate(entries) if isinstance(e, Copy) and e.place == slot.name
        )

    # Where results are held

    def _allocated(self, entries: list[Entry], plan: _Plan) -> Schedule:
        last: dict[int, int] = {}
        for number, entry in enumerate(entries):
            for operand in entry.operands:
                last[operand] = number
        last[self._step.result] = len(entries)
        stored = self._stored(entries, plan)
        held: dict[int, int] = {}
        """For a node in a temporary, the instruction that made the temporary."""
        made: list[Entry] = []
        final: dict[int, int] = {}
        """For an instruction that made a temporary, the last node held there."""
        for number, entry in enumerate(entries):
            if isinstance(entry, Copy):
                if entry.node not in stored:
                    made.append(entry)
                continue
            node = entry.node
            if node in plan.chains:
                place, position = plan.chains[node]
                made.append(
                    Instruction(node, entry.row, entry.operands, place, entry.operands[position])
                )
            elif node in stored:
                made.append(Instruction(node, entry.row, entry.operands, stored[node], stores=True))
            else:
                target = next(
                    (
                        entry.operands[position]
                        for position in self._selection.overwritable(entry)
                        if entry.operands[position] in held
                        and last[entry.operands[position]] == number
                    ),
                    None,
                )
                held[node] = held[target] if target is not None else number
                final[held[node]] = node
                made.append(Instruction(node, entry.row, entry.operands, "", target))
        names = {maker: self._name(node) for maker, node in final.items()}
        named = [
            Instruction(e.node, e.row, e.operands, names[held[e.node]], e.overwrites)
            if isinstance(e, Instruction) and not e.place
            else e
            for e in made
        ]
        memory = Memory(self._step, {slot.name for slot in self._selection.slots})
        freed = memory.freed(named)
        return Schedule(
            tuple(named), tuple(self._selection.slots), freed, memory.peak(named, freed)
        )

    def _stored(self, entries: list[Entry], plan: _Plan) -> dict[int, str]:
        """Nodes that are computed straight into a state: those copied there and nowhere else.

        All that read the old value must come before, so the copy is where the value is made.
        """
        if self._pure:
            return {}
        order = {e.node: n for n, e in enumerate(entries) if isinstance(e, Instruction)}
        stored: dict[int, str] = {}
        for slot in plan.copies:
            copies = [e for e in entries if isinstance(e, Copy) and e.node == slot.write]
            if slot.write not in plan.instructions or slot.write in plan.chains or len(copies) > 1:
                continue
            if self._step.nodes[slot.write].kind != slot.kind:
                continue
            if isinstance(plan.instructions[slot.write].row, Fusion):
                continue
            made = order[slot.write]
            readers = [
                n
                for n, e in enumerate(entries)
                if slot.read is not None and slot.read in e.operands
            ]
            if all(reader <= made for reader in readers):
                stored[slot.write] = slot.name
        return stored
