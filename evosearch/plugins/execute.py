"""Executes a file of a user's own code, and tells faults by its line."""

from __future__ import annotations

import traceback
from typing import Any

from evosearch.errors import EvosearchError


def execute(text: str, source: str, names: dict[str, Any]) -> None:
    """Runs the file's text, as a module would be, with `names` as its variables.

    Raises:
        EvosearchError: the code raises an error; the message names the file and the line.
    """
    try:
        exec(compile(text, source, "exec"), names)
    except SyntaxError as error:
        raise EvosearchError(f"{source}:{error.lineno or 1}: syntax error, {error.msg}") from None
    except (Exception, SystemExit) as error:  # whatever the user's file may raise
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == source]
        line = frames[-1].lineno if frames else 1
        raise EvosearchError(f"{source}:{line}: {type(error).__name__}: {error}") from None
