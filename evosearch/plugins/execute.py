"""Executes a file of a user's own code, and tells faults by its line."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import Any

from evosearch.errors import EvosearchError


def execute(text: str, source: str, names: dict[str, Any], path: Path | None = None) -> None:
    """Runs the file's text, as a module would be, with `names` as its variables.

    `path` is where the file is, from the root, if it is anywhere; so what lies beside it is found,
    files by `__file__` and modules by their names.

    Raises:
        EvosearchError: the code raises an error; the message names the file and the line.
    """
    names["__file__"] = str(path or source)
    # Behind all else, so that no module of the user's stands in the place of another.
    if path is not None and str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    try:
        exec(compile(text, source, "exec"), names)
    except SyntaxError as error:
        raise EvosearchError(f"{source}:{error.lineno or 1}: syntax error, {error.msg}") from None
    except (Exception, SystemExit) as error:  # whatever the user's file may raise
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == source]
        line = frames[-1].lineno if frames else 1
        raise EvosearchError(f"{source}:{line}: {type(error).__name__}: {error}") from None
