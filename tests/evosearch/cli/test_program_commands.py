"""The commands about programs: what they tell and write, and with which exit status."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from evosearch import known_rule, lower, parse, rule_names, to_source
from evosearch.graph.digest import digest
from evosearch.search.schema import DATABASE
from primitives import COMPOSITES, OPERATIONS, SPELLINGS
from tests.support.commands import Outcome, Run, read, refused
from tests.support.recorded_run import BETA, START


def write(**files: str) -> None:
    for name, text in files.items():
        Path(f"{name}.py").write_text(text, encoding="utf-8")


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


@pytest.mark.parametrize(
    ("encoding", "formula", "dots"),
    [
        pytest.param(*("utf-8", "  m_t = β m_{t-1} + (1 − β) g_t", "…"), marks=pytest.mark.slow),
        ("latin-1", "  m[t] = beta*m[t-1] + (1 - beta)*g[t]", "?"),
        pytest.param(
            "cp1252", "  m[t] = beta*m[t-1] + (1 - beta)*g[t]", "…", marks=pytest.mark.slow
        ),
        pytest.param(
            "ascii",
            "  m[t] = beta*m[t-1] + (1 - beta)*g[t]",
            "\N{REPLACEMENT CHARACTER}",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_terminals_get_what_they_can_show(encoding: str, formula: str, dots: str) -> None:
    """Formulas as code where letters are missing; a question mark for one in other texts.

    Where ASCII is said, click writes UTF-8, which a terminal may or may not show.
    """
    settings = {"PYTHONUTF8": "0", "PYTHONIOENCODING": encoding}
    both = (
        "import sys; from evosearch.cli.main import main\n"
        "for arguments in ['show', 'signum'], ['primitives']:\n"
        "    sys.argv[1:] = arguments\n"
        "    try: main()\n"
        "    except SystemExit as stop: assert not stop.code\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", both], capture_output=True, timeout=120, env=os.environ | settings
    )
    assert done.returncode == 0, done.stderr
    printed = done.stdout.decode(encoding, "replace").splitlines()
    assert formula in printed
    assert any(f"3.14159{dots}" in line for line in printed)


@pytest.mark.parametrize(("form", "start"), [("svg", b"<?xml"), ("png", b"\x89PNG\r\n")])
def test_export_draws(form: str, start: bytes, run: Run, tmp_path: Path) -> None:
    """A file's name need not say what it is; what was written is said."""
    outcome = run("export", "lion", "--format", form, "--out", "drawn")
    assert outcome.status == 0
    assert outcome.out == f"drawn: a drawing in {form.upper()}, from known rule lion\n"
    assert (tmp_path / "drawn").read_bytes().startswith(start)


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
  u_t = [g_t > 0]
  θ_t = (1 − η_t λ) θ_{t-1} − η_t u_t
  with greater: 1 where a > b, else 0

LaTeX:
  u_t = [g_t > 0]
  \\theta_t = (1 - \\eta_t \\lambda) \\theta_{t-1} - \\eta_t u_t
""",
        "",
    )


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
    # Its constants are the tuned ones, not those that it was bred with.
    assert f"beta: float = {BETA}" in (tmp_path / "lion.py").read_text(encoding="utf-8")


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
    run = [*pytest_of_them, "-x", "-k", "not compiled"]
    passed = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert passed.returncode == 0, passed.stdout
    # A wrong constant, and they fail.
    out.write_text(out.read_text(encoding="utf-8").replace("1 - beta2", "1 - beta1"), "utf-8")
    failed = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert failed.returncode == 1, failed.stdout


def test_export_to_standard_output(run: Run, tmp_path: Path) -> None:
    """The file alone; what it is is told on stderr, and no file is made."""
    told = run("export", "lion", "--out", "-")
    assert (told.status, told.out) == (0, to_source("lion"))
    assert told.err == "standard output: class Lion, from known rule lion\n"
    assert run("export", "lion", "--out", "-", "--format", "svg").out.startswith("<?xml")
    assert "no module's name" in refused(run("export", "lion", "--out", "-", "--with-tests"))
    assert [path.name for path in tmp_path.iterdir()] == []


def test_export_writes_other_formats(run: Run, tmp_path: Path) -> None:
    """LaTeX, data and a transformation for optax, each of the rule that was named."""
    for form, expected in (
        ("latex", r"u_t &= \operatorname{sign}"),
        ("markdown", "| $\\beta_1$ | `beta1` | decay rate in [0, 1) | 0.9 |"),
        ("json", '"hyperparameters": {\n    "beta1": 0.9,'),
        ("optax", "update = jnp.sign((1 - b1) * g + b1 * m)"),
    ):
        out = tmp_path / f"lion_{form}"
        assert run("export", "lion", "--out", out, "--format", form).status == 0
        assert expected in out.read_text(encoding="utf-8")
