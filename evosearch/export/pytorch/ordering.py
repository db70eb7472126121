"""Decides in which order a step is computed, and which instructions overwrite states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from evosearch.export.pytorch.instructions import Copy, Entry, Instruction
from evosearch.export.pytorch.selection import Selection
from evosearch.export.pytorch.step import Step
from evosearch.graph.graph import SOURCES, Slot

if TYPE_CHECKING:
    import networkx


class Ordering:
    """Holds the instructions and copies of a step in order.

    Every old value is read before it is overwritten; a `pure` step overwrites nothing.
    """

    def __init__(self, step: Step, selection: Selection, pure: bool) -> None:
        self._step, self._selection, self._pure = step, selection, pure
        self.instructions = selection.select()
        """By node, the instruction that computes it."""
        self.chains: dict[int, tuple[str, int]] = {}
        """For a node that overwrites a state's old value, the state and the operand's position."""
        self.copies: list[Slot] = []
        """The states into which a value is copied."""
        self._chain()
        self.entries = self._ordered()

    def _chain(self) -> None:
        reads = self._reads()
        for slot in self._selection.slots:
            links = None
            if slot.read is not None and slot.write not in self.chains and not self._pure:
                links = self._links(slot, slot.write, reads)
            if links is None:
                self.copies.append(slot)
            else:
                self.chains |= {node: (slot.name, position) for node, position in links}

    def _reads(self) -> dict[int, int]:
        """Counts for each node the instructions that read it, and the states written from it."""
        reads: Counter[int] = Counter(slot.write for slot in self._selection.slots)
        for instruction in self.instructions.values():
            reads.update(set(instruction.operands))
        return reads

    def _links(
        self, slot: Slot, index: int, reads: Mapping[int, int]
    ) -> list[tuple[int, int]] | None:
        """Finds instructions that turn the slot's old value into node `index` in its own place."""
        instruction = self.instructions.get(index)
        if instruction is None or self._step.nodes[index].kind is not slot.kind:
            return None
        for position in self._selection.overwritable(instruction):
            operand = instruction.operands[position]
            if operand == slot.read:
                return [(index, position)]
            if reads.get(operand) == 1 and operand not in self._selection.results:
                before = self._links(slot, operand, reads)
                if before is not None:
                    return [*before, (index, position)]
        return None

    def _ordered(self) -> list[Entry]:
        import networkx  # slow to load, and needed by few commands

        entries: list[Entry] = list(self.instructions.values())
        entries += [Copy(slot.write, slot.name, True) for slot in self.copies]
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
            writer = self._first_writer(slot, makers, entries)
            edges = [(r, writer) for r in readers.get(slot.read, []) if r != writer]
            added = [edge for edge in edges if not order.has_edge(*edge)]
            order.add_edges_from(added)
            if networkx.is_directed_acyclic_graph(order):
                continue
            # Something computed from the new value needs the old one: the new one waits.
            order.remove_edges_from(added)
            for node in [n for n, (name, _) in self.chains.items() if name == slot.name]:
                del self.chains[node]
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
        """Keeps the author's order, except that what only one entry reads is read at once."""
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
        slot: Slot,
        makers: Mapping[int, int],
        entries: list[Entry],
    ) -> int:
        """Finds the first of the entries that destroys the slot's old value."""
        chain = [node for node, (name, _) in self.chains.items() if name == slot.name]
        if chain:
            return makers[chain[0]]
        return next(
            n for n, e in enumerate(entries) if isinstance(e, Copy) and e.place == slot.name
        )
