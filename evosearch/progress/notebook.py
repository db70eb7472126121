"""Shows lines below the cell of a notebook that can be written anew."""

from __future__ import annotations

import sys
from typing import Any


class NotebookLine:
    """Is a line of a cell's output, in whatever front end draws it."""

    def __init__(self, display: Any, text: str) -> None:
        self._handle = display(_as_output(text), raw=True, display_id=True)

    def write(self, text: str) -> None:
        """Puts another text in its place."""
        self._handle.update(_as_output(text), raw=True)


def notebook_display() -> Any:
    """Gives the function by which IPython shows things in a notebook; None elsewhere.

    IPython need not be installed, and is not loaded where nobody has: a process that runs in a
    notebook has it.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    # In a terminal its shell has no kernel, and the terminal does better.
    return sys.modules["IPython.display"].display if hasattr(shell, "kernel") else None


def _as_output(text: str) -> dict[str, str]:
    return {"text/plain": text}
