"""A graph as lines of torch code for one parameter `p`, with its gradient `g` and its states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evosearch.graph import CONSTANT, HYPERPARAMETER, INPUT, SLOT, SOURCES, Graph, Node
from evosearch.listing import Line, Listing, arrange, expression
from evosearch.program import RESERVED
from evosearch.readable import number, without_parentheses
from primitives import PRIMITIVES, Kind, Range, render


class TorchCode:
    """The code of one graph; `ranges` are those of its nodes.

    States and hyperparameters are variables of their names. The step `t`, the learning rate and
    what depends on numbers alone are Python floats; any other given value is a tensor.
    """

    def __init__(self, graph: Graph, ranges: Sequence[Range]) -> None:
        self._graph, self._ranges = graph, ranges
        self._floats = _python_floats(graph, arrange(graph))
        self._listing = arrange(graph, self._repeated())
        self._floats = _python_floats(graph, self._listing)

    def step(self) -> list[str]:
        """Lines that compute the new states and the direction, and move the parameter."""
        listing = self._listing
        lines = [self._line(line, listing) for line in listing.lines]
        lines += [
            self._assign(line.slot.name, line.name, self._floats[line.node])
            for line in listing.lines
            if line.slot and line.late
        ]
        direction = self._graph.nodes[self._graph.direction]
        if direction.op == INPUT and direction.label == "w":
            return [*lines, "p.mul_(1 - lr * weight_decay - lr)"]
        lines.append("p.mul_(1 - lr * weight_decay)")
        update = listing.direction or number(direction.value)
        if direction.kind is Kind.TENSOR:
            lines.append(f"p.add_({update}, alpha=-lr)")
        else:
            lines.append(f"p.sub_(lr * {_operand(update)})")
        return lines

    def value(self) -> tuple[list[str], str]:
        """Lines, and an expression of the direction, of a graph that changes no state."""
        *before, last = self._listing.lines
        _, text = self._line(last, self._listing).split(" = ", 1)
        return [self._line(line, self._listing) for line in before], text

    def _line(self, line: Line, listing: Listing) -> str:
        node = self._graph.nodes[line.node]
        names = {**listing.names}
        for index, source in enumerate(self._graph.nodes):
            if source.op == INPUT and source.label == "w":
                names[index] = "p"
        if line.slot and line.overwrites and names.get(line.node) == line.name:
            text = self._in_place(line.slot.name, line.node, names)
            if text:
                return text
        text = without_parentheses(expression(self._graph, line, names, self._apply, number))
        if line.overwrites:
            as_float = self._floats[line.node] or (
                node.op not in SOURCES and self._computed_as_float(line.node)
            )
            return self._assign(line.name, text, as_float)
        # What holds an old state must not change with it.
        return f"{line.name} = {text}{'.clone()' if node.op == SLOT else ''}"

    def _assign(self, slot: str, text: str, as_float: bool) -> str:
        return f"{slot}.{'fill_' if as_float else 'copy_'}({text})"

    def _computed_as_float(self, index: int) -> bool:
        """Whether the code that computes a node gives a Python number."""
        node = self._graph.nodes[index]
        return _gives_float(node, self._floats)

    def _in_place(self, slot: str, index: int, names: Mapping[int, str]) -> str:
        """Code that turns the slot's old value into node `index`; empty where there is none."""
        node = self._graph.nodes[index]
        primitive = PRIMITIVES[node.op]
        for position, template in primitive.in_place.items():
            operand = self._graph.nodes[node.operands[position]]
            others = [place for place in range(primitive.arity) if place != position]
            if (operand.op, operand.label) == (SLOT, slot) and not any(
                self._floats[node.operands[place]] and primitive.accepts[place] is Kind.TENSOR
                for place in others
            ):
                texts = [
                    expression(self._graph, Line("", operand), names, self._apply, number)
                    for operand in node.operands
                ]
                return without_parentheses(template.format(*map(_operand, texts)))
        return ""

    def _repeated(self) -> set[int]:
        """Nodes that the code of another node mentions more than once."""
        found = set()
        for index, node in enumerate(self._graph.nodes):
            if node.op not in SOURCES:
                marks = [f"_operand{position}_" for position in range(len(node.operands))]
                code = self._apply(index, marks)
                found |= {i for i, m in zip(node.operands, marks, strict=True) if code.count(m) > 1}
        return found

    def _apply(self, index: int, operands: Sequence[str]) -> str:
        node = self._graph.nodes[index]
        primitive = PRIMITIVES[node.op]
        guard = primitive.guarded
        operand_ranges: list[Range] = [self._ranges[operand] for operand in node.operands]
        guarded = guard is not None and not guard.unneeded(*operand_ranges)
        floats = [self._floats[operand] for operand in node.operands]
        texts = [_operand(operand) for operand in operands]
        if _gives_float(node, self._floats):
            if guard and guard.scalar_unneeded:
                guarded = not guard.scalar_unneeded(*operand_ranges)
            scalar = guard.scalar_source if guard and guarded else primitive.scalar_source
            return scalar.format(*texts)
        if primitive.reduces:
            texts = [
                self._spelt_out(text, operand, as_float)
                for text, operand, as_float in zip(texts, node.operands, floats, strict=True)
            ]
        return render(guard.source if guard and guarded else primitive.source, texts, floats)

    def _spelt_out(self, text: str, operand: int, as_float: bool) -> str:
        """A reduction's argument in the parameter's shape."""
        if as_float:
            return f"torch.full_like(p, {text})"
        if self._graph.nodes[operand].kind is not Kind.TENSOR:
            return f"{text}.expand_as(p)"
        return text


def _python_floats(graph: Graph, listing: Listing) -> list[bool]:
    """Which nodes are read as Python numbers: those that neither tensor nor state reaches."""
    stored = {
        line.node
        for line in listing.lines
        if line.overwrites and listing.names.get(line.node) == line.name
    }
    floats: list[bool] = []
    for index, node in enumerate(graph.nodes):
        if node.op in SOURCES:
            known = node.op in (CONSTANT, HYPERPARAMETER)
            given = node.op == INPUT and RESERVED.get(node.label) is Kind.SCALAR
            floats.append(known or given)
        else:
            floats.append(_gives_float(node, floats) and index not in stored)
    return floats


def _gives_float(node: Node, floats: Sequence[bool]) -> bool:
    """Whether the code that computes a node gives a Python number; `floats` of its operands."""
    return bool(PRIMITIVES[node.op].scalar_source) and all(floats[i] for i in node.operands)


def _operand(text: str) -> str:
    return text if text.isidentifier() else f"({text})"
