"""The command line: bad input is one line that helps, and JSON has the keys it promises."""

from __future__ import annotations

import ast
import json
import math
import os
import re
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest

from evosearch import known_rule, rule_names
from evosearch.cli import main as command_line
from evosearch.cli.main import cli
from evosearch.graph.digest import digest
from evosearch.graph.lowering import lower
from evosearch.language.parser import parse
from evosearch.language.printer import to_text
from evosearch.scoring.evaluation import Result
from evosearch.scoring.remeasurement import Measurement
from evosearch.scoring.sweep import Evaluation
from evosearch.search.config import PRESETS, SearchConfig, make_config
from evosearch.search.evolution import Evolution
from evosearch.search.store import BASELINE_ID, DATABASE, RANKING, REPORT, Store
from proxies import SUITES, TASKS
from tests.support.commands import Outcome, Run


def refused(outcome: Outcome) -> str:
    """The line that tells the user what was wrong."""
    assert outcome.status == 2, outcome
    assert outcome.out == ""
    assert outcome.err.endswith("\n")
    (line,) = outcome.err.splitlines()
    assert line.startswith("evosearch: ")
    return line.removeprefix("evosearch: ")


PROGRAMS = {
    "syntax error": (
        "def f(g)\n    return g",
        r"p\.py:1:9: syntax error, expected ':'; write statements such as `.*`",
    ),
    "unknown function": (
        "def f(g):\n    return sgn(g)",
        r"p\.py:2:12: unknown function 'sgn'; did you mean 'sign'\?",
    ),
    "undefined name": (
        "def f(g):\n    u = g\n    return u + grad",
        r"p\.py:3:12: undefined name 'grad'; .*(assign|did you mean).*",
    ),
    "too few arguments": (
        "def f(g, m):\n    m = lerp(g, m)\n    return m, m",
        r"p\.py:2:9: lerp expected 3 arguments, got 2; it means .*",
    ),
    "no return": (
        "def f(g, m):\n    m = m + g",
        r"p\.py:2:5: f has no return; end it with `return direction, m`",
    ),
    "too few returned values": (
        "def f(g, m):\n    return g",
        r"p\.py:2:5: expected 2 returned values \(the direction, the new m\), got 1; return .*",
    ),
    "tensor for a scalar": (
        "def f(g, m):\n    m = lerp(g, m, g)\n    return m, m",
        r"p\.py:2:9: argument 3 of lerp must be a scalar .*, got the tensor 'g'; try .*",
    ),
    "not a function": ("u = 1\n", r"p\.py:1:1: expected a function `def name\(w, g, .*\):` .*"),
    "empty": ("", r"p\.py:1:1: expected one function, got none; write one `def .*`"),
}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("command", ["show", "export", "search"])
def test_invalid_programs_are_located(command: str, name: str, run: Run, tmp_path: Path) -> None:
    """Every command that takes a PROGRAM says at which line and column it is wrong, and why."""
    text, message = PROGRAMS[name]
    (tmp_path / "p.py").write_text(text, encoding="utf-8")
    arguments = {
        "show": ["show", "p.py"],
        "export": ["export", "p.py", "--out", "o.py"],
        "search": ["search", "--start", "p.py", "--out", "o"],
    }[command]
    assert re.fullmatch(message, refused(run(*arguments)))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.py"]


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


CONFIGS = {
    "unknown key": ("color = 1", r"c\.toml: unknown key 'color'; known are start, tasks, seed, .*"),
    "negative population": (
        "population = -3",
        r"c\.toml: population: input should be greater than or equal to 2, got -3",
    ),
    "unknown task": (
        'tasks = ["chess"]',
        r"c\.toml: tasks: no task named 'chess'; known are digit_images, .*",
    ),
    "task twice": (
        'tasks = ["digit_images", "digit_images"]',
        r"c\.toml: tasks: a task stands twice",
    ),
    "unknown primitive": (
        'primitives = ["add", "foo"]',
        r"c\.toml: primitives: no operation named 'foo'; known are add, .*",
    ),
    "no number": (
        'population = "many"',
        r"c\.toml: population: input should be a valid integer, .*, got 'many'",
    ),
    "infinite": ("hurdle = inf", r"c\.toml: hurdle: input should be a finite number, got inf"),
    "not TOML": ("population 3", r"c\.toml: not a TOML file, .*line 1.*"),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_invalid_configurations_are_named(name: str, run: Run, tmp_path: Path) -> None:
    """A configuration file's unknown key or bad value is named, with what would be valid."""
    text, message = CONFIGS[name]
    (tmp_path / "c.toml").write_text(text, encoding="utf-8")
    outcome = run("search", "--config", "c.toml", "--out", "o")
    assert re.fullmatch(message, refused(outcome))
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--config", "none.toml"], r"none\.toml: cannot be read \(No such file or directory\)"),
        (["--set", "population"], r"--set expected KEY=VALUE, got 'population'; try .*--help`"),
        (["--set", "color=1"], r"command line: unknown key 'color'; known are start, .*"),
        (["--set", "seed=x"], r"command line: seed: input should be a valid integer, .*, got 'x'"),
        (
            ["--population", "-1"],
            r"command line: population: .* greater than or equal to 2, got -1",
        ),
        (
            ["--evaluations", "0"],
            r"command line: evaluations: .* greater than or equal to 1, got 0",
        ),
        (["--seed", "x"], r"Invalid value for '--seed': .*; try `evosearch search --help`"),
        (["--task", "chess"], r"command line: tasks: no task named 'chess'; known are .*"),
        (["--preset", "huge"], r"Invalid value for '--preset': 'huge' is not .*'quick'.*; try .*"),
        (
            ["--workers", "-1"],
            r"Invalid value for '--workers': -1 is not in the range x>=0; try .*",
        ),
        (["--start", "lyon"], r"no known rule named 'lyon'; did you mean 'lion'\?; .*"),
        (["--device", "tpu"], r".*: device: no device 'tpu'; expected cpu, cuda or cuda:N"),
        (["--device", "cuda:99"], r"device 'cuda:99': torch sees .* CUDA devices here; use .*"),
        (["extra"], r"Got unexpected extra argument \(extra\); try `evosearch search --help`"),
        (["--frobnicate"], r"No such option.*--frobnicate.*; try `evosearch search --help`"),
        (["--out", "file/run"], r"file/run: cannot write a run there \(.*\); choose another --out"),
        (["--out", "."], r"\.: not empty; choose another --out, or `evosearch resume \.`"),
    ],
)
def test_invalid_searches_do_not_start(
    arguments: list[str], message: str, run: Run, tmp_path: Path
) -> None:
    """An option that is wrong is named before anything is written."""
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    assert re.fullmatch(message, refused(run("search", *arguments)))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("text", "gate"),
    [
        ("def f(w):\n    return w", "ignores-gradient"),
        ("def f(g):\n    return -g", "not-descent"),
        ("def f(g):\n    return abs(g)", "one-signed"),
    ],
)
def test_a_hopeless_start_is_refused(text: str, gate: str, run: Run, tmp_path: Path) -> None:
    """A rule that a gate rejects leaves nothing to evolve; the reason is given."""
    (tmp_path / "p.py").write_text(text, encoding="utf-8")
    message = refused(run("search", "--start", "p.py", "--out", "o"))
    assert message.startswith("cannot start from p.py: the direction ") or gate == "not-descent"
    assert message.endswith(f"(gate '{gate}'); start from a rule that trains, such as adamw")
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    "option",
    [
        "--seed=1",
        "--set=seed=1",
        "--preset=quick",
        "--config=c.toml",
        "--start=lion",
        "--task=byte_text",
        "--population=9",
        "--evaluations=9",
        "--out=o",
        "--show-config",
    ],
)
def test_a_resumed_run_keeps_its_configuration(option: str, run: Run, recorded: Path) -> None:
    """Options that would change the configuration are refused together with --resume."""
    message = refused(run("search", "--resume", recorded, option))
    assert message.startswith("--resume goes on with the run's own configuration; give it alone")


@pytest.mark.parametrize(
    "command", ["top", "status", "resume", "replay", "search --resume", "show", "export --out o.py"]
)
def test_what_is_no_run_is_said(command: str, run: Run, tmp_path: Path) -> None:
    """Each command that takes a run names what it was given, and what it expected."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / DATABASE).write_bytes(b"no database, but a text" * 100)
    (tmp_path / "other").mkdir()
    with sqlite3.connect(tmp_path / "other" / DATABASE) as database:
        database.execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)")
        database.execute("INSERT INTO meta VALUES ('format', '77')")
    database.close()
    which = "#1" if command in ("show", "export --out o.py") else ""
    for folder, message in {
        "nowhere": "nowhere: no such folder; expected a folder that `evosearch search` wrote",
        "empty": "empty: no run; expected a folder that `evosearch search` wrote",
        "damaged": "damaged/run.sqlite: not a run's database",
        "other": "other/run.sqlite: format 77, expected 2; use the version that wrote it",
    }.items():
        assert refused(run(*command.split(), folder + which)).startswith(message)


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
    ("arguments", "message"),
    [
        (["frobnicate"], r"No such command 'frobnicate'.*; try `evosearch --help`"),
        (["--frobnicate"], r"No such option.*--frobnicate.*; try `evosearch --help`"),
        (["show"], r"Missing argument 'PROGRAM'; try `evosearch show --help`"),
        (["top"], r"Missing argument 'RUN'; try `evosearch top --help`"),
        (["top", "x", "-n", "0"], r"Invalid value for '-n': 0 is not in the range x>=1; try .*"),
        (
            ["resume", "x", "--workers", "-1"],
            r"Invalid value for '--workers': -1 is not .*; try .*",
        ),
    ],
)
def test_wrong_usage_points_to_the_help(arguments: list[str], message: str, run: Run) -> None:
    """What click refuses is one line, with the command whose help would tell."""
    assert re.fullmatch(message, refused(run(*arguments)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "lyon"], r"evosearch: no known rule named 'lyon'; did you mean 'lion'\?; .*\n"),
        (["search", "--workers", "-1"], r"evosearch: Invalid value for '--workers': -1 is not.*\n"),
    ],
)
def test_the_real_process_fails_in_one_line(
    arguments: list[str], message: str, tmp_path: Path
) -> None:
    """Run by a shell, the exit status is 2, with one line on stderr and nothing on stdout."""
    done = subprocess.run(
        [sys.executable, "-m", "evosearch", *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert re.fullmatch(message, done.stderr)


def test_a_closed_pipe_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the reader of the output goes away, the command ends with status 1 and no traceback."""

    def broken(**_: Any) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(cli, "main", broken)
    monkeypatch.setattr(sys, "stderr", open(os.devnull, "w"))  # noqa: SIM115  # main closes it
    with pytest.raises(SystemExit, match=r"^1$"):
        command_line.main()


START = "def start(g, m, *, beta=0.9):\n    m = lerp(g, m, beta)\n    return m, m\n"
RECORDED = make_config({"tasks": ["digit_images"], "population": 4, "block": 1}, "the test")


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A run with its start rule and a mutant trained, and the mutant measured again."""
    folder = tmp_path / "recorded"
    store = Store.create(folder, RECORDED, START)
    evolution = Evolution(RECORDED, parse(START))
    for number, fitness in enumerate((0.0, 1.0)):
        block = evolution.breed(number, 1)
        (trained,) = (c.id for c in block if c.contender is not None)
        evaluation = Evaluation("digit_images", 100, 0, 1.0, 0.5)
        results = {trained: Result(fitness, True, (evaluation,))}
        store.add_block(block, results, evolution.commit(block, results))
    measured = Measurement(1.5, 1.25, 1.75, {"digit_images": 1.5})
    store.add_stage(RANKING, [], {BASELINE_ID: [], trained: []})
    store.add_stage(REPORT, [(trained, measured)], {})
    store.finish()
    store.close()
    return folder


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A run that has only just begun."""
    Store.create(tmp_path / "fresh", RECORDED, START).close()
    return tmp_path / "fresh"


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


def test_a_run_without_results_has_no_best(run: Run, fresh: Path) -> None:
    """Before the first training there is nothing to show, and the other commands say so."""
    message = refused(run("show", f"{fresh}#best"))
    assert message == f"{fresh} has no trained candidate yet; `evosearch resume {fresh}`"
    assert run("top", fresh) == Outcome(0, f"{fresh}: nothing trained yet\n", "")
    assert json.loads(run("top", fresh, "--json").out) == []
    assert run("replay", fresh) == Outcome(0, f"{fresh}: nothing trained yet\n", "")
    assert json.loads(run("replay", fresh, "--json").out) == []


def test_commands_without_arguments_and_help(run: Run) -> None:
    """Alone, `evosearch` prints its help, which lists every command; so does --help."""
    alone, asked = run(), run("--help")
    assert alone == asked
    assert alone.status == 0
    assert alone.err == ""
    for name in cli.commands:
        assert re.search(rf"^  {name} ", alone.out, re.MULTILINE)


@pytest.mark.parametrize("name", cli.commands)
def test_help_mentions_every_argument(name: str, run: Run) -> None:
    """The help of each command names its arguments and options, each option with a sentence."""
    outcome = run(name, "--help")
    assert outcome.status == 0
    assert outcome.err == ""
    command = cli.commands[name]
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            assert str(parameter.name).upper() in outcome.out
        for option in parameter.opts:
            if option.startswith("-"):
                assert re.search(rf"^ +(-\w, )?{option}\b", outcome.out, re.MULTILINE), option


def read(outcome: Outcome) -> Any:
    assert outcome.status == 0
    assert outcome.err == ""
    return json.loads(outcome.out)


def test_rules_as_json(run: Run) -> None:
    """Every known rule with its size and where it was published."""
    records = read(run("rules", "--json"))
    assert [record["name"] for record in records] == list(rule_names())
    for record in records:
        assert set(record) == {"name", "statements", "slots", "about"}
    (lion,) = (record for record in records if record["name"] == "lion")
    assert (lion["statements"], lion["slots"]) == (3, 1)
    assert "2302.06675" in lion["about"]


TASK_KEYS = {
    *("name", "summary", "digest", "suites", "parameters", "steps", "batch_size"),
    *("flops_per_step", "replica_step_seconds", "candidate_seconds", "machine"),
    *("yardstick", "resolution", "paired_resolution", "verdict", "reasons"),
}


def test_tasks_as_json(run: Run) -> None:
    """Every task, with its cost and what was measured of it."""
    records = read(run("tasks", "--json"))
    assert [record["name"] for record in records] == list(TASKS)
    seconds: dict[str, float] = {}
    for record in records:
        assert set(record) == TASK_KEYS
        task = TASKS[record["name"]]
        assert record["steps"] == task.steps
        assert record["parameters"] == sum(p.numel() for p in task.model().parameters())
        # The loss of an example takes more than two operations per parameter that it meets.
        assert record["flops_per_step"] > 2 * record["parameters"]
        assert set(record["suites"]) == {s for s, names in SUITES.items() if task.name in names}
        for suite in record["suites"]:
            seconds[suite] = seconds.get(suite, 0.0) + (record["candidate_seconds"] or math.nan)
        if record["yardstick"] is None:
            assert record["verdict"] == "not measured"
            continue
        assert [point["steps"] for point in record["yardstick"]][2] == task.steps
        assert record["resolution"] > 0
        assert record["paired_resolution"] > 0
        replicas = 8 * task.steps * record["replica_step_seconds"]
        assert record["candidate_seconds"] == pytest.approx(replicas)
    for record in records:
        for suite, total in record["suites"].items():
            # Not known where one of its tasks was not measured.
            assert total == (None if math.isnan(seconds[suite]) else pytest.approx(seconds[suite]))


def test_tasks_named_are_the_ones_listed(run: Run) -> None:
    """By name, suite or option; each once."""
    arguments = ("tasks", "digit_images", "--task", "micro", "digit_images", "--json")
    assert [r["name"] for r in read(run(*arguments))] == ["digit_images", *SUITES["micro"]]
    outcome = run("tasks", "logistic")
    assert outcome.status == 0
    assert outcome.out.startswith("logistic: logistic regression")
    assert "264 parameters, 100 steps of 64 examples" in outcome.out
    assert "digit_images" not in outcome.out


def test_a_time_that_is_asked_for_is_measured(run: Run) -> None:
    """It replaces the one on record, and is kept."""
    (before,) = read(run("tasks", "logistic", "--json"))
    (record,) = read(run("tasks", "logistic", "--time", "--json"))
    assert record["replica_step_seconds"] != before["replica_step_seconds"]
    assert record["replica_step_seconds"] > 0
    assert read(run("tasks", "logistic", "--json")) == [record]
    assert {k: record[k] for k in TASK_KEYS - CHANGED} == {
        k: before[k] for k in TASK_KEYS - CHANGED
    }


CHANGED = {"replica_step_seconds", "candidate_seconds", "machine", "suites"}


def test_what_is_known_can_be_saved(run: Run, tmp_path: Path) -> None:
    """As a table by task; rows of other tasks stay."""
    (tmp_path / "t.json").write_text('{"chess": {}}', encoding="utf-8")
    assert run("tasks", "logistic", "--save", "t.json").status == 0
    table = json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))
    assert set(table) == {"chess", "logistic"}
    assert table["logistic"]["steps"] == TASKS["logistic"].steps


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


def test_top_as_json(run: Run, recorded: Path) -> None:
    """Best first, with the score on fresh seeds and its interval where there is one."""
    best, start = read(run("top", recorded, "--json"))
    keys = {"id", "score", "interval", "search_score", "statements", "slots", "text"}
    assert set(best) == set(start) == keys
    assert (best["score"], best["interval"], best["search_score"]) == (1.5, [1.25, 1.75], 2.0)
    assert (start["id"], start["score"], start["interval"]) == (0, 1.0, None)
    assert parse(best["text"]).name == f"rule_{best['id']}"
    assert read(run("top", recorded, "--json", "-n", "1")) == [best]


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


def test_status_as_json(run: Run, recorded: Path) -> None:
    """Counts per stage; the rejections of each gate add up with the rest."""
    record = read(run("status", recorded, "--json"))
    keys = {"generated", "rejected", "cached", "trained", "remeasured", "stopped_at_hurdle"}
    assert set(record) == keys | {"wanted", "state"}
    assert record["trained"] == 2
    assert record["state"] == "done"
    assert record["wanted"] == RECORDED.evaluations
    parts = sum(record["rejected"].values()) + record["cached"] + record["trained"]
    assert parts == record["generated"]


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


def test_configuration_is_shown_and_not_run(run: Run, tmp_path: Path) -> None:
    """Later sources override earlier ones: preset, file, --set, then the flags."""
    (tmp_path / "c.toml").write_text("population = 5\nlag = 3\nseed = 7", encoding="utf-8")
    options = ["--preset", "quick", "--config", "c.toml", "--set", "lag=9", "--set", "hurdle=0.25"]
    found = read(run("search", *options, "--seed", "4", "--start", "lion", "--show-config"))
    assert set(found) == set(SearchConfig.model_fields)
    assert (found["evaluations"], found["population"]) == (PRESETS["quick"]["evaluations"], 5)
    assert (found["lag"], found["hurdle"]) == (9, 0.25)
    assert (found["seed"], found["start"]) == (4, "lion")
    assert SearchConfig(**found) == SearchConfig.model_validate_json(json.dumps(found))
    assert [path.name for path in tmp_path.iterdir()] == ["c.toml"]


def test_version(run: Run) -> None:
    """The version is that of the installed package."""
    outcome = run("--version")
    assert outcome.status == 0
    assert re.fullmatch(r"evosearch, version \d+\.\d+\.\d+.*\n", outcome.out)


def test_a_run_stores_the_rule_it_starts_from(run: Run, tmp_path: Path) -> None:
    """A start rule's text is kept with the run, so that the file may change later."""
    store = Store.create(tmp_path / "kept", RECORDED, to_text(known_rule("lion")))
    assert parse(store.start) == replace(known_rule("lion"), doc="")
    store.close()
    assert read(run("status", tmp_path / "kept", "--json"))["state"] == "unfinished"


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
