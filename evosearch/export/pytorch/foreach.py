"""Writes a step as torch code for lists of parameters, by torch's `_foreach` functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from evosearch.export.notation.code import (
    Assign,
    Delete,
    Evaluate,
    Expression,
    For,
    If,
    Statement,
    applied,
    in_step,
    listed,
    mentioned,
)
from evosearch.export.pytorch.instructions import Copy, Instruction
from evosearch.export.pytorch.step import Step
from evosearch.export.pytorch.step_code import COMPILING, StepCode, is_tensor
from primitives import Fusion, Kind, Primitive

_ONE = {"p": Expression("params[0]")}
"""The parameter where only its dtype and device are meant, which those of a list share."""


class MultiTensorCode:
    """Writes a step for lists, with a loop where torch has no function for them."""

    def __init__(
        self,
        step: Step,
        taken: Iterable[str],
        lists: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        # The lists that the function is given are called as it is told.
        self._code = StepCode(step, taken, lists)
        self._step, self._namer = step, self._code.namer
        # Whether there is one for each parameter, rather than one for all.
        self._own = {place: step.is_own(index) for index, place in self._code.places.items()}
        self._own |= {slot.name: True for slot in step.slots}
        self._looped: set[str] = set()
        self.takes_shards = True
        """Whether torch can run the code on DTensors, as far as it has been written."""

    def statements(self) -> list[Statement]:
        """Gives the statements that move the parameters of a list."""
        code = self._code
        statements = self._numbers()
        for number, entry in enumerate(code.schedule.entries):
            statements += self._freed(number)
            if isinstance(entry, Copy):
                statements.append(self._copied(entry))
                continue
            self._own.setdefault(entry.place, self._step.is_own(entry.node))
            statements += self._computed(entry)
            code.places[entry.node] = entry.place
        return [*statements, *self._freed(len(code.schedule.entries))]

    def _numbers(self) -> list[Statement]:
        code = self._code
        statements: list[Statement] = []
        if code.mixes():
            statements.append(Assign("ts, lr", Expression("_alike(ts, lr)")))
        for index, name in code.numbers.names.items():
            value = code.numbers.definition(index)
            self._own[name] = self._step.is_own(index)
            if self._own[name]:
                annotation = "list[Any]" if "isinstance" in value.mentions else ""
                plural = self._namer.plural(name)
                statements.append(Assign(plural, self._each(value), annotation))
            else:
                statements.append(Assign(name, value))
        costly = [self._namer.plural(name) for name in code.costly()]
        if costly:
            settled = [Assign(name, Expression(f"_settled({name})")) for name in costly]
            statements.append(If(COMPILING, tuple(settled)))
        return statements

    def _freed(self, number: int) -> list[Statement]:
        """Writes a statement that gives up temporaries before an entry, if there are such.

        A loop's variables outlive it, so they are given up too.
        """
        names: list[str] = []
        for place in self._code.schedule.freed_in_lists.get(number, ()):
            names += [self._namer.plural(place), *([place] if place in self._looped else [])]
        return [Delete(tuple(names))] if names else []

    def _copied(self, entry: Copy) -> Statement:
        place = self._namer.plural(entry.place)
        if not entry.is_state:
            self._own[entry.place] = True
            return Assign(place, self._each(self._code.cloned(entry)))
        node = self._step.nodes[entry.node]
        source = entry.source
        if not source and not self._step.numbers[entry.node]:
            source = self._code.places[entry.node]
        if source and self._own.get(source) and node.kind is self._kind(entry.place):
            values = self._each(self._code.source(entry))
            self.takes_shards = False
            return Evaluate(Expression(f"torch._foreach_copy_({place}, {values.text})"))
        return self._for_each([self._code.copied(entry)])

    def _kind(self, place: str) -> Kind:
        states = self._code.schedule.states
        return next((slot.kind for slot in states if slot.name == place), Kind.TENSOR)

    def _computed(self, entry: Instruction) -> list[Statement]:
        if not self._step.is_own(entry.node):
            return self._computed_for_all(entry)
        if isinstance(entry.row, Fusion):
            return self._fused(entry, entry.row)
        form = self._foreach(entry, entry.row)
        place = self._namer.plural(entry.place)
        if form and entry.overwrites is not None:
            return [Evaluate(form)]
        if form and entry.stores:
            self.takes_shards = False
            return [Evaluate(Expression(f"torch._foreach_copy_({place}, {form.text})"))]
        if form:
            return [Assign(place, form)]
        if entry.overwrites is not None or entry.stores:
            return [self._for_each(self._code.computed(entry))]
        return [Assign(place, self._each(self._code.expression(entry)))]

    def _computed_for_all(self, entry: Instruction) -> list[Statement]:
        """Computes one value for all parameters; a state of it is still each one's own."""
        if entry.stores:
            return [self._for_each(self._code.computed(entry))]
        return [_of_one(statement) for statement in self._code.computed(entry)]

    def _foreach(self, entry: Instruction, row: Primitive) -> Expression | None:
        """Writes the call on lists; gives None where torch has none for such arguments."""
        if row.foreach is None or self._step.is_guarded(entry.node):
            return None
        if entry.overwrites is not None and not row.foreach.in_place:
            return None
        for position, template in row.foreach.forms.items():
            operand = entry.operands[position]
            if entry.overwrites is not None and operand != entry.overwrites:
                continue
            if self._step.numbers[operand] or not self._step.is_own(operand):
                continue
            kind = Kind.TENSOR if row.reduces else self._step.nodes[entry.node].kind
            if self._step.nodes[operand].kind is not kind:
                continue
            others = [place for place in range(row.arity) if place != position]
            if all(self._may_be_listed(entry, row, place) for place in others):
                if any(self._step.numbers[entry.operands[place]] for place in others):
                    self.takes_shards &= row.foreach.numbers_with_shards
                mark = "" if entry.overwrites is None else "_"
                return applied(template.replace("{_}", mark), self._lists(entry))
        return None

    def _may_be_listed(self, entry: Instruction, row: Primitive, position: int) -> bool:
        """Tells whether an argument may stand beside a list in torch's function."""
        assert row.foreach is not None
        operand = entry.operands[position]
        is_number, is_own = self._step.numbers[operand], self._step.is_own(operand)
        if position in row.tensors:
            same = self._step.nodes[operand].kind is self._step.nodes[entry.node].kind
            return is_own and not is_number and same
        if is_number and not self._code.numbers.varies(operand) and not is_own:
            return True
        return row.foreach.listed_numbers if is_own else row.foreach.shared_tensor

    def _lists(self, entry: Instruction) -> list[Expression]:
        """Gives for each operand the list of its values, or the one value for all."""
        return [self._list(operand) for operand in entry.operands]

    def _list(self, index: int) -> Expression:
        value = self._code.value(index)
        own = self._step.numbers[index] and self._step.is_own(index)
        return self._each(value) if own or self._own.get(value.text) else value

    def _fused(self, entry: Instruction, row: Fusion) -> list[Statement]:
        lists = self._lists(entry)
        before: list[Statement] = []
        if entry.overwrites is None:
            place = self._namer.plural(entry.place)
            before = [Assign(place, applied("torch._foreach_clone({0})", [lists[row.target]]))]
            lists[row.target] = Expression(place)
        floats = _calls(row.foreach, lists)
        tensors = _calls(row.tensor_foreach or row.foreach, lists)
        varying = self._code.varying(entry)
        if not varying or floats == tensors:
            return [*before, *floats]
        own = self._step.is_own(varying[0])
        if own and not row.foreach_listed:
            return [*before, *tensors]
        witness = self._code.witness(entry)
        assert witness is not None
        if own:
            witness = f"{self._namer.plural(witness)}[0]"
        return [*before, If(is_tensor(witness), tensors, floats)]

    def _each(self, value: Expression) -> Expression:
        """Writes the list of an expression's values, one for each parameter."""
        names = self._names([Evaluate(value)])
        if value.text in names:
            return Expression(self._namer.plural(value.text))
        return listed(value, names, [self._namer.plural(name) for name in names])

    def _for_each(self, body: Sequence[Statement]) -> Statement:
        names = self._names(body)
        self._looped.update(names)
        lists = [self._namer.plural(name) for name in names]
        return For(tuple(names), in_step(lists), tuple(body))

    def _names(self, body: Sequence[Statement]) -> list[str]:
        """Names the variables that code mentions of which each parameter has its own."""
        own = {"p", "t", *(name for name, is_own in self._own.items() if is_own)}
        return [name for name in dict.fromkeys(mentioned(body)) if name in own] or ["p"]


def _calls(template: str, lists: Sequence[Expression]) -> tuple[Statement, ...]:
    """Puts the operands into the calls of a fusion's template, one call on each line."""
    return tuple(Evaluate(applied(line, lists)) for line in template.split("\n"))


def _of_one(statement: Statement) -> Statement:
    """Rewrites a statement for the first parameter, where no parameter in particular is meant."""
    match statement:
        case Assign(target, value, annotation):
            return Assign(target, value.substituted(_ONE), annotation)
        case Evaluate(value):
            return Evaluate(value.substituted(_ONE))
        case If(test, body, otherwise):
            return If(test, tuple(map(_of_one, body)), tuple(map(_of_one, otherwise)))
    return statement
