"""Operations that are short for others: what they stand for is what they are said to mean."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from evosearch import Program, lower, parse
from evosearch.graph.builder import GraphBuilder
from evosearch.graph.digest import digest
from evosearch.graph.interpreter import Interpreter
from evosearch.graph.patterns import expansion
from evosearch.graph.rewriting import build
from evosearch.language.program import Statement
from primitives import COMPOSITES, PRIMITIVES, Composite, Kind, NumpySegments
from primitives.primitive import LETTERS
from tests.support import plain_definitions as plain

NUMBERS = (0.0, 1.0, -1.0, 0.5, -2.0, 3.0, 1e-8, 1e4, -1e4, -1e-30, 1e30)
EDGES = {
    "all zero": [0.0] * 6,
    "one of each sign": [0.0, -1.0, 2.0, 0.5, -3.0, 1.0],
    "tiny": [1e-20, -1e-20, 0.0, 2e-20, 3e-20, -1e-20],
    "large": [1e20, -1e20, 3.0, 1e20, 0.0, -2e20],
    "mixed": [1e10, 1e-10, -1.0, 0.0, 1e5, -1e-5],
    "random": [0.3, -1.2, 0.9, 2.1, -0.4, 0.05],
}
SHAPES: tuple[tuple[int, ...], ...] = ((3,), (), (1, 2))
SIZES, VIEWS = (3, 1, 2), ((3, 1), (1, 1), (1, 2))


def value(row: Composite, columns: list[list[float]], limits: list[float]) -> list[float]:
    """Of a call with tensors for `w` and `g`, and numbers where no tensor may stand."""
    names, numbers = iter(("w", "g")), iter(limits)
    arguments: list[str | float] = []
    tensors = 0
    for largest in row.accepts:
        if largest is Kind.TENSOR and tensors < 2:
            arguments.append(next(names))
            tensors += 1
        else:
            arguments.append(next(numbers))
    program = Program("f", ("w", "g"), (), (Statement("u", row.name, tuple(arguments)),), ("u",))
    run = Interpreter(lower(program), NumpySegments(SHAPES))
    w, g = (np.array(column) for column in columns)
    return run.step(w=w, g=g, lr=0.1, t=1).tolist()


def expected(row: Composite, columns: list[list[float]], limits: list[float]) -> list[float]:
    tensors = [largest is Kind.TENSOR for largest in row.accepts]
    if row.name == "clip_by_global_norm":
        return plain.clip_by_global_norm(columns[0], limits[0])
    if row.name in plain.GLOBAL:
        return [plain.GLOBAL[row.name](*columns[: row.arity])] * 6
    if row.name in plain.REDUCTIONS or row.name in plain.MATRICES:
        result: list[float] = []
        for size, view in zip(SIZES, VIEWS, strict=True):
            start = len(result)
            parts = [column[start : start + size] for column in columns[: row.arity]]
            if row.name in plain.REDUCTIONS:
                result += [plain.REDUCTIONS[row.name](*parts)] * size
            else:
                result += plain.spread_over_matrix(row.name, parts, view)
        return result
    used = [*columns[: min(2, sum(tensors))], *([x] * 6 for x in limits)][: row.arity]
    function = plain.ELEMENTWISE[row.name]
    if not row.arity:
        return [function()] * 6
    return [function(*point) for point in zip(*used, strict=True)]


@pytest.mark.parametrize("row", COMPOSITES.values(), ids=COMPOSITES)
@pytest.mark.parametrize("edges", [*itertools.product(EDGES, repeat=2)], ids=" and ".join)
def test_expansion_is_the_plain_definition(row: Composite, edges: tuple[str, str]) -> None:
    """What graphs hold in place of a call computes what the operation is defined as."""
    columns = [EDGES[edge] for edge in edges]
    for limit in (0.0, 0.5, 1e3):
        np.testing.assert_allclose(
            value(row, columns, [limit]),
            expected(row, columns, [limit]),
            rtol=1e-13,
            atol=0,
        )


@pytest.mark.parametrize(
    "row", [r for r in COMPOSITES.values() if r.reduces_to is None], ids=lambda r: r.name
)
def test_folded_numbers_are_the_plain_definition(row: Composite) -> None:
    """Of numbers alone, an elementwise call is the number that its definition gives."""
    if row.name not in plain.ELEMENTWISE:
        assert row.name == "clip_by_global_norm"
        return
    for point in itertools.product(NUMBERS, repeat=row.arity):
        builder = GraphBuilder()
        constants = [builder.constant(x) for x in point]
        bindings = dict(zip(LETTERS, constants, strict=False))
        node = builder.nodes[build(builder, expansion(row), bindings)]
        assert node.value == pytest.approx(plain.ELEMENTWISE[row.name](*point), rel=1e-15)


SPELT_OUT = {
    "pi": "3.141592653589793",
    "e": "2.718281828459045",
    "eps": "1e-8",
    "heaviside": "A > 0",
    "clamp": "min(max(A, B), C)",
    "softsign": "A / (1 + abs(A))",
    "l1_norm": "sum(abs(A))",
    "row_norm": "sqrt(row_mean(square(A)) * columns())",
    "column_norm": "sqrt(column_mean(square(A)) * rows())",
    "numel_of": "numel()",
    "clip_by_global_norm": "A * min(1, B / global_norm(A))",
    "global_cosine_sim": "global_dot(A, B) / (global_norm(A) * global_norm(B))",
}
"""As a person would write each without it."""


def test_every_composite_is_spelt_out_here() -> None:
    """A new one has to be thought through."""
    assert set(SPELT_OUT) == set(COMPOSITES)


@pytest.mark.parametrize("row", COMPOSITES.values(), ids=COMPOSITES)
def test_calling_and_spelling_out_is_one_function(row: Composite) -> None:
    """Both programs have one digest, whatever the arguments, and graphs know no composite."""
    choices = {Kind.TENSOR: ("g", "w * g + m", "m"), Kind.LEAF: ("mean(g)",), Kind.SCALAR: ("h",)}
    for arguments in itertools.product(*(choices[kind] for kind in row.accepts)):
        spelt = SPELT_OUT[row.name]
        for letter, argument in zip(LETTERS, arguments, strict=False):
            spelt = spelt.replace(letter.upper(), f"({argument})")
        graphs = [
            lower(
                parse(f"def f(w, g, m, *, h=0.3):\n return m + g * ({text}), lerp(m, g, 0.1)"),
                bind=True,
            )
            for text in (f"{row.name}({', '.join(arguments)})", spelt)
        ]
        assert digest(graphs[0]) == digest(graphs[1])
        known = {*PRIMITIVES, "input", "slot", "constant", "hyperparameter"}
        assert {node.op for node in graphs[0].nodes} <= known
