"""What `check`, `primitives` and `convert` tell, and with which exit status."""

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
from primitives import COMPOSITES, OPERATIONS, SPELLINGS
from tests.support.commands import Run
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


@pytest.mark.parametrize("command", ["check", "convert"])
def test_files_that_cannot_be_read_are_refused(command: str, run: Run, tmp_path: Path) -> None:
    """A missing file, a folder and bytes that are no text: one line, exit status 2."""
    (tmp_path / "binary.py").write_bytes(b"\xff\xfe\x00")
    for name, said in (
        ("missing.py", r"missing\.py: cannot be read \(No such file or directory\)"),
        (".", r"\.: cannot be read \("),
        ("binary.py", r"binary\.py: not a text file"),
    ):
        status, out, err = run(command, name)
        assert (status, out) == (2, "")
        assert re.fullmatch(rf"evosearch: {said}.*\n", err)
    assert run(command)[0] == 2


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
    found = json.loads(out)[0]["gate"]
    assert found is not None
    assert found == (gate or found)
    (reason,) = (g.reason for g in GATES if g.name == found)
    assert f"a search would reject it: {reason} (gate '{found}')" in run("check", "f.py")[1]


@pytest.mark.parametrize("name", rule_names())
def test_known_rules_have_nothing_dead(name: str) -> None:
    """No statement, state or gate stands between a known rule and its use."""
    found = describe(known_rule(name))
    assert found.gate is None
    assert found.dead_statements == ()
    assert all(slot.live for slot in found.slots)
    assert found.state_bytes == 4 * sum(slot.kind == "tensor" for slot in found.slots)


@given(programs())
def test_any_program_can_be_described(program: Program) -> None:
    """Counts agree with each other, whatever the program."""
    found = describe(program)
    assert found.statements == len(program.statements)
    assert len(found.dead_statements) <= found.statements
    assert [s.name for s in found.slots] == list(program.slots)
    assert found.state_bytes <= 4 * sum(s.live for s in found.slots)
    assert {s.kind for s in found.slots if s.name in found.kinds} <= {"scalar", "leaf", "tensor"}
    assert set(found.inputs) <= set(program.inputs)
    assert found.cost >= 0


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


def test_primitives_are_listed(run: Run) -> None:
    """Everything a program may call stands in the list, with its definition and other spellings."""
    status, out, err = run("primitives", "--json")
    assert (status, err) == (0, "")
    records = {record["name"]: record for record in json.loads(out)}
    assert set(records) == set(OPERATIONS)
    for name, row in OPERATIONS.items():
        assert records[name]["definition"] == row.definition
        assert len(records[name]["accepts"]) == row.arity
        assert (records[name]["expansion"] is not None) == (name in COMPOSITES)
    spelt = {name for record in records.values() for name in (record["name"], *record["aliases"])}
    assert spelt == set(SPELLINGS)
    assert records["add"]["infix"] == "+"
    assert records["global_norm"]["reduces_to"] == "scalar"
    assert records["norm"]["paper"]
    _, text, _ = run("primitives")
    assert len(text.splitlines()) == len(OPERATIONS)
    assert re.search(r"^lerp\(a, b, c\) .*; also .*interp", text, re.MULTILINE)
    assert re.search(r"^clip_by_global_norm\(a, b\) .*; also clip$", text, re.MULTILINE)


LION = """
def train(weight, gradient, momentum, lr):
  update = interp(gradient, momentum, beta1)
  update = sign(update)
  momentum = interp(gradient, momentum, beta2)
  weight_decay = weight * lambda
  update = update + weight_decay
  update = update * lr
  return update, momentum
"""


def test_a_listing_is_converted(run: Run) -> None:
    """The output is a file of the language, the notes its comments; JSON has the same."""
    write(lion=LION)
    arguments = (
        "convert",
        "lion.py",
        "--set",
        "beta1=0.9",
        "--set",
        "beta2=0.99",
        "--name",
        "mine",
    )
    status, out, err = run(*arguments)
    assert (status, err) == (0, "")
    assert out.startswith("# Taken out: the factor lr;")
    program = parse(out)
    assert program.name == "mine"
    assert digest(lower(program, bind=True)) == digest(lower(known_rule("lion"), bind=True))
    record = json.loads(run(*arguments, "--json")[1])
    assert out == "".join(f"# {note}\n" for note in record["notes"]) + record["text"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "beta1"], r"--set expected NAME=NUMBER, got 'beta1'"),
        (["--set", "beta1=x"], r"--set expected NAME=NUMBER, got 'beta1=x'"),
        (["--set", "beta1=0.9"], r"lion\.py: the listing leaves beta2 open; .* --set beta2=\.\.\."),
        (["--set", "beta1=nan", "--set", "beta2=1"], r".*needs a finite number"),
        (["--name", "a b"], r"--name: 'a b' cannot name a program"),
        (["--name", "lambda"], r"--name: 'lambda' cannot name a program"),
        (["--name", "β"], r"--name: 'β' cannot name a program"),
    ],
)
def test_conversion_refuses_in_one_line(arguments: list[str], message: str, run: Run) -> None:
    """A missing number, one that is none, and a name that no program may have."""
    write(lion=LION)
    given_too = ["--set", "beta1=0.9", "--set", "beta2=0.9"] if "--name" in arguments else []
    status, out, err = run("convert", "lion.py", *arguments, *given_too)
    assert (status, out) == (2, "")
    assert re.match(rf"evosearch: {message}", err), err
    assert err.count("\n") == 1
