"""Finds when the temporaries of a step can be given up, and how many it takes at once."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from evosearch.export.notation.code import Expression, applied
from evosearch.export.pytorch.instructions import Copy, Entry, Instruction
from evosearch.export.pytorch.step import Step
from primitives import Fusion, Kind


class Memory:
    """Counts what the entries of a schedule hold, apart from `states`, which are kept anyway.

    The nodes in `given` are in temporaries from the beginning, of these names.
    """

    def __init__(
        self, step: Step, states: set[str], given: Mapping[int, str] = MappingProxyType({})
    ) -> None:
        self._step, self._states, self._given = step, states, given

    def freed(self, entries: Sequence[Entry]) -> dict[int, tuple[str, ...]]:
        """Lists, for entries that take memory, the temporaries that nothing needs from then on."""
        places = dict(self._given)
        last = dict.fromkeys(places.values(), -1)
        for number, entry in enumerate(entries):
            last |= {places[o]: number for o in entry.operands if o in places}
            if isinstance(entry, Copy) and entry.source:
                last[entry.source] = number
            if entry.place not in self._states:
                last[entry.place] = number
                if self._step.nodes[entry.node].kind is Kind.TENSOR:
                    places[entry.node] = entry.place
        freed: dict[int, tuple[str, ...]] = {}
        waiting = {place: end for place, end in last.items() if place in places.values()}
        for number, entry in enumerate(entries):
            if isinstance(entry, Instruction) and (self._takes(entry) or self._listed(entry)):
                dead = tuple(place for place, end in waiting.items() if end < number)
                if dead:
                    freed[number] = dead
                    for place in dead:
                        del waiting[place]
        freed[len(entries)] = tuple(waiting)
        return freed

    def _takes(self, entry: Instruction) -> int:
        """Counts the tensors of a parameter's shape that an instruction's code holds at once."""
        is_tensor = self._step.nodes[entry.node].kind is Kind.TENSOR
        if entry.overwrites is not None:
            return 0
        if isinstance(entry.row, Fusion):
            return 1
        marks = [f"_{position}_" for position in range(len(entry.operands))]
        floats = [self._step.numbers[operand] for operand in entry.operands]
        code = applied(
            self._step.source(entry.node, entry.row), [Expression(m) for m in marks], floats
        )
        large = {
            mark
            for mark, operand in zip(marks, entry.operands, strict=True)
            if entry.row.reduces or self._step.nodes[operand].kind is Kind.TENSOR
        }
        tensors = {mark for mark, is_float in zip(marks, floats, strict=True) if not is_float}
        made, _ = _most(code.tree, large, tensors)
        if not entry.row.reduces:
            return made if is_tensor else 0
        # Numbers are spelt out for each element first.
        return max(min(1, made - 1), entry.row.workspace) + sum(floats)

    def _listed(self, entry: Instruction) -> int:
        """Counts the further tensors of code for lists that cannot take a list of numbers."""
        row = entry.row
        if not isinstance(row, Fusion) or row.foreach_listed or not row.tensor_foreach:
            return 0
        leaves = [self._step.leaves[i] for i in entry.operands if self._step.numbers[i]]
        if not any(labels & {"t", "w"} for labels in leaves):
            return 0
        return row.tensor_foreach.count("torch._foreach_") - len(row.tensor_foreach.split("\n"))

    def peak(self, entries: Sequence[Entry], freed: Mapping[int, Sequence[str]]) -> int:
        """Gives the largest number of tensors of a parameter's shape that a step takes at once."""
        alive = set(self._given.values())
        peak = 0
        for number, entry in enumerate(entries):
            alive -= set(freed.get(number, ()))
            is_tensor = self._step.nodes[entry.node].kind is Kind.TENSOR
            if isinstance(entry, Copy):
                if not entry.is_state and is_tensor:
                    alive.add(entry.place)
                peak = max(peak, len(alive))
                continue
            peak = max(peak, len(alive) + self._takes(entry) + self._listed(entry))
            if is_tensor and entry.place not in self._states:
                alive.add(entry.place)
        return peak


_VIEWS = frozenset({"squeeze"})
"""Functions that give a tensor's own memory in another shape."""


def _most(tree: ast.AST, large: set[str], tensors: set[str]) -> tuple[int, int]:
    """Counts the large results that are held at once as an expression is computed, and in the end.

    Python gives up what an operation has read; of code by cases it computes one case.
    """
    if isinstance(tree, ast.IfExp):
        cases = [_most(case, large, tensors) for case in (tree.body, tree.orelse)]
        return max(most for most, _ in cases), max(held for _, held in cases)
    most = held = 0
    for child in ast.iter_child_nodes(tree):
        inside, left = _most(child, large, tensors)
        most = max(most, held + inside)
        held += left
    if not isinstance(tree, ast.BinOp | ast.Call | ast.Compare | ast.UnaryOp):
        return most, held
    if isinstance(tree, ast.Call) and getattr(tree.func, "attr", "") in _VIEWS:
        return most, held
    made = int(_mentions(tree, large))
    at_once = made
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Div):
        # torch divides a number by a tensor as the number times the reciprocal.
        at_once += _mentions(tree.right, large) and not _mentions(tree.left, tensors)
    return max(most, held + at_once), made


def _mentions(tree: ast.AST, names: set[str]) -> bool:
    return any(isinstance(node, ast.Name) and node.id in names for node in ast.walk(tree))
