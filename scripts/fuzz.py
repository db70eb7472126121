"""Tries program texts, configurations and command lines that nobody would write on purpose.

    python -m scripts.fuzz                        # 20,000 texts, 2,000 configurations, 500 commands
    python -m scripts.fuzz --seed 7 --texts 1000  # others

What is wrong must be said in an `EvosearchError`, and by a command in a line of its own with status
2. Whatever else is raised is printed with what caused it. Takes some minutes of a core.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from evosearch.cli import main as command_line
from evosearch.cli.commands import COMMANDS
from evosearch.errors import EvosearchError
from evosearch.graph.digest import digest
from evosearch.graph.lion_paper import convert
from evosearch.graph.lowering import lower
from evosearch.language.library import known_rule, rule_names
from evosearch.language.parser import parse_all
from evosearch.language.printer import to_text
from evosearch.search.config import SearchConfig
from evosearch.search.config_text import as_toml
from evosearch.search.config_values import load_config, make_config

_ODD = (
    *("", " ", "\n", "\t", "\r\n", "\0", "\ufeff", "\u2028", "\udc80", "é", "β", "𝛽", "¹", "٣"),
    *("9" * 5000, "0x" + "f" * 2000, "1e999", "-1e-999", "1_0", "1j", "0b2", "00", ".", "..."),
    *("(" * 300, "[" * 300, "not " * 300, "-" * 1000, "a." * 200, "# " + "x" * 5000),
    *(
        "def ",
        "def f(g):",
        "lambda",
        "async ",
        "await ",
        "yield ",
        "return ",
        "import os\n",
        "class",
    ),
    *(":=", "**", "//", "@", "->", ";", ":", ",", "=", "==", "'", '"', '"""', "f'{g}'", "\\\n"),
    *("None", "True", "nan", "inf", "__import__('os')", "g", "w", "lr", "t", "*", "*,", "/"),
)
_VALUES = (
    *("0", "-1", "1", "1e400", "-0.0", "nan", "inf", "-inf", "true", "[]", "{}", '""', "'x'"),
    *(
        "9" * 5000,
        "[" * 200 + "]" * 200,
        '["adamw"]',
        '["a", 1]',
        "1979-05-27",
        "[[1]]",
        '"\\ud800"',
    ),
    *('"spirals"', '["spirals", "spirals"]', '"none.py:T"', "{a = {b = 1}}", "0x10", "1_000", "08"),
)
_WORDS = (
    *(
        "adamw",
        "lion",
        "lyon",
        "none.py",
        "none.py:f",
        "runs/none",
        "runs/none#1",
        "x#best",
        "#",
        ":",
    ),
    *(
        "x#" + "9" * 5000,
        "a" * 400,
        "",
        " ",
        "-",
        "--",
        "-n",
        "-9",
        "9" * 5000,
        "1e9",
        "\udc80",
        "β",
    ),
    *(
        "def f(g): return g",
        "def f(g): return",
        "..",
        "/",
        ".",
        "nul\nline",
        "*",
        "--json",
        "--help",
    ),
    *(
        "--out",
        "--format",
        "--name",
        "--set",
        "--seed",
        "--task",
        "--preset",
        "--where",
        "--workers",
    ),
)


def edited(text: str, draw: random.Random, odd: tuple[str, ...] = _ODD) -> str:
    """Changes a text in one to six places: cut, doubled, moved, or something odd put in."""
    for _ in range(draw.randint(1, 6)):
        a, b = sorted(draw.randint(0, len(text)) for _ in range(2))
        b = min(b, a + 40)
        part = text[a:b]
        kind = draw.randrange(4)
        if kind == 0:
            text = text[:a] + text[b:]
        elif kind == 1:
            text = text[:b] + part + text[b:]
        elif kind == 2:
            place = draw.randint(0, len(text))
            text = text[:place] + part + text[place:]
        else:
            text = text[:a] + draw.choice(odd) + text[a if draw.random() < 0.5 else b :]
    return text


def texts(count: int, seed: int) -> Iterator[str]:
    """Makes texts that are nearly programs."""
    draw = random.Random(seed)
    rules = [to_text(known_rule(name)) for name in rule_names()]
    for _ in range(count):
        yield edited(draw.choice(rules), draw)


def configurations(count: int, seed: int) -> Iterator[str]:
    """Makes texts that are nearly configurations: odd values, odd keys, odd letters."""
    draw = random.Random(seed)
    lines = as_toml(make_config({}, "fuzz")).splitlines()
    keys = [*SearchConfig.model_fields, "evaluation", "a.b", '"odd key"', ""]
    for _ in range(count):
        chosen = draw.sample(lines, draw.randint(0, 4))
        for _ in range(draw.randint(1, 4)):
            chosen.append(f"{draw.choice(keys)} = {draw.choice(_VALUES)}")
        text = "\n".join(chosen)
        if draw.random() < 0.2:
            text = (
                "{"
                + ", ".join(f'"{draw.choice(keys)}": {draw.choice(_VALUES)}' for _ in "ab")
                + "}"
            )
        yield edited(text, draw) if draw.random() < 0.3 else text


def command_lines(count: int, seed: int) -> Iterator[list[str]]:
    """Makes arguments of commands; none trains anything."""
    draw = random.Random(seed)
    cheap = [
        *(name for name in COMMANDS if name in ("show", "export", "convert", "check", "status")),
        *("top", "lineage", "resume", "replay", "report", "rules", "primitives", "hash"),
    ]
    for _ in range(count):
        words = [draw.choice(_WORDS) for _ in range(draw.randint(0, 4))]
        if draw.random() < 0.4:
            yield ["search", *words, "--set", f"seed={draw.choice(_VALUES)}", "--show-config"]
        else:
            yield [draw.choice([*cheap, "", "serach"]), *words]


def read_program(text: str) -> None:
    """Reads a text as a program, and as a listing of the Lion paper, and uses what it is."""
    with told_in(1000):
        for program in parse_all(text):
            assert to_text(program)
            digest(lower(program, bind=True))
    with told_in(1000):
        convert(text)


def read_configuration(text: str) -> None:
    """Reads a text as the file of a configuration."""
    path = Path("config.toml")
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with told_in(10_000):
        make_config(load_config(path), str(path))


@contextmanager
def told_in(letters: int) -> Iterator[None]:
    """Lets an error for people pass if it has so many letters at most."""
    message = ""
    try:
        yield
    except EvosearchError as error:
        message = str(error)
    assert len(message) <= letters, f"{len(message)} letters: {message[:300]}"


def run_command(arguments: list[str]) -> None:
    """Runs the command line in this process; what is refused is told in a line."""
    out, err = io.StringIO(), io.StringIO()
    before, sys.argv = sys.argv, ["evosearch", *arguments]
    status: object = 0
    try:
        with redirect_stdout(out), redirect_stderr(err):
            command_line.main()
    except SystemExit as stop:
        status = stop.code or 0
    finally:
        sys.argv = before
    assert status in (0, 1, 2), status
    if status == 2:
        assert err.getvalue().splitlines()[-1].startswith("evosearch: "), err.getvalue()


def faults(kind: str, use: Callable[[object], None], cases: Iterator[object]) -> Iterator[str]:
    """Yields a page for each case that ends otherwise than it may."""
    for case in cases:
        try:
            use(case)
        except Exception:
            yield f"--- {kind}: {case!r:.600}\n{traceback.format_exc(limit=-4)}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--texts", type=int, default=20_000)
    parser.add_argument("--configurations", type=int, default=2_000)
    parser.add_argument("--commands", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        told = list(all_faults(asked.texts, asked.configurations, asked.commands, asked.seed))
    print("\n".join(told[:20]))
    print(
        f"{asked.texts} texts, {asked.configurations} configurations, {asked.commands} command "
        f"lines: {len(told)} faults"
    )
    sys.exit(bool(told))


def all_faults(
    some_texts: int, some_configurations: int, some_commands: int, seed: int
) -> Iterator[str]:
    """Yields what goes wrong with so many of each, in the current folder."""
    yield from faults("text", read_program, texts(some_texts, seed))  # type: ignore[arg-type]
    yield from faults(
        "configuration",
        read_configuration,  # type: ignore[arg-type]
        configurations(some_configurations, seed),
    )
    yield from faults("command", run_command, command_lines(some_commands, seed))  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
