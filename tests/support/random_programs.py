"""Random valid programs, and what a program means when read statement by statement."""

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from evosearch import Program
from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, INPUT, SLOT, Graph
from evosearch.language.program import RESERVED, Argument, Statement
from primitives import OPERATIONS, Kind, fits
from tests.support import plain_definitions as plain

LITERALS = (0.0, 1.0, -1.0, 2.0, 0.5, 0.9, -0.5, 3.0, 1e-8)


@st.composite
def programs(
    draw: st.DrawFn,
    longest: int = 8,
    most_slots: int = 3,
    primitives: Sequence[str] = tuple(OPERATIONS),
    literals: Sequence[float] = LITERALS,
) -> Program:
    """A valid program; later statements mostly read the results of earlier ones."""
    ceilings = draw(st.lists(st.sampled_from(Kind), max_size=most_slots))
    slots = {f"s{n}": kind for n, kind in enumerate(ceilings)}
    inputs = ["g", *(name for name in ("w", "lr", "t") if draw(st.booleans())), *slots]
    defaults = draw(st.lists(st.sampled_from(literals), max_size=2))
    hyperparameters = tuple((f"h{n}", value) for n, value in enumerate(defaults))
    bound = {name: RESERVED.get(name) or Kind.SCALAR for name in inputs} | slots
    bound.update(dict.fromkeys(dict(hyperparameters), Kind.SCALAR))
    statements: list[Statement] = []
    for n in range(draw(st.integers(1, longest))):
        row = OPERATIONS[draw(st.sampled_from(primitives))]
        arguments = tuple(draw(_arguments(bound, largest, literals)) for largest in row.accepts)
        kinds = [bound[a] if isinstance(a, str) else Kind.SCALAR for a in arguments]
        target = draw(st.sampled_from([f"v{n}"] * 4 + list(bound)))
        bound.pop(target, None)  # so that the newest name stands last
        bound[target] = row.result_kind(kinds)
        statements.append(Statement(target, row.name, arguments))
    returns = [draw(_names(bound, Kind.TENSOR))]
    for slot, ceiling in slots.items():
        if not any(fits(kind, ceiling) for kind in bound.values()):
            statements.append(Statement("half", "identity", (0.5,)))
            bound["half"] = Kind.SCALAR
        returns.append(draw(_names(bound, ceiling)))
        assert slot in inputs
    return Program("rule", tuple(inputs), hyperparameters, tuple(statements), tuple(returns))


def _names(bound: Mapping[str, Kind], largest: Kind) -> st.SearchStrategy[str]:
    fitting = [name for name, kind in bound.items() if fits(kind, largest)]
    return st.sampled_from(fitting + 2 * fitting[-2:])


def _arguments(
    bound: Mapping[str, Kind], largest: Kind, literals: Sequence[float]
) -> st.SearchStrategy[Argument]:
    numbers: st.SearchStrategy[Argument] = st.sampled_from(literals)
    if not any(fits(kind, largest) for kind in bound.values()):
        return numbers
    names: st.SearchStrategy[Argument] = _names(bound, largest)
    return st.one_of(names, names, names, numbers)


class Overflow(Exception):
    """A number too large or too small for results to be compared."""


@dataclass(frozen=True)
class Inputs:
    """What a rule is given at one step; `w` and `g` hold one number per element."""

    w: list[float]
    g: list[float]
    lr: float
    t: int


SHAPES: tuple[tuple[int, ...], ...] = ((1, 2), (), (3,))
"""Of the parameter tensors in `steps_of`."""
VIEWS = ((1, 2), (1, 1), (3, 1))
"""Their rows and columns."""
SIZES = (2, 1, 3)
"""Their numbers of elements."""


def steps_of(seed: int, count: int = 4) -> list[Inputs]:
    """Weights and gradients of some steps; a few gradients are zero, at one step all."""
    rng = random.Random(seed)
    steps = []
    for t in range(1, count + 1):
        w = [rng.gauss(0, 1) for _ in range(sum(SIZES))]
        g = [rng.gauss(0, 1) * rng.choice((0, 1, 1, 1)) * (t != 3) for _ in w]
        steps.append(Inputs(w, g, 0.1 / t, t))
    return steps


Vector = list[float]
"""One number per element; a scalar or leaf value is repeated, so kinds play no part."""


def apply_plainly(name: str, arguments: Sequence[Vector]) -> Vector:
    """An operation by its plain definition."""
    total = sum(SIZES)
    if name == "numel":
        name, arguments = "numel_of", [[0.0] * total]
    if name == "clip_by_global_norm":
        return plain.clip_by_global_norm(arguments[0], arguments[1][0])
    if name in plain.GLOBAL:
        return [plain.GLOBAL[name](*arguments)] * total
    if name in plain.ELEMENTWISE and not arguments:
        return [plain.ELEMENTWISE[name]()] * total
    if name in plain.ELEMENTWISE:
        return [plain.ELEMENTWISE[name](*values) for values in zip(*arguments, strict=True)]
    result: Vector = []
    for size, view in zip(SIZES, VIEWS, strict=True):
        start = len(result)
        parts = [argument[start : start + size] for argument in arguments]
        if name in plain.REDUCTIONS:
            result += [plain.REDUCTIONS[name](*parts)] * size
        else:
            result += plain.spread_over_matrix(name, parts, view)
    return result


def _checked(values: Vector) -> Vector:
    if any(value and not 1e-60 < abs(value) < 1e60 for value in values):
        raise Overflow
    return values


def evaluate(
    program: Program, steps: Sequence[Inputs], disturb: Callable[[float], float] = float
) -> Iterator[Vector]:
    """The direction of each step, executing one statement after the other.

    `disturb` is applied to every number computed, to learn how much rounding matters.

    Raises:
        Overflow: a number is not finite, or of an extreme magnitude.
    """
    size = sum(SIZES)
    states = {slot: [0.0] * size for slot in program.slots}
    for given in steps:
        scope = {"w": given.w, "g": given.g, "lr": [given.lr] * size, "t": [float(given.t)] * size}
        scope = {name: scope[name] for name in program.inputs if name in RESERVED} | states
        scope |= {name: [value] * size for name, value in program.hyperparameters}
        for statement in program.statements:
            arguments = [
                scope[argument] if isinstance(argument, str) else [argument] * size
                for argument in statement.arguments
            ]
            result = _checked(apply_plainly(statement.primitive, arguments))
            # The same factor for the same number: a repeated one stays repeated.
            factors = {value: disturb(1.0) for value in result}
            scope[statement.target] = [value * factors[value] for value in result]
        direction, *written = (scope[name] for name in program.returns)
        states = dict(zip(program.slots, written, strict=True))
        yield direction


def node_values(graph: Graph, steps: Sequence[Inputs]) -> Iterator[list[Vector]]:
    """The value of every node at each step, by the plain definitions.

    Raises:
        Overflow: a number is not finite, or of an extreme magnitude.
    """
    size = sum(SIZES)
    states = {slot.name: [0.0] * size for slot in graph.slots}
    for given in steps:
        scope: dict[str, Any] = {"w": given.w, "g": given.g}
        scope |= {"lr": [given.lr] * size, "t": [float(given.t)] * size}
        values: list[Vector] = []
        for node in graph.nodes:
            if node.op == INPUT:
                values.append(scope[node.label])
            elif node.op == SLOT:
                values.append(states[node.label])
            elif node.op in (CONSTANT, HYPERPARAMETER):
                values.append([node.value] * size)
            else:
                arguments = [values[operand] for operand in node.operands]
                values.append(_checked(apply_plainly(node.op, arguments)))
        states = {slot.name: values[slot.write] for slot in graph.slots}
        yield values


def close(a: Sequence[float], b: Sequence[float], relative: float) -> bool:
    """Whether all numbers agree to `relative` of the largest."""
    largest = max((abs(x) for x in (*a, *b)), default=0.0)
    return all(
        math.isclose(x, y, rel_tol=0, abs_tol=relative * largest) for x, y in zip(a, b, strict=True)
    )


def well_conditioned(program: Program, steps: Sequence[Inputs]) -> list[Vector] | None:
    """The directions, or None where overflow or rounding may decide what they are."""
    rng = random.Random(0)
    try:
        exact = list(evaluate(program, steps))
        for _ in range(3):
            disturbed = evaluate(program, steps, lambda x: x * (1 + rng.uniform(-1e-11, 1e-11)))
            if not all(close(a, b, 1e-7) for a, b in zip(exact, disturbed, strict=True)):
                return None
    except Overflow:
        return None
    return exact
