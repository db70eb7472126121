"""What stands in the current folder takes no place of a package that came with evosearch."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

_SCRIPT = """
import sys
import primitives, proxies.theirs
assert "user" in primitives.__file__ and proxies.theirs.VALUE == 5
import evosearch
from primitives import Kind
from proxies import Task
assert Task.__module__ == "proxies.task"
assert "proxies.theirs" not in sys.modules
assert primitives.MINE == 3
print(evosearch.known_rule("lion").name, sys.modules["primitives"].__file__)
"""


def test_own_files_of_their_names_are_no_matter(tmp_path: Path) -> None:
    """A module and a package of the user's, loaded before, work on for who holds them; and a
    folder that is no package does not count.
    """
    user = tmp_path / "user"
    (user / "proxies").mkdir(parents=True)
    (user / "primitives.py").write_text("MINE = 3\n", encoding="utf-8")
    (user / "proxies" / "__init__.py").touch()
    (user / "proxies" / "theirs.py").write_text("VALUE = 5\n", encoding="utf-8")
    (user / "evosearch").mkdir()
    done = subprocess.run(
        [sys.executable, "-W", "error::ImportWarning", "-c", _SCRIPT],
        cwd=user,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["lion", str(ROOT / "primitives" / "__init__.py")]
