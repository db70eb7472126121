"""What `check` and `hash` tell, and with which exit status."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given

from evosearch import Program, known_rule, lower, parse, rule_names
from evosearch.graph.digest import digest
from evosearch.screening.description import describe
from evosearch.screening.gates import GATES
from tests.support.commands import Run, read, refused
from tests.support.random_programs import programs


def write(**files: str) -> None:
    for name, text in files.items():
        Path(f"{name}.py").write_text(text, encoding="utf-8")


RULE = """
def rule(w, g, lr, m, v, s, n, *, h=0.5, unused=1e-8):
    x = g + 1
    x = mean(g)
    m = lerp(m, g, h)
    v = v + x
    s = s + lr
    n = global_norm(n * m)
    u = m + n
    return tanh(u) - w + 0 * s, m, v, s, n
"""


def test_a_valid_program_is_described(run: Run) -> None:
    """Inputs, numbers, kinds, states, what is dead, memory, work and identity, as a person counts.

    Of the states, `v` is never read for the direction; `s` is, but the zero makes it vanish.
    """
    write(rule=RULE)
    status, out, err = run("check", "rule.py", "--json")
    assert (status, err) == (0, "")
    (record,) = json.loads(out)
    assert record["file"] == "rule.py"
    assert record["name"] == "rule"
    assert (record["valid"], record["error"], record["gate"]) == (True, None, None)
    assert sorted(record["inputs"]) == ["g", "w"]
    assert record["hyperparameters"] == {"h": 0.5, "unused": 1e-8}
    assert record["statements"] == 12
    assert record["dead_statements"] == ["x = g + 1.0", "x = mean(g)", "v = v + x"]
    states = {s["name"]: (s["kind"], s["live"]) for s in record["slots"]}
    assert states == {
        "m": ("tensor", True),
        "v": ("leaf", False),
        "s": ("scalar", True),
        "n": ("scalar", True),
    }
    assert record["state_bytes"] == 4
    # n stays zero from the start, and with it the norm; lerp, tanh and the difference are left.
    assert record["operations"] == 3
    assert record["kinds"]["x"] == ["tensor", "leaf"]
    assert record["kinds"]["m"] == ["tensor"]
    assert record["digest"] == digest(lower(parse(RULE), bind=True))
    status, text, _ = run("check", "rule.py")
    assert status == 0
    for told in (
        "rule: valid, of rule.py",
        "hyperparameters: h=0.5, unused=1e-08",
        "m (tensor), v (leaf, dead), s (scalar), n (scalar); 4 bytes per parameter",
        "statements:      12, of which 3 dead",
        "dead: v = v + x",
        "x: tensor, then leaf",
    ):
        assert told in text


def test_one_bad_program_among_good_ones(run: Run) -> None:
    """All are told, those after it too; the exit status is 1."""
    write(a="def a(g):\n return g\ndef b(g):\n return sgn(g)\ndef c(g):\n return -g", d="x = 1")
    status, out, err = run("check", "a.py", "d.py", "--json")
    assert (status, err) == (1, "")
    records = json.loads(out)
    assert [(r["name"], r["valid"]) for r in records] == [
        ("a", True),
        ("b", False),
        ("c", True),
        ("d.py", False),
    ]
    assert re.match(r"a\.py:4:9: unknown function 'sgn'", records[1]["error"])
    assert re.match(r"d\.py:1:1: expected a function", records[3]["error"])
    status, out, _ = run("check", "a.py", "d.py")
    assert status == 1
    assert "b: not valid\n  a.py:4:9: unknown function 'sgn'" in out
    assert "c: valid, of a.py" in out
    assert run("check", "a.py:c")[0] == 2


def test_a_file_without_a_program_is_not_valid(run: Run) -> None:
    """A file that holds none is told like a program with a fault, not passed over."""
    write(empty="", words='"""No rule."""\n# none\n')
    for name in ("empty.py", "words.py"):
        status, out, _ = run("check", name)
        assert status == 1
        assert f"{name}:1:1: expected one function, got none" in out
        status, out, _ = run("check", name, "--json")
        assert status == 1
        assert json.loads(out)[0]["valid"] is False


@pytest.mark.parametrize(
    ("text", "gate"),
    [
        ("def f(g):\n return g - g", "ignores-gradient"),
        ("def f(w):\n return w", None),
        ("def f(g):\n return 1e300 * g * 1e300", None),
    ],
)
def test_what_a_search_would_reject_is_told(text: str, gate: str | None, run: Run) -> None:
    """A valid program may be useless; the gate that stops it is named, with its reason."""
    write(f=text)
    status, out, _ = run("check", "f.py", "--json")
    assert status == 0
    rejecting = json.loads(out)[0]["gate"]
    assert rejecting is not None
    assert rejecting == (gate or rejecting)
    (reason,) = (g.reason for g in GATES if g.name == rejecting)
    assert f"a search would reject it: {reason} (gate '{rejecting}')" in run("check", "f.py")[1]


@pytest.mark.parametrize("name", rule_names())
def test_known_rules_have_nothing_dead(name: str) -> None:
    """No statement, state or gate stands between a known rule and its use."""
    description = describe(known_rule(name))
    assert description.gate is None
    assert description.dead_statements == ()
    assert all(slot.live for slot in description.slots)
    assert description.state_bytes == 4 * sum(slot.kind == "tensor" for slot in description.slots)


@given(programs())
def test_any_program_can_be_described(program: Program) -> None:
    """Counts agree with each other, whatever the program."""
    description = describe(program)
    assert description.statements == len(program.statements)
    assert len(description.dead_statements) <= description.statements
    assert [s.name for s in description.slots] == list(program.slots)
    assert description.state_bytes <= 4 * sum(s.live for s in description.slots)
    assert {s.kind for s in description.slots if s.name in description.kinds} <= {
        "scalar",
        "leaf",
        "tensor",
    }
    assert set(description.inputs) <= set(program.inputs)
    assert description.cost >= 0


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("def f(g):\n return -g", 1),
        ("def f(g, t):\n return g * sqrt(1 + t ** 2)", 1),
        ("def f(g, m):\n m = g + m\n return m * m, m", 2),
        ("def f(g):\n return g / norm(g)", 3),
    ],
)
def test_cost_counts_work_on_elements(text: str, cost: int) -> None:
    """An operation per element counts one, a norm two, what is of single numbers nothing."""
    assert describe(parse(text)).cost == cost


SAME_AS_LION = """
def mine(g, mom, *, b=0.99):
    u = (sign(mom * 0.9 + g * 0.1)) * 2
    return u, interp(g, mom, b)
"""


def test_hash_says_what_is_the_same(run: Run, tmp_path: Path) -> None:
    """Lion written otherwise, twice as large, is Lion's class; its digest is its own."""
    (tmp_path / "mine.py").write_text(SAME_AS_LION, encoding="utf-8")
    lion, mine, again, sgd = read(run("hash", "lion", "mine.py", "lion", "sgd", "--json"))
    assert set(lion) == {"program", "digest", "structure", "class", "scale"}
    assert [r["program"] for r in (lion, mine, again, sgd)] == ["lion", "mine.py", "lion", "sgd"]
    assert lion["class"] == mine["class"] == again["class"] == lion["digest"] != sgd["class"]
    assert lion["digest"] == again["digest"] != mine["digest"]
    assert mine["scale"] == pytest.approx(2 * lion["scale"])
    told = run("hash", "lion", "mine.py", "sgd").out.splitlines()
    assert len(told) == 4
    assert told[-1] == "mine.py does the same as lion times 2"


def test_hash_says_what_differs_in_constants_alone(run: Run, tmp_path: Path) -> None:
    """Signs of two averages share a structure, their digests are two; a plain average's is another.

    Text and JSON tell the same.
    """
    rule = "def {}(g, m, *, b={}):\n    m = lerp(g, m, b)\n    return {}, m\n"
    texts = [rule.format(*parts) for parts in (("a", 0.9, "sign(m)"), ("b", 0.5, "sign(m)"))]
    other = rule.format("c", 0.9, "m")
    (tmp_path / "rules.py").write_text("\n".join([*texts, other]), encoding="utf-8")
    names = [f"rules.py:{name}" for name in "abc"]
    a, b, c = read(run("hash", *names, "--json"))
    assert a["structure"] == b["structure"] != c["structure"]
    assert len({a["digest"], b["digest"], c["digest"]}) == 3
    told = run("hash", *names).out.splitlines()
    for record, line in zip((a, b, c), told, strict=True):
        assert re.fullmatch("[0-9a-f]{32}", record["structure"])
        identity = f"digest {record['digest'][:12]}  structure {record['structure'][:12]}  class"
        assert identity in line


def test_hash_gives_no_class_to_what_a_gate_rejects(run: Run, tmp_path: Path) -> None:
    """The gate is named; the digest is still there."""
    (tmp_path / "drift.py").write_text("def drift(w):\n    return w\n", encoding="utf-8")
    (record,) = read(run("hash", "drift.py", "--json"))
    assert record["class"] is None
    assert re.fullmatch("[0-9a-f]{32}", record["digest"])
    assert re.fullmatch("[0-9a-f]{32}", record["structure"])
    assert "no class: the direction does not depend on g" in run("hash", "drift.py").out


RULES = """
def lions(g, m): return sign(0.1 * g + 0.9 * m), lerp(m, g, 0.002)
def more(w, g, m, *, b=0.85): m = lerp(g, m, b); return sign(m) + 0.1 * sign(w), m
def nothing(g): return 0 * g
"""


def test_programs_are_recognised_in_a_sentence_each(run: Run) -> None:
    """The rule and its constants, what is made of it, or that there is none."""
    write(rules=RULES)
    outcome = run("recognise", "tiger", "rules.py:lions", "rules.py:more", "rules.py:nothing")
    assert outcome == (
        0,
        "tiger is identical to tiger.\n"
        "rules.py:lions is lion with beta1 = 0.9, beta2 = 0.998.\n"
        "rules.py:more contains signum with beta = 0.85: update = signum + sign(w) * 0.1.\n"
        "rules.py:nothing is like no known rule: its direction is zero or not finite on the "
        "probes.\n",
        "",
    )


def test_recognition_as_json(run: Run) -> None:
    """A record per program, in their order."""
    write(rules=RULES)
    lions, nothing = read(run("recognise", "rules.py:lions", "rules.py:nothing", "--json"))
    assert lions == {
        "program": "rules.py:lions",
        "rule": "lion",
        "relation": "equal up to constants",
        "constants": {"beta1": 0.9, "beta2": 0.998},
        "distance": 0.0,
        "detail": "",
    }
    assert (nothing["rule"], nothing["relation"], nothing["distance"]) == (None, "nearest", None)


def test_there_must_be_a_program_to_recognise(run: Run) -> None:
    """As elsewhere, in one line."""
    assert "no known rule named 'lyon'; did you mean 'lion'?" in refused(run("recognise", "lyon"))
    assert "Missing argument 'PROGRAM...'" in refused(run("recognise"))
