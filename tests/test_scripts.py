"""Scripts are run by hand; that they load says that what they import is still there."""

from importlib import import_module
from pathlib import Path

import pytest

SCRIPTS = sorted(path.stem for path in (Path(__file__).parents[1] / "scripts").glob("*.py"))


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_loads(name: str) -> None:
    """With what it needs beside the package left for later, where that may be missing."""
    import_module(f"scripts.{name}")
