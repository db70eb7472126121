"""A step as lines of torch code for one parameter."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from evosearch.export.notation.names import Namer
from evosearch.export.notation.python_text import bound, tidy
from evosearch.export.pytorch.numbers import Numbers
from evosearch.export.pytorch.roles import naming
from evosearch.export.pytorch.schedule import Schedule, schedule
from evosearch.export.pytorch.selection import Copy, Instruction
from evosearch.export.pytorch.step import Step
from evosearch.graph.graph import INPUT, SLOT
from primitives import Fusion, Kind, Primitive, render

_LONGEST_CHAIN = 72
_LONGEST_NESTED = 36


class TorchCode:
    """The code of a step; a `pure` one overwrites nothing before its end.

    Variables are named `p`, `g`, `t`, and as the rule's states and hyperparameters; a list of them
    has the plural's name.
    """

    def __init__(self, step: Step, taken: Iterable[str], *, pure: bool = False) -> None:
        self._step, self._pure = step, pure
        labels = {node.label for node in step.nodes if node.label}
        self._namer = Namer({*labels, *(slot.name for slot in step.slots), *taken})
        # Numbers come first in the code, so they get the first names; which numbers are read, the
        # schedule tells.
        self._schedule: Schedule = schedule(step, naming(step, Namer(set())), pure=pure)
        read = [
            operand
            for entry in self._schedule.entries
            for operand in (entry.operands if isinstance(entry, Instruction) else (entry.node,))
            if step.numbers[operand]
        ]
        if step.numbers[step.result]:
            read.append(step.result)
        self._numbers = Numbers(step, Namer(set()), [], read)
        wanted = [*self._witnesses(), *self._repeated()]
        self._numbers = Numbers(step, self._namer, wanted, read)
        self._schedule = schedule(step, naming(step, self._namer), pure=pure)
        self._places: dict[int, str] = {}
        for index, node in enumerate(step.nodes):
            if node.op in (INPUT, SLOT) and not step.numbers[index]:
                self._places[index] = {"w": "p"}.get(node.label, node.label)
        # Whether there is one for each parameter, rather than one for all.
        self._own = {place: self._is_own(index) for index, place in self._places.items()}
        self._own |= {slot.name: True for slot in step.slots}

    @property
    def temporaries(self) -> int:
        """The most tensors of a parameter's shape that a step allocates at once."""
        return self._schedule.temporaries

    def _witnesses(self) -> list[int]:
        """Numbers of which the code asks whether they are tensors."""
        found = []
        for entry in self._schedule.entries:
            if not isinstance(entry, Instruction):
                continue
            if not isinstance(entry.row, Fusion) and self._is_alike(entry):
                continue
            for operand in entry.operands:
                if self._step.numbers[operand] and self._numbers.varies(operand):
                    witness = self._numbers.needs_witness(operand)
                    if witness is not None:
                        found.append(witness)
        return found

    def _repeated(self) -> list[int]:
        """Numbers that the code of an instruction mentions twice."""
        return [
            operand
            for entry in self._schedule.entries
            if isinstance(entry, Instruction) and isinstance(entry.row, Primitive)
            for operand in set(entry.operands)
            if self._step.numbers[operand] and self._step.nodes[operand].operands
            if self._apply_count(entry, operand) > 1
        ]

    def _mixes(self) -> bool:
        """Whether code that differs between floats and tensors reads both step and rate."""
        labels = [
            set().union(*(self._step.leaves[i] for i in entry.operands if self._step.numbers[i]))
            for entry in self._schedule.entries
            if isinstance(entry, Instruction)
            and isinstance(entry.row, Primitive)
            and not self._is_alike(entry)
        ]
        return self._numbers.mixes() or any({"t", "lr"} <= found for found in labels)

    def _is_own(self, index: int) -> bool:
        labels = {"w", "g", "t", *(slot.name for slot in self._step.slots)}
        return bool(self._step.leaves[index] & labels)

    # One parameter

    def single(self) -> list[str]:
        """Lines that move `p`, in the body of a loop over the parameters."""
        return [*self._single_numbers(), *_joined(self._single_lines())]

    def _freed(self, number: int, name: Callable[[str], str]) -> list[str]:
        """A line that gives up temporaries, lest what comes next take memory beside them."""
        places = () if self._pure else self._schedule.freed.get(number, ())
        return [f"del {', '.join(map(name, places))}"] if places else []

    def value(self) -> tuple[list[str], str]:
        """Lines, and then an expression of the step's result."""
        lines = [*self._single_numbers(), *_joined(self._single_lines())]
        index = self._step.result
        if self._step.numbers[index]:
            return lines, tidy(self._numbers.text(index))
        return lines, self._places[index]

    def _single_numbers(self) -> list[str]:
        lines = []
        if self._mixes():
            lines.append("t, lr = _alike(t, lr)")
        for index, name in self._numbers.names.items():
            text = self._numbers.text(index, root=True)
            lines += assignment(name, text, "Any" if " if isinstance(" in text else "")
        costly = [self._numbers.names[index] for index in self._costly()]
        if costly:
            names = ", ".join(costly)
            target = names if len(costly) > 1 else f"({names},)"
            lines += [
                "if torch.compiler.is_compiling():",
                f"    {target} = _settled([{names}])",
            ]
        return lines

    def _costly(self) -> list[int]:
        """Named numbers that depend on the step and that instructions read."""
        found: set[int] = set()
        stack = [
            operand
            for entry in self._schedule.entries
            for operand in (entry.operands if isinstance(entry, Instruction) else (entry.node,))
            if self._step.numbers[operand]
        ]
        while stack:
            index = stack.pop()
            if index in self._numbers.names:
                if "t" in self._step.leaves[index]:
                    found.add(index)
            else:
                stack.extend(self._step.nodes[index].operands)
        return sorted(found)

    def _single_lines(self) -> list[list[str]]:
        lines: list[list[str]] = []
        for number, entry in enumerate(self._schedule.entries):
            lines.append(self._freed(number, str))
            if isinstance(entry, Copy):
                lines.append([self._copy(entry)])
                continue
            found = self._computed(entry)
            self._hold(entry)
            if self._pure and len(found) == 1 and self._is_read_once(entry):
                text = found[0].partition(" = ")[2]
                if len(text) <= _LONGEST_NESTED and " if " not in text:
                    self._places[entry.node] = bound(text)
                    continue
            lines.append(found)
        lines.append(self._freed(len(self._schedule.entries), str))
        return [line for line in lines if line]

    def _is_read_once(self, entry: Instruction) -> bool:
        """Whether a single instruction reads the result, so that it needs no name."""
        readers = [
            other
            for other in self._schedule.entries
            if entry.node in (other.operands if isinstance(other, Instruction) else (other.node,))
        ]
        return (
            len(readers) == 1
            and isinstance(readers[0], Instruction)
            and readers[0].operands.count(entry.node) == 1
            and self._is_alike(readers[0])
            and self._apply_count(readers[0], entry.node) == 1
        )

    def _apply_count(self, reader: Instruction, node: int) -> int:
        """How often the code of an instruction mentions a node."""
        marks = [f"_{position}_" for position in range(len(reader.operands))]
        return self._apply(reader, marks, False).count(marks[reader.operands.index(node)])

    def _hold(self, entry: Instruction) -> None:
        self._places[entry.node] = entry.place
        self._own.setdefault(entry.place, self._is_own(entry.node))

    def _copy(self, entry: Copy) -> str:
        source = entry.source or self._text(entry.node)
        if not entry.is_state:
            return f"{entry.place} = {source}.clone()"
        target = f"old_{entry.place}" if self._pure else entry.place
        if not self._step.numbers[entry.node]:
            return f"{target}.copy_({source})"
        return f"{target}.fill_({tidy(source)})"

    def _computed(self, entry: Instruction) -> list[str]:
        """Lines that compute an instruction's node in its place."""
        if isinstance(entry.row, Fusion):
            return self._fused(entry, entry.row)
        if entry.overwrites is None:
            text = self._expression(entry)
            return (
                [f"{entry.place}.copy_({text})"] if entry.stores else assignment(entry.place, text)
            )
        position = entry.operands.index(entry.overwrites)
        template = entry.row.in_place[position]
        forms = [tidy(template.format(*self._operands(entry))) for tensors in (False, True)]
        return self._by_cases(forms[0], forms[1], entry)

    def _fused(self, entry: Instruction, row: Fusion) -> list[str]:
        texts = self._operands(entry)
        lines = []
        if entry.overwrites is None:
            lines.append(f"{entry.place} = {texts[row.target]}.clone()")
            texts[row.target] = entry.place
        forms = [
            tidy(template.format(*texts))
            for template in (row.in_place, row.tensor_in_place or row.in_place)
        ]
        return [*lines, *self._by_cases(forms[0], forms[1], entry)]

    def _by_cases(self, floats: str, tensors: str, entry: Instruction) -> list[str]:
        """One statement, or two where numbers need different code as tensors."""
        witness = self._witness(entry)
        if floats == tensors or witness is None:
            return [floats]
        return [
            f"if isinstance({witness}, Tensor):", f"    {tensors}", "else:", f"    {floats}"
        ]  # fmt: skip

    def _witness(self, entry: Instruction) -> str | None:
        for operand in entry.operands:
            if self._step.numbers[operand] and self._numbers.varies(operand):
                named = self._numbers.needs_witness(operand)
                return self._numbers.witness(operand if named is None else named)
        return None

    def _is_alike(self, entry: Instruction) -> bool:
        marks = [f"_{position}_" for position in range(len(entry.operands))]
        assert isinstance(entry.row, Primitive)
        return self._apply(entry, marks, False) == self._apply(entry, marks, True)

    def _expression(self, entry: Instruction) -> str:
        """An expression of the instruction's node, by its primitive's source."""
        forms = [
            tidy(self._apply(entry, self._operands(entry), tensors)) for tensors in (False, True)
        ]
        witness = self._witness(entry)
        if forms[0] == forms[1] or witness is None:
            return forms[0]
        return f"{forms[1]} if isinstance({witness}, Tensor) else {forms[0]}"

    def _apply(self, entry: Instruction, texts: Sequence[str], tensors: bool) -> str:
        row = entry.row
        assert isinstance(row, Primitive)
        texts, floats = list(texts), []
        for position, operand in enumerate(entry.operands):
            number = self._step.numbers[operand]
            as_float = number and not (tensors and self._numbers.varies(operand))
            if row.reduces and self._step.nodes[operand].kind is not Kind.TENSOR:
                texts[position] = (
                    f"torch.full_like(p, {texts[position]})"
                    if as_float
                    else f"{texts[position]}{'.to(p)' if number else ''}.expand_as(p)"
                )
                as_float = False
            elif number and not as_float and row.accepts[position] is not Kind.TENSOR:
                texts[position] = f"{texts[position]}.to(p)"
            floats.append(as_float)
        guarded = row.guarded is not None and self._step.is_guarded(entry.node)
        return render(row.guarded.source if guarded and row.guarded else row.source, texts, floats)

    def _operands(self, entry: Instruction) -> list[str]:
        return [bound(self._text(operand)) for operand in entry.operands]

    def _text(self, index: int) -> str:
        return self._numbers.text(index) if self._step.numbers[index] else self._places[index]


def assignment(name: str, text: str, kind: str = "") -> list[str]:
    """`name = text`; `kind` is the type where a checker cannot tell it."""
    text = text if text.startswith("[") else tidy(text)
    return [f"{name}: {kind} = {text}" if kind else f"{name} = {text}"]


def _joined(groups: Sequence[Sequence[str]]) -> list[str]:
    """The lines, where one overwrites what the last made as one chain of calls."""
    lines: list[str] = []
    for group in groups:
        if len(group) == 1 and lines:
            chained = _chained(lines[-1], group[0])
            if chained:
                lines[-1] = chained
                continue
        lines += group
    return lines


def _chained(first: str, second: str) -> str | None:
    made = re.match(r"(\w+) = (.*)", first)
    name = made[1] if made else re.match(r"\w*", first)[0]  # type: ignore[index]
    if name == "p" or not second.startswith(f"{name}.") or second.count(name) > 1:
        return None
    if made and " if " not in first:
        result = f"{name} = " + tidy(bound(made[2]) + second[len(name) :])
    elif re.fullmatch(rf"{name}\..*\)", first) and not re.match(r"\w+\.copy_", second):
        result = first + second[len(name) :]
    else:
        return None
    return result if len(result) <= _LONGEST_CHAIN else None
