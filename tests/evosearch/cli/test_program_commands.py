"""The commands about programs: what they tell and write, and with which exit status."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given

from evosearch import Program, known_rule, lower, parse, rule_names
from evosearch.graph.digest import digest
from evosearch.screening.description import describe
from evosearch.screening.gates import GATES
from evosearch.search.schema import DATABASE
from primitives import COMPOSITES, OPERATIONS, SPELLINGS
from tests.support.commands import Outcome, Run, read, refused
from tests.support.random_programs import programs
from tests.support.recorded_run import START


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


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("lyon", r"no known rule named 'lyon'; did you mean 'lion'\?; .*FILE:NAME or RUN#ID"),
        ("zzz", r"no known rule named 'zzz'; `evosearch rules` lists them; .*FILE:NAME or RUN#ID"),
        ("missing.py", r"missing\.py: cannot be read \(No such file or directory\)"),
        ("folder/missing", r"folder/missing: cannot be read \(No such file or directory\)"),
        ("binary.py", r"binary\.py: not a text file; expected a program"),
        ("./empty", r"\./empty: a folder; a run's rules are \./empty#best and \./empty#ID"),
        (
            "nowhere#1",
            r"nowhere: no such folder; expected a folder that `evosearch search` wrote.*",
        ),
        ("empty#best", r"empty: no run; expected a folder that `evosearch search` wrote.*"),
        ("damaged#1", r"damaged/run\.sqlite: not a run's database \(file is not a database\)"),
        ("a" * 300, r"a+: File name too long"),
    ],
)
def test_what_is_no_program_is_said(argument: str, message: str, run: Run, tmp_path: Path) -> None:
    """A misspelt rule gets a suggestion; a file or run that is not there is named."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / DATABASE).write_bytes(b"no database, but a text" * 100)
    (tmp_path / "binary.py").write_bytes(b"\xff\xfe")
    assert re.fullmatch(message, refused(run("show", argument)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lion"], r"Missing option '--out'; try `evosearch export --help`"),
        (["--out", "o.py"], r"Missing argument 'PROGRAM'; try `evosearch export --help`"),
        (
            ["lion", "--out", "file/o.py"],
            r"file/o\.py: cannot be written \(.*\); choose another .*",
        ),
        (["lion", "--out", "no/o.py"], r"no/o\.py: cannot be written \(.*\); choose another --out"),
        (["lion", "--out", "file"], r"file: exists already; choose another --out, or add --force"),
        (
            ["lion", "--out", "o.py", "--name", "a b"],
            r"--name: 'a b' cannot name a class.*; try .*",
        ),
        (["lion", "--out", "o.py", "--name", "class"], r"--name: 'class' cannot name .*; try .*"),
        (["lion", "--out", "o.py", "--name", "torch"], r"--name: 'torch' cannot name .*; try .*"),
    ],
)
def test_invalid_exports_write_nothing(
    arguments: list[str], message: str, run: Run, tmp_path: Path
) -> None:
    """A missing or impossible option of `export` is named, and no file is written or changed."""
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    assert re.fullmatch(message, refused(run("export", *arguments)))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text(encoding="utf-8") == "in the way"


@pytest.mark.parametrize(
    ("which", "message"),
    [
        ("999", r".*recorded has no candidate 999; `evosearch top .*recorded` lists some"),
        ("abc", r"'#abc': expected a candidate's number or #best"),
        ("-1", r"'#-1': expected a candidate's number or #best"),
        ("", r"'#': expected a candidate's number or #best"),
    ],
)
def test_candidates_that_are_not_there_are_said(
    which: str, message: str, run: Run, recorded: Path
) -> None:
    """RUN#ID names a candidate of the run by number, or #best."""
    assert re.fullmatch(message, refused(run("show", f"{recorded}#{which}")))


def test_rules_as_json(run: Run) -> None:
    """Every known rule with its size and where it was published."""
    records = read(run("rules", "--json"))
    assert [record["name"] for record in records] == list(rule_names())
    for record in records:
        assert set(record) == {"name", "statements", "slots", "about"}
    (lion,) = (record for record in records if record["name"] == "lion")
    assert (lion["statements"], lion["slots"]) == (3, 1)
    assert "2302.06675" in lion["about"]


SHOWN = {"origin", "digest", "text", "statements", "slots", "evidence", "formula", "latex"}


@pytest.mark.parametrize("name", rule_names())
def test_show_as_json(name: str, run: Run) -> None:
    """A rule's text reads back, its digest is that of the rule, each equation comes in LaTeX."""
    record = read(run("show", name, "--json"))
    assert set(record) == SHOWN
    assert record["origin"] == f"known rule {name}"
    assert record["evidence"] is None
    assert record["digest"] == digest(lower(known_rule(name), bind=True))
    assert digest(lower(parse(record["text"]), bind=True)) == record["digest"]
    assert len(record["formula"]) == len(record["latex"]) > record["slots"]


def test_show_prints_text_and_formulas(run: Run, tmp_path: Path) -> None:
    """For people: the rule without dead code, its formulas, and LaTeX."""
    (tmp_path / "p.py").write_text("def f(g, m):\n    x = m * g\n    return g > 0, x", "utf-8")
    outcome = run("show", "p.py")
    assert outcome == Outcome(
        0,
        """\
# program file p.py; 1 statements, 0 state slots

def f(g):
    update = g > 0
    return update

Formula:
  u[t] = greater(g, 0)
  with greater: 1 where a > b, else 0

LaTeX:
  u_{t} = \\operatorname{greater}{\\left(g_t,0 \\right)}
""",
        "",
    )


SAME_AS_LION = """
def mine(g, mom, *, b=0.99):
    u = (sign(mom * 0.9 + g * 0.1)) * 2
    return u, interp(g, mom, b)
"""


def test_hash_says_what_is_the_same(run: Run, tmp_path: Path) -> None:
    """Lion written otherwise, twice as large, is Lion's class; its digest is its own."""
    (tmp_path / "mine.py").write_text(SAME_AS_LION, encoding="utf-8")
    lion, mine, again, sgd = read(run("hash", "lion", "mine.py", "lion", "sgd", "--json"))
    assert set(lion) == {"program", "digest", "class", "scale"}
    assert [r["program"] for r in (lion, mine, again, sgd)] == ["lion", "mine.py", "lion", "sgd"]
    assert lion["class"] == mine["class"] == again["class"] == lion["digest"] != sgd["class"]
    assert lion["digest"] == again["digest"] != mine["digest"]
    assert mine["scale"] == pytest.approx(2 * lion["scale"])
    told = run("hash", "lion", "mine.py", "sgd").out.splitlines()
    assert len(told) == 4
    assert told[-1] == "mine.py does the same as lion times 2"


def test_hash_gives_no_class_to_what_a_gate_rejects(run: Run, tmp_path: Path) -> None:
    """The gate is named; the digest is still there."""
    (tmp_path / "drift.py").write_text("def drift(w):\n    return w\n", encoding="utf-8")
    (record,) = read(run("hash", "drift.py", "--json"))
    assert record["class"] is None
    assert re.fullmatch("[0-9a-f]{32}", record["digest"])
    assert "no class: the direction does not depend on g" in run("hash", "drift.py").out


def test_the_best_of_a_run_is_a_program(run: Run, recorded: Path) -> None:
    """RUN#best is the candidate measured best on fresh seeds; its evidence says on how many."""
    (best, _) = read(run("top", recorded, "--json"))
    record = read(run("show", f"{recorded}#best", "--json"))
    assert set(record) == SHOWN
    assert record["origin"] == f"candidate {best['id']} of run recorded"
    assert record["text"] == best["text"]
    assert re.fullmatch(
        r"Speed-up .*\(digit_images\): 1\.50, 95% interval 1\.25 to 1\.75, on 8 seeds .*",
        record["evidence"],
    )
    start = read(run("show", f"{recorded}#0", "--json"))
    assert digest(lower(parse(start["text"]), bind=True)) == digest(lower(parse(START), bind=True))
    assert re.fullmatch(r"Speed-up .*: 1\.00, on the seeds that selected it .*", start["evidence"])


def test_a_run_is_found_by_its_name_under_runs(run: Run, recorded: Path, tmp_path: Path) -> None:
    """A run may be called by the name of its folder under `runs/`."""
    (tmp_path / "runs").mkdir()
    recorded.rename(tmp_path / "runs" / "mine")
    assert read(run("status", "mine", "--json"))["trained"] == 2
    assert read(run("show", "mine#best", "--json"))["origin"].endswith("of run mine")


def test_export_writes_the_file_it_names(run: Run, recorded: Path, tmp_path: Path) -> None:
    """The class is named after the rule or as asked; a file is only replaced by force."""
    outcome = run("export", "lion", "--out", "lion.py")
    assert outcome == Outcome(0, "lion.py: class Lion, from known rule lion\n", "")
    assert "exists already" in refused(run("export", "sgd", "--out", "lion.py"))
    assert run("export", f"{recorded}#best", "--out", "lion.py", "--force", "--name", "Mine") == (
        outcome._replace(out=f"lion.py: class Mine, from {_origin(run, recorded)}\n")
    )
    module = ast.parse((tmp_path / "lion.py").read_text(encoding="utf-8"))
    assert [node.name for node in module.body if isinstance(node, ast.ClassDef)] == ["Mine"]
    header = ast.get_docstring(module) or ""
    assert f"Origin: {_origin(run, recorded)}." in header
    assert "95% interval 1.25 to 1.75" in header


def _origin(run: Run, folder: Path) -> str:
    return str(read(run("show", f"{folder}#best", "--json"))["origin"])


def test_export_writes_tests_that_prove_the_file(tmp_path: Path) -> None:
    """The file and its tests stand beside each other, and pytest finds nothing wrong with them."""
    out = tmp_path / "my_lion.py"
    done = subprocess.run(
        [sys.executable, "-m", "evosearch", "export", "lion", "--out", str(out), "--with-tests"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    tests = tmp_path / "test_my_lion.py"
    assert str(tests) in done.stdout
    pytest_of_them = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tests)]
    run = [*pytest_of_them, "-k", "not compiled"]
    passed = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert passed.returncode == 0, passed.stdout
    # A wrong constant, and they fail.
    out.write_text(out.read_text(encoding="utf-8").replace("1 - beta2", "1 - beta1"), "utf-8")
    failed = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert failed.returncode == 1, failed.stdout


def test_export_writes_other_formats(tmp_path: Path) -> None:
    """LaTeX, data and a transformation for optax, each of the rule that was named."""
    for form, expected in (
        ("latex", r"u_{t} &= \operatorname{sign}"),
        ("json", '"hyperparameters": {\n    "beta1": 0.9,'),
        ("optax", "update = jnp.sign((1 - beta1) * g + beta1 * m)"),
    ):
        out = tmp_path / f"lion_{form}"
        command = ["export", "lion", "--out", str(out), "--format", form]
        done = subprocess.run(
            [sys.executable, "-m", "evosearch", *command],
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        assert expected in out.read_text(encoding="utf-8")
