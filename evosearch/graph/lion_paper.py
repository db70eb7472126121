"""Puts listings of the Lion paper into this language's form.

The paper (arXiv 2302.06675) writes a rule as a function `train` whose first result is subtracted
from the weights: the scheduled learning rate, its scale and the decoupled weight decay are part
of the program. Here the learning rate and the decay are the trainer's, so that structure is
searched apart from scale. Conversion takes them out of the returned update, algebraically, and
says what it took out.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from evosearch.errors import EvosearchError
from evosearch.graph.builder import GraphBuilder
from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, INPUT, Graph
from evosearch.graph.lowering import lower
from evosearch.language.number_text import number
from evosearch.language.parser import parse
from evosearch.language.source import SourceText
from primitives import BUILT_IN, INFIX, Table

_ADD, _SUBTRACT, _NEGATIVE = INFIX["+", 2], INFIX["-", 2], INFIX["-", 1]
_MULTIPLY, _DIVIDE = INFIX["*", 2], INFIX["/", 2]

_SPELLINGS = {"weight": "w", "weights": "w", "gradient": "g", "grad": "g", "learning_rate": "lr"}
"""The names that the paper gives the inputs where it writes for people."""
_DECAY = "decay"
"""The name here for `lambda`, which Python keeps for itself."""


@dataclass(frozen=True, slots=True)
class Converted:
    """Holds a listing's rule without learning rate and decay, and notes on what was taken out."""

    graph: Graph
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Term:
    """Is a summand of the update: scale * lr ** power * factors / divisors.

    Factors and divisors are nodes.
    """

    scale: float = 1.0
    power: int = 0
    factors: tuple[int, ...] = ()
    divisors: tuple[int, ...] = ()

    def times(self, other: _Term) -> _Term:
        return _Term(
            self.scale * other.scale,
            self.power + other.power,
            self.factors + other.factors,
            self.divisors + other.divisors,
        )


def convert(
    text: str,
    constants: Mapping[str, float] | None = None,
    source: str = "",
    table: Table = BUILT_IN,
) -> Converted:
    """Puts a listing into this language's form.

    `constants` gives the numbers that a listing only names, such as beta1; `source` is what error
    messages call the listing.

    Raises:
        EvosearchError: the listing is no program, or names a number that is not given.
    """
    source = source or "<listing>"
    constants = {_DECAY if key == "lambda" else key: n for key, n in (constants or {}).items()}
    # Its value is of no account where it is taken out; where it is not, it must be given.
    prepared, open_names = _prepared(text, {_DECAY: 1.0, **constants}, source)
    graph = lower(parse(prepared, source, table=table))
    converted, notes = _without_rate(graph)
    if _DECAY in open_names and _DECAY in converted.labels(HYPERPARAMETER):
        _require_given([_DECAY], constants, source)
    return Converted(converted, notes)


def _without_rate(graph: Graph) -> tuple[Graph, tuple[str, ...]]:
    """Takes learning rate and weight decay out where that can be done; gives notes on it."""
    terms = _Sum(graph).terms(graph.direction)
    decays = [term for term in terms if _is_decay(graph, term)]
    rest = [term for term in terms if term not in decays]
    if not rest or any(term.power != 1 for term in terms):
        return graph, (
            "Nothing was taken out: the update is not the learning rate times a direction.",
        )
    scale = rest[0].scale
    rest = [replace(term, power=0, scale=term.scale / scale) for term in rest]
    notes = [f"Taken out: the factor lr{_times(scale)}; the trainer multiplies by its own rate."]
    if decays:
        decays = [replace(term, scale=term.scale / scale) for term in decays]
        coefficient = _coefficient(graph, decays)
        notes.append(
            f"Taken out: decoupled weight decay, {coefficient} * w times that factor; "
            f"give the trainer weight_decay={coefficient.strip('()')}."
        )
    return _rebuilt(graph, rest), tuple(notes)


def _prepared(text: str, constants: Mapping[str, float], source: str) -> tuple[str, list[str]]:
    """Gives the listing with this language's names for inputs, and the names that it left open."""
    text = re.sub(r"\blambda\b(?!\s*\w*\s*:)", _DECAY, text)
    for old, new in _SPELLINGS.items():
        text = re.sub(rf"\b{old}\b", new, text)
    function = _function(text, source)
    open_names = _open_names(function) if function else []
    _require_given(open_names, constants, source)
    if function and open_names:
        text = _with_hyperparameters(text, function, {n: constants[n] for n in open_names})
    return text, open_names


def _require_given(names: Sequence[str], constants: Mapping[str, float], source: str) -> None:
    missing = [name for name in names if name not in constants]
    if missing:
        given = " ".join(f"--set {name}=..." for name in missing)
        raise EvosearchError(
            f"{source}: the listing leaves {', '.join(missing)} open; give numbers with {given}"
        )


def _with_hyperparameters(
    text: str, function: ast.FunctionDef, constants: Mapping[str, float]
) -> str:
    """Puts these constants at the end of the function's signature."""
    lines = io.StringIO(text).readlines()
    tokens = tokenize.generate_tokens(
        iter(["\n"] * (function.lineno - 1) + lines[function.lineno - 1 :]).__next__
    )
    depth, before = 0, ""
    for token in tokens:
        depth += (token.string == "(") - (token.string == ")")
        if token.string == ")" and depth == 0:
            break
        if token.type in (tokenize.NAME, tokenize.NUMBER, tokenize.OP):
            before = token.string
    row, column = token.start
    added = ["" if before in "(," else ", "]
    added += ["*, "] * (not function.args.kwonlyargs)
    added += [", ".join(f"{name}={value!r}" for name, value in constants.items())]
    line = lines[row - 1]
    lines[row - 1] = line[:column] + "".join(added) + line[column:]
    return "".join(lines)


def _function(text: str, source: str) -> ast.FunctionDef | None:
    """Finds the first function of the listing."""
    body = SourceText(text, source).tree().body
    return next((node for node in body if isinstance(node, ast.FunctionDef)), None)


def _open_names(function: ast.FunctionDef) -> list[str]:
    """Lists the names that the listing reads and nowhere binds."""
    unbound: dict[str, None] = {}
    arguments = function.args
    bound = {a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    nodes = [node for item in function.body for node in ast.walk(item)]
    bound |= {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    for node in nodes:
        if isinstance(node, ast.Name) and node.id not in bound and id(node) not in called:
            unbound[node.id] = None
    return list(unbound)


class _Sum:
    """Splits nodes into summands, as far as the learning rate and plain numbers reach."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def terms(self, index: int) -> list[_Term]:
        """Gives the summands that add up to node `index`."""
        node = self._graph.nodes[index]
        plain = self._number(index)
        if plain is not None:
            return [plain]
        if node.row is _ADD:
            a, b = node.operands
            return self.terms(a) + self.terms(b)
        if node.row is _SUBTRACT:
            a, b = node.operands
            return self.terms(a) + [term.times(_Term(-1.0)) for term in self.terms(b)]
        if node.row is _NEGATIVE:
            return [term.times(_Term(-1.0)) for term in self.terms(node.operands[0])]
        if node.row is _MULTIPLY:
            return self._product(index, *node.operands)
        if node.row is _DIVIDE:
            return self._quotient(index, *node.operands)
        return [_Term(factors=(index,))]

    def _product(self, index: int, a: int, b: int) -> list[_Term]:
        for left, right in ((a, b), (b, a)):
            plain = self._number(left)
            if plain is not None:
                return [term.times(plain) for term in self.terms(right)]
        for left, right in ((a, b), (b, a)):
            terms = self.terms(left)
            if all(term.power for term in terms):
                return [term.times(_Term(factors=(right,))) for term in terms]
        return [_Term(factors=(index,))]

    def _quotient(self, index: int, a: int, b: int) -> list[_Term]:
        terms = self.terms(a)
        if all(term.power for term in terms):
            return [term.times(_Term(divisors=(b,))) for term in terms]
        return [_Term(factors=(index,))]

    def _number(self, index: int) -> _Term | None:
        """Gives the node as a product of numbers, hyperparameters and the learning rate.

        The result is None where the node is no such product.
        """
        node = self._graph.nodes[index]
        if node.op == CONSTANT:
            return _Term(node.value)
        if node.op == HYPERPARAMETER:
            return _Term(factors=(index,))
        if node.op == INPUT and node.label == "lr":
            return _Term(power=1)
        if node.row is _MULTIPLY:
            a, b = (self._number(operand) for operand in node.operands)
            return a.times(b) if a is not None and b is not None else None
        return None


def _is_decay(graph: Graph, term: _Term) -> bool:
    """Tells whether a summand is the weights times numbers."""
    nodes = [graph.nodes[index] for index in term.factors]
    others = [node for node in nodes if (node.op, node.label) != (INPUT, "w")]
    return (
        not term.divisors
        and len(nodes) == len(others) + 1
        and all(node.op == HYPERPARAMETER for node in others)
    )


def _coefficient(graph: Graph, terms: Sequence[_Term]) -> str:
    """Writes the sum of the numbers that multiply the weights."""
    summands: dict[tuple[str, ...], float] = {}
    for term in terms:
        labels = [graph.nodes[index].label for index in term.factors]
        names = tuple(sorted(label for label in labels if label != "w"))
        summands[names] = summands.get(names, 0.0) + term.scale
    texts = [
        " * ".join([number(scale)] * (scale != 1 or not names) + list(names))
        for names, scale in summands.items()
    ]
    return texts[0] if len(texts) == 1 else f"({' + '.join(texts)})"


def _times(scale: float) -> str:
    return "" if scale == 1 else f" * {number(scale)}"


def _rebuilt(graph: Graph, terms: Sequence[_Term]) -> Graph:
    """Gives the graph with another direction: the sum of `terms`, without their learning rate."""
    builder = GraphBuilder()
    new: list[int] = []
    for node in graph.nodes:
        new.append(builder.copy(node, [new[operand] for operand in node.operands]))
    direction = builder.constant(0.0)
    for term in terms:
        value = builder.constant(term.scale)
        for factor in term.factors:
            value = builder.apply(_MULTIPLY, [new[factor], value])
        for divisor in term.divisors:
            value = builder.apply(_DIVIDE, [value, new[divisor]])
        direction = builder.apply(_ADD, [direction, value])
    slots = [(slot.name, slot.kind, new[slot.write]) for slot in graph.slots]
    return builder.finish(direction, slots)
