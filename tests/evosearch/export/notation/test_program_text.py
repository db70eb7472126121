"""The readable text of a graph is a program that means the same, as a person would write it."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from evosearch import Program, known_rule, lower, parse, rule_names
from evosearch.export.notation.program_text import readable, written_value
from evosearch.graph.digest import digest
from evosearch.search.mutations import MUTATION_NAMES, mutate
from evosearch.search.space import SearchSpace, prepare
from primitives import OPERATIONS
from tests.support.random_programs import close, evaluate, programs, steps_of, well_conditioned
from tests.support.state_order_programs import TRICKY


def check_reads_back(program: Program) -> None:
    for bind in (True, False):
        graph = lower(program, bind=bind)
        text = readable(graph, "rule")
        again = parse(text)
        assert again.name == "rule"
        assert digest(lower(again, bind=bind)) == digest(graph), text


@settings(max_examples=200)
@given(programs(longest=12))
def test_text_lowers_to_the_same_graph(program: Program) -> None:
    """Parsing the text gives a program of the same canonical form, named constants or not."""
    check_reads_back(program)


@settings(max_examples=100)
@given(programs(), st.integers(0, 9))
def test_text_does_what_the_program_does(program: Program, seed: int) -> None:
    """Executed line by line, the text gives the directions that the program gives."""
    steps = steps_of(seed)
    expected = well_conditioned(program, steps)
    assume(expected is not None)
    assert expected is not None
    found = evaluate(parse(readable(lower(program), "rule")), steps)
    assert all(close(a, b, 1e-6) for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize("name", TRICKY)
def test_states_keep_their_meaning(name: str) -> None:
    """Old and new states are not confused, whichever is read, returned or copied."""
    check_reads_back(TRICKY[name])
    steps = steps_of(0, count=6)
    found = evaluate(parse(readable(lower(TRICKY[name]), "rule")), steps)
    expected = evaluate(TRICKY[name], steps)
    assert all(close(a, b, 1e-12) for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize("name", rule_names())
def test_known_rules_read_back(name: str) -> None:
    """A known rule's text is that rule, with its hyperparameters."""
    rule = known_rule(name)
    check_reads_back(rule)
    again = parse(readable(lower(rule), name))
    assert digest(lower(again, bind=True)) == digest(lower(rule, bind=True))
    assert sorted(again.hyperparameters) == sorted(rule.hyperparameters)


def test_mutants_read_back() -> None:
    """What evolution makes of the known rules reads back too."""
    draw = np.random.default_rng(4)
    language = SearchSpace(tuple(OPERATIONS), longest=40, mutations=MUTATION_NAMES)
    for name in rule_names() * 8:
        program = prepare(known_rule(name), spare_slots=1)
        for _ in range(draw.integers(1, 20)):
            program, _ = mutate(program, draw, language)
        check_reads_back(program)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "direction is an old state",
            "def f(g, m):\n    update = m\n    m = g\n    return update, m\n",
        ),
        (
            "direction is a new state",
            "def f(g, m):\n    m = g + m * 0.9\n    return m, m\n",
        ),
        ("direction is an input", "def f(g):\n    return g\n"),
        ("direction is a number", "def f():\n    return -0.5\n"),
        (
            "direction is the learning rate",
            "def f(lr):\n    update = lr * 0.5\n    return update\n",
        ),
        (
            "two states swap",
            """\
def f(g, a, b):
    update = a - b
    new_b = a - g
    a = g + b
    return update, a, new_b
""",
        ),
        (
            "state holds another's old value",
            """\
def f(g, a, b):
    update = g - b
    b = a
    a = g
    return update, a, b
""",
        ),
        (
            "state of one number per tensor in the shape of a tensor",
            """\
def f(g, m):
    x1 = mean(g) + mean(m) * 0.5
    update = g + m * tanh(x1)
    m = x1
    return update, m
""",
        ),
        (
            "states of all kinds",
            """\
def f(g, s, l, m):
    s = s * 0.5 + 1
    l = l * 0.5 + rms(g)
    m = g + m * 0.5
    update = m / (l + s)
    return update, s, l, m
""",
        ),
        (
            "names that the listing wants",
            """\
def f(g, update, x1, direction, new_x1, *, x2=0.5):
    x3 = tanh(g * x2)
    x4 = x3 * (update + x3)
    x5 = update * x1
    direction_ = tanh(x4 + x5 + direction * new_x1)
    update = x4 + x1 * 0.1
    x1 = g - tanh(x5)
    direction = x3 + direction * 0.5
    new_x1 = g + new_x1 / 2
    return direction_, update, x1, direction, new_x1
""",
        ),
    ],
)
def test_text_is_what_a_person_would_write(name: str, text: str) -> None:
    """Every state is written once, in an order that needs no copies beyond the necessary."""
    assert readable(lower(TRICKY[name]), "f") == text


def test_dead_code_is_gone() -> None:
    """What the direction does not depend on is not written, be it input, state or statement."""
    text = """\
def f(w, g, m, v, t, *, beta=0.9, eps=1e-8):
    v = v + w * t
    unused = g / (eps + v)
    m = lerp(g, m, beta)
    return m, m, v
"""
    assert readable(lower(parse(text)), "f") == (
        "def f(g, m, *, beta=0.9):\n    m = lerp(g, m, beta)\n    return m, m\n"
    )


def test_inputs_stand_in_one_order() -> None:
    """Weights and gradient come before the states, step and rate after, then hyperparameters."""
    text = "def f(lr, t, m, g, w, *, b=2.0, a=1e-8):\n    m = m * g + w * t\n"
    text += "    return lr ** a * m + b, m"
    header, *_ = readable(lower(parse(text)), "f").splitlines()
    assert header == "def f(w, g, m, t, lr, *, b=2, a=1e-08):"


def test_one_value_is_written_in_the_names_of_others() -> None:
    """A value with a name is written out where it is what is asked for, and named within others."""
    graph = lower(parse("def f(g, m): m = m + abs(g); return tanh(m) * (1 - m), m"))
    (added,) = (index for index, node in enumerate(graph.nodes) if node.op == "add")
    names = {index: node.label for index, node in enumerate(graph.nodes) if node.label}
    names[added] = "new"
    assert written_value(graph, added, names) == "m + abs(g)"
    assert written_value(graph, graph.direction, names) == "tanh(new) * (1 - new)"
    assert {written_value(graph, index, names) for index in names if index != added} == {"g", "m"}
