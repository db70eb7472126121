"""A step as lines of torch code for lists of parameters, by torch's `_foreach` functions."""

from __future__ import annotations

import re
from collections.abc import Sequence

from evosearch.export.notation.python_text import tidy
from evosearch.export.pytorch.selection import Copy, Instruction
from evosearch.export.pytorch.single import TorchCode, assignment
from primitives import Fusion, Kind, Primitive

_OF_ONE = re.compile(r"(?<![\w.])p(?=\.)")
"""The parameter, where only its dtype and device are meant, which those of a list share."""


class ListCode(TorchCode):
    """The code of a step for lists; where torch has no function for them, of a loop."""

    def multi(self) -> list[str]:
        """Lines that move the parameters of a list."""
        lines = []
        self._looped: set[str] = set()
        if self._mixes():
            lines.append("ts, lr = _alike(ts, lr)")
        for index, name in self._numbers.names.items():
            text = self._numbers.text(index, root=True)
            if self._numbers.is_own(index):
                self._own[name] = True
                kind = "list[Any]" if " if isinstance(" in text else ""
                lines += assignment(self._namer.plural(name), self._each(tidy(text)), kind)
            else:
                self._own[name] = False
                lines += assignment(name, text)
        costly = [self._numbers.names[index] for index in self._costly()]
        if costly:
            lines.append("if torch.compiler.is_compiling():")
            lines += [f"    {n} = _settled({n})" for n in map(self._namer.plural, costly)]
        for number, entry in enumerate(self._schedule.entries):
            lines += self._freed(number, self._held)
            if isinstance(entry, Copy):
                lines += self._copy_each(entry)
                continue
            self._own.setdefault(entry.place, self._is_own(entry.node))
            lines += self._computed_each(entry)
            self._hold(entry)
        return [*lines, *self._freed(len(self._schedule.entries), self._held)]

    def _held(self, place: str) -> str:
        """The variables that hold a temporary: its list, and that of a loop, which outlives it."""
        plural = self._namer.plural(place)
        return f"{plural}, {place}" if place in self._looped else plural

    def _copy_each(self, entry: Copy) -> list[str]:
        if not entry.is_state:
            self._own[entry.place] = True
            return [
                *assignment(
                    self._namer.plural(entry.place),
                    self._each(self._copy(entry)[len(entry.place) + 3 :]),
                )
            ]
        place = self._namer.plural(entry.place)
        node = self._step.nodes[entry.node]
        listed = entry.source or (
            self._places[entry.node] if not self._step.numbers[entry.node] else ""
        )
        if listed and self._own.get(listed) and node.kind is self._kind(entry.place):
            return [f"torch._foreach_copy_({place}, {self._namer.plural(listed)})"]
        return self._for_each([self._copy(entry)])

    def _kind(self, place: str) -> Kind:
        return next((s.kind for s in self._schedule.states if s.name == place), Kind.TENSOR)

    def _computed_each(self, entry: Instruction) -> list[str]:
        if not self._is_own(entry.node) and entry.stores:
            return self._for_each(self._computed(entry))
        if not self._is_own(entry.node):
            return [_OF_ONE.sub("params[0]", line) for line in self._computed(entry)]
        if isinstance(entry.row, Fusion):
            return self._fused_each(entry, entry.row)
        form = self._foreach(entry, entry.row)
        place = self._namer.plural(entry.place)
        if form and entry.overwrites is not None:
            return [form]
        if form and entry.stores:
            return [f"torch._foreach_copy_({place}, {form})"]
        if form:
            return assignment(place, form)
        lines = self._computed(entry)
        if entry.overwrites is not None or entry.stores:
            return self._for_each(lines)
        return assignment(place, self._each(self._expression(entry)))

    def _foreach(self, entry: Instruction, row: Primitive) -> str | None:
        """The call on lists; None where torch has none for such arguments."""
        if row.foreach is None or self._step.is_guarded(entry.node):
            return None
        if entry.overwrites is not None and not row.foreach.in_place:
            return None
        for position, template in row.foreach.forms.items():
            operand = entry.operands[position]
            if entry.overwrites is not None and operand != entry.overwrites:
                continue
            if self._step.numbers[operand] or not self._is_own(operand):
                continue
            kind = Kind.TENSOR if row.reduces else self._step.nodes[entry.node].kind
            if self._step.nodes[operand].kind is not kind:
                continue
            others = [place for place in range(row.arity) if place != position]
            if all(self._may_be_listed(entry, row, place) for place in others):
                texts = [self._listed(operand) for operand in entry.operands]
                mark = "" if entry.overwrites is None else "_"
                return template.replace("{_}", mark).format(*texts)
        return None

    def _may_be_listed(self, entry: Instruction, row: Primitive, position: int) -> bool:
        """Whether an argument may stand beside a list in torch's function."""
        assert row.foreach is not None
        operand = entry.operands[position]
        is_number, is_own = self._step.numbers[operand], self._is_own(operand)
        if position in row.tensors:
            same = self._step.nodes[operand].kind is self._step.nodes[entry.node].kind
            return is_own and not is_number and same
        if is_number and not self._numbers.varies(operand) and not is_own:
            return True
        return row.foreach.listed_numbers if is_own else row.foreach.shared_tensor

    def _listed(self, index: int) -> str:
        """A list of the values of a node, or the one value for all."""
        if not self._step.numbers[index]:
            place = self._places[index]
            return self._namer.plural(place) if self._own[place] else place
        text = tidy(self._numbers.text(index))
        return self._each(text) if self._numbers.is_own(index) else text

    def _fused_each(self, entry: Instruction, row: Fusion) -> list[str]:
        texts = [self._listed(operand) for operand in entry.operands]
        lines = []
        if entry.overwrites is None:
            place = self._namer.plural(entry.place)
            lines = assignment(place, f"torch._foreach_clone({texts[row.target]})")
            texts[row.target] = place
        floats = row.foreach.format(*texts)
        tensors = (row.tensor_foreach or row.foreach).format(*texts)
        numbers = [i for i in entry.operands if self._step.numbers[i] and self._numbers.varies(i)]
        if not numbers or floats == tensors:
            return [*lines, *floats.split("\n")]
        if self._numbers.is_own(numbers[0]) and not row.foreach_listed:
            return [*lines, *tensors.split("\n")]
        witness = self._witness(entry)
        assert witness is not None
        if self._numbers.is_own(numbers[0]):
            witness = f"{self._namer.plural(witness)}[0]"
        return [
            *lines,
            f"if isinstance({witness}, Tensor):",
            *_indented(tensors.split("\n")),
            "else:",
            *_indented(floats.split("\n")),
        ]

    def _each(self, text: str) -> str:
        """A list comprehension of an expression of one parameter's values."""
        names = self._mentioned(text)
        if text in names:
            return self._namer.plural(text)
        return f"[{text} {self._for(names)}]"

    def _for_each(self, lines: Sequence[str]) -> list[str]:
        names = self._mentioned("\n".join(lines))
        self._looped.update(names)
        head = f"{self._for(names)}:"
        return [head, *_indented(lines)]

    def _for(self, names: Sequence[str]) -> str:
        many = ", ".join(self._namer.plural(name) for name in names)
        if len(names) == 1:
            return f"for {names[0]} in {many}"
        return f"for {', '.join(names)} in zip({many}, strict=True)"

    def _mentioned(self, text: str) -> list[str]:
        """The variables in a text of which each parameter has its own."""
        own = {"p", "t", *(name for name, is_own in self._own.items() if is_own)}
        found = dict.fromkeys(re.findall(r"(?<![\w.])[A-Za-z_]\w*", text))
        return [name for name in found if name in own] or ["p"]


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]
