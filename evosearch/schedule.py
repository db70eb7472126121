"""In which order a step is computed, and which of its results may overwrite what.

An instruction is what torch computes in one pass over memory: a primitive, or several that are
fused. A result overwrites its state, the parameter or a temporary where nothing needs the old
value afterwards; so a step costs no more passes, and no more memory, than one written by hand.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import networkx

from evosearch.graph import INPUT, SOURCES, Slot
from evosearch.moves import Step
from primitives import FUSIONS, INFIX, PRIMITIVES, SPELLINGS, Fusion, Kind, Primitive, render
from primitives.primitive import LETTERS

PARAMETER = "p"
"""What the parameter is called, as a place that holds a value."""


@dataclass(frozen=True)
class Instruction:
    """Computes `node` from `operands`, in the order of the row's arguments or letters."""

    node: int
    row: Primitive | Fusion
    operands: tuple[int, ...]
    place: str = ""
    """The variable that holds the result; set by `schedule`."""
    overwrites: int | None = None
    """The operand whose place the result takes; None where the result is new."""
    stores: bool = False
    """Whether the result is copied into a state that has no further use for its old value."""


@dataclass(frozen=True)
class Copy:
    """Stores a node in a state, or a copy of it in a new variable."""

    node: int
    place: str
    is_state: bool
    source: str = ""
    """The variable to copy from, where it is not the one that holds the node."""


@dataclass(frozen=True)
class Schedule:
    """Instructions and copies in order; `places` says which variable holds each node, by when."""

    entries: tuple[Instruction | Copy, ...]
    states: tuple[Slot, ...]
    freed: Mapping[int, tuple[str, ...]]
    """By the number of an entry that takes memory, the variables to be given up before it; those
    to be given up at the end by the number of entries."""
    temporaries: int
    """The most tensors of a parameter's shape that a step takes at once."""


@dataclass
class _Plan:
    """What has to be ordered: instructions, and copies of values into states."""

    instructions: dict[int, Instruction] = field(default_factory=dict)
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
        self._slots = list(step.slots)
        if step.moves:
            reads = [i for i, n in enumerate(step.nodes) if (n.op, n.label) == (INPUT, "w")]
            self._slots.append(Slot(PARAMETER, Kind.TENSOR, reads[0], step.result))
        self._results = {slot.write for slot in self._slots} | {step.result}
        self._uses = [0] * len(step.nodes)
        for node in step.nodes:
            for operand in node.operands:
                self._uses[operand] += 1

    def schedule(self) -> Schedule:
        plan = _Plan()
        self._select(plan)
        self._chain(plan)
        entries = self._ordered(plan)
        return self._allocated(entries, plan)

    # What is computed by which instruction

    def _is_array(self, index: int) -> bool:
        return not self._step.numbers[index] and self._step.nodes[index].op not in SOURCES

    def _select(self, plan: _Plan) -> None:
        wanted = sorted(self._results, reverse=True)
        while wanted:
            index = wanted.pop()
            if index in plan.instructions or not self._is_array(index):
                continue
            plan.instructions[index] = found = self._instruction(index)
            wanted.extend(i for i in found.operands if self._is_array(i))
        # Only an instruction's operands are read; what is inside a fusion is not.

    def _instruction(self, index: int) -> Instruction:
        node = self._step.nodes[index]
        if not self._pure:
            for fusion in FUSIONS:
                found = self._match(fusion, index)
                if found is not None:
                    return Instruction(index, fusion, found)
        return Instruction(index, PRIMITIVES[node.op], node.operands)

    def _match(self, fusion: Fusion, index: int) -> tuple[int, ...] | None:
        """The nodes that a fusion's letters stand for where its whole is node `index`."""
        kind = self._step.nodes[index].kind
        if kind is not Kind.TENSOR:
            return None
        for bound in self._bindings(_pattern(fusion.pattern), index, {}, root=True):
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
        """Whether the letter that is overwritten holds nothing that is needed otherwise.

        Of a new state it must come from the old one, in whose place the new one then stands.
        """
        target = bound[LETTERS[fusion.target]]
        if list(bound.values()).count(target) > 1:
            return False
        for slot in self._slots:
            if slot.write == index:
                return slot.read is not None and self._comes_from(target, slot.read)
        return self._is_array(target) and self._uses[target] == 1 and target not in self._results

    def _comes_from(self, index: int, read: int) -> bool:
        """Whether in-place operations lead from one node to another that nothing else needs."""
        if index == read:
            return True
        if not self._is_array(index) or self._uses[index] > 1 or index in self._results:
            return False
        instruction = self._instruction(index)
        return any(
            self._comes_from(instruction.operands[position], read)
            for position in self._overwritable(instruction)
        )

    def _bindings(
        self, pattern: str | tuple[str, ...], index: int, bound: dict[str, int], root: bool = False
    ) -> Iterator[dict[str, int]]:
        if isinstance(pattern, str):
            if bound.get(pattern, index) == index:
                yield {**bound, pattern: index}
            return
        op, *parts = pattern
        node = self._step.nodes[index]
        inner = self._uses[index] == 1 and index not in self._results
        if node.op != op or self._step.numbers[index] or not (root or inner):
            return
        if self._step.is_guarded(index):
            return
        orders = [node.operands]
        if PRIMITIVES[op].commutative:
            orders.append(node.operands[::-1])
        for operands in orders:
            found = [bound]
            for part, operand in zip(parts, operands, strict=True):
                found = [new for old in found for new in self._bindings(part, operand, old)]
            yield from found

    # What overwrites a state

    def _chain(self, plan: _Plan) -> None:
        reads = self._reads(plan)
        for slot in self._slots:
            links = None
            if slot.read is not None and slot.write not in plan.chains and not self._pure:
                links = self._links(plan, slot, slot.write, reads)
            if links is None:
                plan.copies.append(slot)
            else:
                plan.chains |= {node: (slot.name, position) for node, position in links}

    def _reads(self, plan: _Plan) -> dict[int, int]:
        """How many instructions read each node, and states that are written from it."""
        found: dict[int, int] = {}
        for instruction in plan.instructions.values():
            for operand in set(instruction.operands):
                found[operand] = found.get(operand, 0) + 1
        for slot in self._slots:
            found[slot.write] = found.get(slot.write, 0) + 1
        return found

    def _links(
        self, plan: _Plan, slot: Slot, index: int, reads: Mapping[int, int]
    ) -> list[tuple[int, int]] | None:
        """Instructions that turn the slot's old value into node `index` in its own place."""
        instruction = plan.instructions.get(index)
        if instruction is None or self._step.nodes[index].kind != slot.kind:
            return None
        for position in self._overwritable(instruction):
            operand = instruction.operands[position]
            if operand == slot.read:
                return [(index, position)]
            if reads.get(operand) == 1 and operand not in self._results:
                before = self._links(plan, slot, operand, reads)
                if before is not None:
                    return [*before, (index, position)]
        return None

    def _overwritable(self, instruction: Instruction) -> Iterator[int]:
        """The operands that the instruction has an in-place form for."""
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
                and nodes[index].kind == nodes[instruction.node].kind
                and operands.count(index) == 1
                and not any(numbers[operands[place]] and place in row.tensors for place in others)
                and self._is_own(index) == self._is_own(instruction.node)
            ):
                yield position

    def _is_own(self, index: int) -> bool:
        """Whether there is one value for each parameter, rather than one for all."""
        return bool(self._step.leaves[index] & self._own_labels())

    def _own_labels(self) -> set[str]:
        return {"w", "g", "t", *(slot.name for slot in self._step.slots)}

    # In which order

    def _ordered(self, plan: _Plan) -> list[Instruction | Copy]:
        entries: list[Instruction | Copy] = list(plan.instructions.values())
        entries += [Copy(slot.write, slot.name, True) for slot in plan.copies]
        makers = {e.node: n for n, e in enumerate(entries) if isinstance(e, Instruction)}
        order = networkx.DiGraph()
        order.add_nodes_from(range(len(entries)))
        readers: dict[int, list[int]] = {}
        for number, entry in enumerate(entries):
            operands = entry.operands if isinstance(entry, Instruction) else (entry.node,)
            for operand in operands:
                readers.setdefault(operand, []).append(number)
                if operand in makers:
                    order.add_edge(makers[operand], number)
        last: list[Copy] = []
        for slot in self._slots:
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
        found = [entries[n] for n in self._sequence(order, entries)]
        return [
            *(e for e in found if isinstance(e, Instruction) or e.is_state or e.node in kept),
            *last,
        ]

    def _sequence(
        self, order: networkx.DiGraph, entries: list[Instruction | Copy]
    ) -> Iterator[int]:
        """The author's order, except that what only one entry reads is read at once."""
        waiting = {n: order.in_degree(n) for n in order}
        ready = {n for n, count in waiting.items() if count == 0}
        made: int | None = None

        def key(number: int) -> tuple[bool, bool, int, bool]:
            entry = entries[number]
            reads = entry.operands if isinstance(entry, Instruction) else (entry.node,)
            goes_on = made is not None and made in reads and self._uses[made] == 1
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
        entries: list[Instruction | Copy],
    ) -> int:
        """Of the entries, the one that first destroys the slot's old value."""
        chain = [node for node, (name, _) in plan.chains.items() if name == slot.name]
        if chain:
            return makers[chain[0]]
        return next(
            n for n, e in enumerate(entries) if isinstance(e, Copy) and e.place == slot.name
        )

    # Where results are held

    def _allocated(self, entries: list[Instruction | Copy], plan: _Plan) -> Schedule:
        last: dict[int, int] = {}
        for number, entry in enumerate(entries):
            for operand in entry.operands if isinstance(entry, Instruction) else (entry.node,):
                last[operand] = number
        last[self._step.result] = len(entries)
        stored = self._stored(entries, plan)
        held: dict[int, int] = {}
        """For a node in a temporary, the instruction that made the temporary."""
        made: list[Instruction | Copy] = []
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
                        for position in self._overwritable(entry)
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
        freed = self._freed(named)
        return Schedule(tuple(named), tuple(self._slots), freed, self._peak(named, freed))

    def _stored(self, entries: list[Instruction | Copy], plan: _Plan) -> dict[int, str]:
        """Nodes that are computed straight into a state: those copied there and nowhere else.

        All that read the old value must come before, so the copy is where the value is made.
        """
        if self._pure:
            return {}
        order = {e.node: n for n, e in enumerate(entries) if isinstance(e, Instruction)}
        found: dict[int, str] = {}
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
                if slot.read is not None
                and slot.read in (e.operands if isinstance(e, Instruction) else (e.node,))
            ]
            if all(reader <= made for reader in readers):
                found[slot.write] = slot.name
        return found

    def _freed(self, entries: list[Instruction | Copy]) -> dict[int, tuple[str, ...]]:
        """For entries that take memory, the temporaries that nothing needs from then on."""
        states = {slot.name for slot in self._slots}
        places: dict[int, str] = {}
        last: dict[str, int] = {}
        for number, entry in enumerate(entries):
            reads = entry.operands if isinstance(entry, Instruction) else (entry.node,)
            last |= {places[operand]: number for operand in reads if operand in places}
            if isinstance(entry, Copy) and entry.source:
                last[entry.source] = number
            if entry.place not in states:
                last[entry.place] = number
                if self._step.nodes[entry.node].kind is Kind.TENSOR:
                    places[entry.node] = entry.place
        found: dict[int, tuple[str, ...]] = {}
        waiting = {place: end for place, end in last.items() if place in places.values()}
        for number, entry in enumerate(entries):
            if isinstance(entry, Instruction) and self._takes(entry):
                dead = tuple(place for place, end in waiting.items() if end < number)
                if dead:
                    found[number] = dead
                    for place in dead:
                        del waiting[place]
        found[len(entries)] = tuple(waiting)
        return found

    def _takes(self, entry: Instruction) -> int:
        """The tensors of a parameter's shape that an instruction's code makes."""
        is_tensor = self._step.nodes[entry.node].kind is Kind.TENSOR
        if entry.overwrites is not None:
            return 0
        if isinstance(entry.row, Fusion):
            return 1
        marks = [f"_{position}_" for position in range(len(entry.operands))]
        guard = entry.row.guarded
        guarded = guard is not None and self._step.is_guarded(entry.node)
        floats = [self._step.numbers[operand] for operand in entry.operands]
        text = render(guard.source if guard and guarded else entry.row.source, marks, floats)
        large = {
            mark
            for mark, operand in zip(marks, entry.operands, strict=True)
            if self._step.nodes[operand].kind is Kind.TENSOR
        }
        made = [
            node
            for node in ast.walk(ast.parse(text, mode="eval"))
            if isinstance(node, ast.BinOp | ast.Call | ast.Compare | ast.UnaryOp)
            and any(isinstance(n, ast.Name) and n.id in large for n in ast.walk(node))
        ]
        return len(made) if is_tensor else min(1, len(made) - 1) if large else 0

    def _peak(self, entries: list[Instruction | Copy], freed: Mapping[int, Sequence[str]]) -> int:
        """The most tensors of a parameter's shape that a step takes at once."""
        states = {slot.name for slot in self._slots}
        alive: set[str] = set()
        peak = 0
        for number, entry in enumerate(entries):
            alive -= set(freed.get(number, ()))
            is_tensor = self._step.nodes[entry.node].kind is Kind.TENSOR
            if isinstance(entry, Copy):
                if not entry.is_state and is_tensor:
                    alive.add(entry.place)
                peak = max(peak, len(alive))
                continue
            peak = max(peak, len(alive) + self._takes(entry))
            if is_tensor and entry.place not in states:
                alive.add(entry.place)
        return peak


@cache
def _pattern(text: str) -> tuple[str, ...]:
    """A fusion's pattern as nested tuples of an operation and its parts."""

    def read(node: ast.expr) -> object:
        match node:
            case ast.Name(id=name):
                return name
            case ast.BinOp(left=left, op=operator, right=right):
                symbol = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}[type(operator)]
                return (INFIX[symbol, 2].name, read(left), read(right))
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return (SPELLINGS[name][0].name, *map(read, arguments))
        raise ValueError(f"{text}: expected names, operators and calls")

    found = read(ast.parse(text, mode="eval").body)
    assert isinstance(found, tuple)
    return found
