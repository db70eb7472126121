"""Writes down all that a refactoring must not change, one file per fact, to compare with `diff -r`.

Run it in a checkout of the old commit and in one of the new, with the same MUTANTS file, and
compare the two folders:

    python -m scripts.compare_layouts OUT --mutants MUTANTS [--searches]

What is written: `hash`, `check`, `show` and every format of `export` for all known rules and for
the mutants, the tables of primitives, rules and tasks, and with `--searches` every table of the
databases of the quick search and of a micro search on two workers.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import sqlite3
import sys
from contextlib import redirect_stdout
from pathlib import Path

from evosearch import rule_names

try:
    from evosearch.cli.main import main
except ImportError:  # in the old layout
    from evosearch.cli import main  # type: ignore[no-redef, attr-defined, assignment]

FORMATS = ("torch", "optax", "latex", "json")


def run(*arguments: str) -> str:
    """What a command prints; its exit status where that is not 0."""
    out = io.StringIO()
    before, sys.argv = sys.argv, ["evosearch", *arguments]
    try:
        with redirect_stdout(out):
            main()
    except SystemExit as stop:
        return f"exit status {stop.code}\n" * bool(stop.code) + out.getvalue()
    except Exception as error:  # a fault that both have is none of the refactoring
        return f"{type(error).__name__}: {error}\n{out.getvalue()}"
    finally:
        sys.argv = before
    return out.getvalue()


def dump(database: Path) -> str:
    """Every table of a run as SQL, the configuration a key a line."""
    with sqlite3.connect(database) as connection:
        return "\n".join(connection.iterdump()) + "\n"


def main_of_script() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--mutants", type=Path, required=True)
    parser.add_argument("--searches", action="store_true")
    given = parser.parse_args()
    out: Path = given.out
    out.mkdir(parents=True)

    mutants = re.findall(r"^def (\w+)", given.mutants.read_text(), re.MULTILINE)
    programs = [*rule_names(), *(f"{given.mutants}:{name}" for name in mutants)]
    (out / "hash.json").write_text(run("hash", "--json", *programs))
    (out / "hash.txt").write_text(run("hash", *programs))
    for command in ("primitives", "rules", "tasks"):
        (out / f"{command}.json").write_text(run(command, "--json"))
        (out / f"{command}.txt").write_text(run(command))
    (out / "check.json").write_text(run("check", "--json", str(given.mutants)))
    (out / "check.txt").write_text(run("check", str(given.mutants)))
    for number, program in enumerate(programs):
        name = program.rsplit(":", 1)[-1]
        (out / f"{name}.show.json").write_text(run("show", "--json", program))
        (out / f"{name}.show.txt").write_text(run("show", program))
        for kind in FORMATS:
            tests = ["--with-tests"] if kind == "torch" and number % 5 == 0 else []
            target = out / f"exported_{name}_{kind}.py"
            said = run("export", program, "--out", str(target), "--format", kind, *tests)
            (out / f"{name}.{kind}.said").write_text(said.replace(str(out), "OUT"))

    if given.searches:
        quick, micro = out / "quick", out / "micro"
        run("search", "--preset", "quick", "--out", str(quick))
        (out / "quick.sql").write_text(dump(quick / "run.sqlite"))
        run("search", "--task", "micro", "--evaluations", "60", "--population", "20",
            "--set", "budget=8", "--set", "restart_after=20",
            "--workers", "2", "--out", str(micro))  # fmt: skip
        (out / "micro.sql").write_text(dump(micro / "run.sqlite"))
        for name, folder in (("quick", quick), ("micro", micro)):
            for command in (
                ("top", "--json"),
                ("top",),
                ("status", "--json"),
                ("replay", "--json"),
            ):
                said = run(command[0], str(folder), *command[1:]).replace(str(out), "OUT")
                (out / f"{name}.{command[0]}{len(command)}").write_text(said)
            (out / f"{name}.best").write_text(
                run("show", "--json", f"{folder}#best").replace(str(out), "OUT")
            )
    print(json.dumps({"programs": len(programs), "files": len(list(out.rglob("*")))}))


if __name__ == "__main__":
    main_of_script()
