"""The command line as a whole: errors are one line that helps, and every option has help."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import pytest

from evosearch.cli import main as command_line
from evosearch.cli.commands import COMMANDS
from evosearch.cli.main import cli
from evosearch.search.schema import DATABASE
from tests.support.commands import Run, refused

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
    "command", ["top", "status", "resume", "replay", "search --resume", "show", "export --out o.py"]
)
def test_what_is_no_run_is_said(command: str, run: Run, tmp_path: Path) -> None:
    """Each command that takes a run names what it was given, and what it expected."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / DATABASE).write_bytes(b"no database, but a text" * 100)
    (tmp_path / "other").mkdir()
    with closing(sqlite3.connect(tmp_path / "other" / DATABASE)) as database:
        database.execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)")
        database.execute("INSERT INTO meta VALUES ('format', '77')")
        database.commit()
    which = "#1" if command in ("show", "export --out o.py") else ""
    for folder, message in {
        "nowhere": "nowhere: no such folder; expected a folder that `evosearch search` wrote",
        "empty": "empty: no run; expected a folder that `evosearch search` wrote",
        "damaged": "damaged/run.sqlite: not a run's database",
        "other": "other/run.sqlite: format 77, expected 5; use the version that wrote it",
    }.items():
        assert refused(run(*command.split(), folder + which)).startswith(message)


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
        pytest.param(
            *(
                ["search", "--workers", "-1"],
                r"evosearch: Invalid value for '--workers': -1 is not.*\n",
            ),
            marks=pytest.mark.slow,
        ),
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


def test_commands_without_arguments_and_help(run: Run) -> None:
    """Alone, `evosearch` prints its help, which lists every command; so does --help."""
    alone, asked = run(), run("--help")
    assert alone == asked
    assert alone.status == 0
    assert alone.err == ""
    for name in COMMANDS:
        assert re.search(rf"^  {name} ", alone.out, re.MULTILINE)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_mentions_every_argument(name: str, run: Run) -> None:
    """The help of each command names its arguments and options, each option with a sentence."""
    outcome = run(name, "--help")
    assert outcome.status == 0
    assert outcome.err == ""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.help
    # The list of commands is told without loading them.
    assert command.help.split("\n\n")[0].replace("\n", " ").startswith(COMMANDS[name][1])
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            assert str(parameter.name).upper() in outcome.out
        for option in parameter.opts:
            if option.startswith("-"):
                assert re.search(rf"^ +(-\w, )?{option}\b", outcome.out, re.MULTILINE), option


def test_version(run: Run) -> None:
    """The version is that of the installed package."""
    outcome = run("--version")
    assert outcome.status == 0
    assert re.fullmatch(r"evosearch, version \d+\.\d+\.\d+.*\n", outcome.out)
