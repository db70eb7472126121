"""Programs have equal digests exactly where their graphs are the same but for names and order."""

import os
import random
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace

import networkx
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from networkx.algorithms.isomorphism import categorical_multiedge_match, categorical_node_match

from evosearch import Program, ProgramError, known_rule, lower, parse, rule_names, to_text
from evosearch.graph.digest import digest
from tests.support.random_programs import programs
from tests.support.respellings import DISGUISES, Disguise, assigned_once, renamed


def digest_of(program: Program) -> str:
    return digest(lower(program, bind=True))


def isomorphic(a: Program, b: Program) -> bool:
    """Whether the programs' graphs are isomorphic, by networkx."""
    return networkx.is_isomorphic(
        lower(a, bind=True).to_networkx(),
        lower(b, bind=True).to_networkx(),
        node_match=categorical_node_match(["op", "value", "output"], [None, None, None]),
        edge_match=categorical_multiedge_match("position", None),
    )


@pytest.mark.parametrize("disguise", DISGUISES, ids=lambda d: d.__name__)
def test_disguised_program_has_the_same_digest(disguise: Disguise) -> None:
    """No change that keeps the graph changes the digest."""

    @settings(max_examples=40)
    @given(programs(), st.integers(0, 99))
    def check(program: Program, seed: int) -> None:
        other = disguise(assigned_once(program), random.Random(seed))
        assert digest_of(other) == digest_of(program), f"{to_text(program)}\n{to_text(other)}"

    check()


@pytest.mark.parametrize("name", rule_names())
def test_disguised_known_rule_has_the_same_digest(name: str) -> None:
    """A known rule under all disguises at once keeps its digest."""
    rule = known_rule(name)
    for seed in range(3):
        rng = random.Random(seed)
        other = assigned_once(rule)
        for disguise in (*(d for d in DISGUISES if d is not renamed), renamed):
            other = disguise(other, rng)
        assert digest_of(other) == digest_of(rule), to_text(other)


FEW = ("add", "subtract", "sign", "dot")
"""So few primitives that random programs are often the same."""


@settings(max_examples=300)
@given(
    programs(longest=3, most_slots=2, primitives=FEW, literals=(1.0,)),
    programs(longest=3, most_slots=2, primitives=FEW, literals=(1.0,)),
)
def test_digests_are_equal_exactly_for_isomorphic_graphs(a: Program, b: Program) -> None:
    """Of two random small programs, the digests agree if and only if networkx says so."""
    assert (digest_of(a) == digest_of(b)) == isomorphic(a, b), f"{to_text(a)}\n{to_text(b)}"


@settings(max_examples=150)
@given(programs(longest=6), st.data())
def test_one_edit_changes_the_digest_exactly_if_it_changes_the_graph(
    program: Program, data: st.DataObject
) -> None:
    """After one argument is replaced, the digest is the old one only for an isomorphic graph."""
    index = data.draw(st.integers(0, len(program.statements) - 1))
    statement = program.statements[index]
    assume(statement.arguments)
    position = data.draw(st.integers(0, len(statement.arguments) - 1))
    earlier = ["g", *dict(program.hyperparameters), *(s.target for s in program.statements[:index])]
    new = data.draw(st.sampled_from([*earlier, 1.0, 0.9]))
    arguments = list(statement.arguments)
    arguments[position] = new
    statements = list(program.statements)
    statements[index] = replace(statement, arguments=tuple(arguments))
    try:
        other = replace(program, statements=tuple(statements))
    except ProgramError:
        assume(False)
    assert (digest_of(program) == digest_of(other)) == isomorphic(program, other)


def digest_of_text(*lines: str) -> str:
    return digest_of(parse("\n    ".join(lines)))


def test_slots_that_differ_late_have_different_digests() -> None:
    """Two programs whose states part only after several steps are told apart."""
    a = digest_of_text("def f(g, a, b):", "return a + g, sign(b + g), tanh(a + g)")
    b = digest_of_text("def f(g, a, b):", "return a + g, sign(b + g), tanh(b + g)")
    assert a != b
    chain = [
        digest_of_text(
            "def f(g, a, b, c):", f"return a + g, sign(b + g), sign(c + g), tanh({last} + g)"
        )
        for last in "abc"
    ]
    assert len(set(chain)) == 3


def test_kinds_inferred_from_dead_terms_do_not_matter() -> None:
    """A state is the same whether or not a vanishing tensor was written into it."""
    plain = digest_of_text("def f(g, s, t):", "return g * s, s + t")
    roundabout = digest_of_text("def f(g, s, t):", "return g * s, s + t + (g - g)")
    assert plain == roundabout


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("return g - w", "return w - g"),
        ("return g * 0.9", "return g * 0.99"),
        ("return g + w", "return g * w"),
        ("return g ** t", "return t ** mean(g)"),
        ("return lerp(g, w, 0.9)", "return lerp(w, g, 0.9)"),
        ("return g * lr", "return g * t"),
    ],
)
def test_different_functions_have_different_digests(a: str, b: str) -> None:
    """Order of operands that do not commute, constants, operations and inputs all count."""
    assert digest_of_text("def f(w, g, lr, t):", a) != digest_of_text("def f(w, g, lr, t):", b)


def test_defaults_count_where_they_are_bound() -> None:
    """A bound hyperparameter is a constant, whatever its name; another default is another rule."""
    text = "def f(g, *, {0}={1}):\n return g + {0}"
    digests = [digest_of(parse(text.format(*case))) for case in (("a", 1), ("b", 1), ("a", 2))]
    assert digests[0] == digests[1] != digests[2]


def test_digest_is_32_hexadecimal_digits() -> None:
    """A digest is a short text that can stand in a file name."""
    assert re.fullmatch("[0-9a-f]{32}", digest_of(known_rule("adamw")))


def start_hashing(texts: Sequence[str], seed: int) -> subprocess.Popen[str]:
    """A new process that writes the digests of programs."""
    code = (
        "import sys\n"
        "from evosearch.graph.digest import digest\n"
        "from evosearch.graph.lowering import lower\n"
        "from evosearch.language.parser import parse_all\n"
        "for p in parse_all(sys.argv[1]): print(digest(lower(p, bind=True)))"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code, "\n".join(texts)],
        env={**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_digest_is_the_same_in_every_process() -> None:
    """Python's random hashing of strings has no part in the digest."""
    rules = [known_rule(name) for name in rule_names()]
    rules.append(parse("def f(w, g, a, b, c):\n return dot(g, w) + a + b + c, b + g, c * w, a - g"))
    started = [start_hashing([to_text(rule) for rule in rules], seed) for seed in (1, 2)]
    expected = [digest_of(rule) for rule in rules]
    for process in started:
        output, _ = process.communicate(timeout=120)
        assert output.split() == expected
