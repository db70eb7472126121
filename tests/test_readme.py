"""What the README tells a newcomer to do works as it stands."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_exported_optimizer_trains_in_the_readmes_script(tmp_path: Path) -> None:
    """Exported as shown, the script of ten lines fits the digits without importing evosearch."""
    (script,) = [block for block in blocks("python") if "my_optimizer" in block]
    assert len([line for line in script.splitlines() if line.strip()]) <= 12
    export = [sys.executable, "-m", "evosearch", "export", "adamw", "--out", "my_optimizer.py"]
    subprocess.run([*export, "--name", "MyOptimizer"], cwd=tmp_path, check=True, timeout=120)
    script += "\nimport sys\nassert 'evosearch' not in sys.modules\n"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    (loss,) = re.findall(r"loss after 200 steps: ([0-9.]+)", done.stdout)
    assert float(loss) < 0.3


def test_the_rule_shown_is_the_known_one() -> None:
    """Lion in the README parses and is the library's Lion."""
    from evosearch import known_rule, lower, parse
    from evosearch.graph.digest import digest

    (text,) = [block for block in blocks("python") if block.startswith("def lion")]
    assert digest(lower(parse(text), bind=True)) == digest(lower(known_rule("lion"), bind=True))


def test_every_command_the_readme_names_exists() -> None:
    """No command is promised that the program does not have."""
    from evosearch.cli.commands import COMMANDS

    named = set(re.findall(r"\bevosearch ([a-z]+)", README))
    named -= {"import", "evolves"}
    assert named
    assert named <= set(COMMANDS)


def test_the_files_the_readme_names_are_there_and_those_of_packages_ship() -> None:
    """In a checkout all of them; in a wheel those that lie in a package, which has them as data."""
    folders = r"(?:evosearch|primitives|proxies|scripts|docs|runs/reference)"
    inside = rf"(?<![\w/.-])({folders}/[\w./-]*\w|[A-Z]+\.md|[a-z]+\.txt)`"
    named = {ROOT / name for name in re.findall(inside, README)}
    assert {path for path in named if not path.exists()} == set()
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    data = settings["tool"]["setuptools"]["package-data"]
    shipped = {
        file for name, globs in data.items() for one in globs for file in (ROOT / name).glob(one)
    }
    packaged = {path for path in named if path.relative_to(ROOT).parts[0] in data}
    assert packaged
    for path in packaged:
        assert any(file == path or path in file.parents for file in shipped), path


def test_the_columns_of_top_are_those_the_readme_lists(tmp_path: Path) -> None:
    """Each, for TASK the run's task, and no other; only the tasks' may stand in another order."""
    from evosearch.reports.frame import frame
    from evosearch.search.store_reader import StoreReader
    from tests.support.recorded_run import record

    section = README.split("## A run's data elsewhere")[1].split("\n## ")[0]
    listed = [
        name.replace("TASK", "digit_images")
        for row in re.findall(r"^\| (`.+?) \|", section, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row)
    ]
    with StoreReader.open(record(tmp_path / "run")) as store:
        columns = list(frame(store, [], recognised=True).columns)

    def without_tasks(names: list[str]) -> list[str]:
        return [name for name in names if not name.endswith("_digit_images")]

    assert sorted(listed) == sorted(columns)
    assert without_tasks(listed) == without_tasks(columns)
