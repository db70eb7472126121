"""Programs that differ in constants alone have one structure, and no others; against networkx."""

import itertools
import random
from dataclasses import replace

import networkx
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from evosearch import Program, known_rule, lower, parse, rule_names
from evosearch.graph.graph import HYPERPARAMETER, Graph
from evosearch.graph.interpreter import Interpreter
from evosearch.graph.structure import Structure, structure
from primitives import NumpySegments
from tests.support.random_programs import programs
from tests.support.respellings import DISGUISES, Disguise, assigned_once, with_named_numbers

KEEPING_CONSTANTS = [d for d in DISGUISES if d is not with_named_numbers]
"""A literal 2 that is given a name becomes a constant, so that disguise changes the structure."""


def isomorphic(a: Graph, b: Graph) -> bool:
    """Whether two graphs are equal but for the names and values of their hyperparameters."""
    return bool(
        networkx.is_isomorphic(
            a.to_networkx(),
            b.to_networkx(),
            node_match=lambda x, y: x == y,
            edge_match=lambda x, y: (
                sorted(e["position"] for e in x.values())
                == sorted(e["position"] for e in y.values())
            ),
        )
    )


def path(graph: Graph) -> np.ndarray:
    """The directions of a graph with its constants at their values, over a few steps."""
    draw = np.random.default_rng(3)
    run = Interpreter(graph, NumpySegments((2, 3)))
    return np.array(
        [
            run.step(w=draw.standard_normal(5), g=draw.standard_normal(5), lr=0.1, t=t)
            for t in range(1, 6)
        ]
    )


def of(text: str) -> Structure:
    return structure(parse(text))


def by_name(text: str) -> dict[str, float]:
    """The constants of a program by their names in it."""
    of_it = of(text)
    return dict(zip(of_it.names, of_it.constants, strict=True))


@given(programs(longest=6), programs(longest=6))
def test_equal_digests_are_isomorphic_graphs(one: Program, other: Program) -> None:
    """Two programs share a digest if and only if networkx finds their structures isomorphic."""
    a, b = structure(one), structure(other)
    assert (a.digest == b.digest) == isomorphic(a.graph, b.graph)


CROWDED = programs(
    longest=4, most_slots=1, primitives=("add", "multiply", "lerp"), literals=(0.9, 0.3)
)
"""Short programs of many constants, which often are of one structure and often nearly so."""


@pytest.mark.slow
@given(CROWDED, CROWDED)
@settings(max_examples=300)
def test_equal_digests_are_isomorphic_graphs_where_constants_crowd(
    one: Program, other: Program
) -> None:
    """The same of programs in which constants are shared, tied and interchangeable."""
    a, b = structure(one), structure(other)
    assert (a.digest == b.digest) == isomorphic(a.graph, b.graph)


@given(programs(longest=8), st.integers(0, 2**32))
def test_other_constants_and_names_change_nothing(program: Program, seed: int) -> None:
    """A program with its hyperparameters renamed, reordered and redrawn has the same structure."""
    draw = random.Random(seed)
    named = list(program.hyperparameters)
    draw.shuffle(named)
    changed = replace(
        program, hyperparameters=tuple((name, draw.uniform(0.1, 0.9)) for name, _ in named)
    )
    assert structure(changed).digest == structure(program).digest


@given(programs(longest=8))
def test_the_structure_at_its_constants_is_the_program(program: Program) -> None:
    """What was abstracted, put back, computes what the program does."""
    found = structure(program)
    with np.errstate(all="ignore"):
        expected, actual = path(lower(program, bind=True)), path(found.graph)
    assume(np.isfinite(expected).all() and np.abs(expected).max() < 1e12)
    np.testing.assert_allclose(actual, expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", rule_names())
def test_constants_of_equal_structures_mean_the_same(name: str) -> None:
    """The vector of one program, put into another's structure, gives the first program again."""
    program = known_rule(name)
    draw = np.random.default_rng(5)
    redrawn = replace(
        program,
        hyperparameters=tuple(
            (key, float(draw.uniform(0.1, 0.9))) for key, _ in program.hyperparameters[::-1]
        ),
    )
    one, other = structure(program), structure(redrawn)
    assert one.digest == other.digest
    values = {f"c{n}": value for n, value in enumerate(other.constants, start=1)}
    nodes = tuple(
        node._replace(value=values[node.label]) if node.op == HYPERPARAMETER else node
        for node in one.graph.nodes
    )
    np.testing.assert_allclose(
        path(replace(one.graph, nodes=nodes)), path(lower(redrawn, bind=True)), rtol=1e-9
    )


@pytest.mark.parametrize("disguise", KEEPING_CONSTANTS, ids=lambda d: d.__name__)
@pytest.mark.parametrize("name", ["adamw", "nadam", "ademamix", "mars_adamw", "yogi", "lamb"])
def test_writing_a_program_otherwise_keeps_its_structure(disguise: Disguise, name: str) -> None:
    """Order, names, dead code and copies do not show."""
    program = assigned_once(known_rule(name))
    expected = structure(program).digest
    for seed in range(5):
        assert structure(disguise(program, random.Random(seed))).digest == expected


SAME = [
    ("0.9 * g", "0.8 * g"),
    ("0.9 * g", "-7 * g"),
    ("(1 - a) * g", "a * g"),
    ("a * b * g", "a * g"),
    ("sqrt(a) * g + b * w", "a * g + sqrt(b) * w"),
    ("a * g + b * w", "b * g + a * w"),
    ("g ** 3 * 0.7", "g ** 3 * 0.1"),
    ("g / (abs(g) + 1e-8)", "g / (abs(g) + 1e-3)"),
]
DIFFERENT = [
    ("0.9 * g", "2 * g"),
    ("0.9 * g", "0.5 * g"),
    ("0.9 * g", "g"),
    ("g ** 3", "g ** 4"),
    ("g ** 1.5", "g ** 2.5"),
    ("a * g + a * w", "a * g + b * w"),
    ("a * g + (1 - a) * w", "a * g + b * w"),
    ("a * g + b * w * w", "a * g * g + b * w"),
    ("tanh(a * g)", "a * tanh(g)"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_these_are_one_structure(one: str, other: str) -> None:
    """Constants may be named or not, positive or not, and stand for expressions of their own."""
    a, b = (of(f"def f(w, g, *, a=0.3, b=0.6): return {text}") for text in (one, other))
    assert a.digest == b.digest


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_these_are_two_structures(one: str, other: str) -> None:
    """Some numbers and all exponents are part of the function, and so is which constants agree."""
    a, b = (of(f"def f(w, g, *, a=0.3, b=0.6): return {text}") for text in (one, other))
    assert a.digest != b.digest


def test_known_rules_of_one_structure_are_those_of_one_formula() -> None:
    """Adam and AdamW differ in decay alone, Signum and Tiger in a constant; no others agree."""
    by_digest: dict[str, list[str]] = {}
    for name in rule_names():
        by_digest.setdefault(structure(known_rule(name)).digest, []).append(name)
    shared = [names for names in by_digest.values() if len(names) > 1]
    assert shared == [["adam", "adamw"], ["signum", "tiger"]]


def test_constants_that_could_change_places_have_one_digest_in_any_order() -> None:
    """Each of some constants multiplies the same; whichever is written first, the sum is one."""
    digests = set()
    for order in itertools.permutations("abcd"):
        first, *others = (f"{name} * g" for name in order)
        total = first
        for term in others:
            total = f"tanh({total} + {term})"
        digests.add(of(f"def f(g, *, a=1.1, b=1.2, c=1.3, d=1.4): return {total}").digest)
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("text", "constants"),
    [
        ("def f(g, m, *, b=0.9, a=0.7): return a * g + m, lerp(g, m, b)", {"b": 0.9, "a": 0.7}),
        ("def f(g, *, h=0.9): return h * (g + 3) + tanh(g * 7)", {"h": 0.9, "c1": 3, "c2": 7}),
        ("def f(g, *, unused=1, used=4): return g * used", {"used": 4}),
        ("def f(g, *, b=0.5, a=3): return b * a * g", {"a": 1.5}),
        ("def f(g, *, a=4): return a * g + sqrt(a) * tanh(g)", {"a": 4}),
        ("def f(g, c1, *, c2=5): c3 = g * 7; return c3 + c2 + c1, g", {"c2": 5, "c4": 7}),
        ("def f(g): return g ** 3 + 2", {}),
    ],
)
def test_constants_have_the_names_of_the_program(text: str, constants: dict[str, float]) -> None:
    """Hyperparameters keep theirs, a literal takes a free one, an expression one of its own."""
    assert by_name(text) == constants


@given(programs(longest=8), st.integers(0, 2**32))
def test_a_named_constant_is_the_one_that_follows_its_hyperparameter(
    program: Program, seed: int
) -> None:
    """Names differ; and a hyperparameter that is redrawn moves no constant but its namesake."""
    before = structure(program)
    assert len(set(before.names)) == len(before.names) == len(before.constants)
    draw = random.Random(seed)
    for changed, _ in program.hyperparameters:
        hyperparameters = tuple(
            (name, draw.uniform(0.1, 0.9) if name == changed else value)
            for name, value in program.hyperparameters
        )
        after = structure(replace(program, hyperparameters=hyperparameters))
        assert after.names == before.names
        moved = {
            name
            for name, old, new in zip(before.names, before.constants, after.constants, strict=True)
            if old != new
        }
        assert len(moved) <= 1
        if changed in before.names:
            assert moved <= {changed}
