"""Finds in Ray's reports on workers, which are pages, the line that says what was wrong."""

from __future__ import annotations

_MOST_TOLD = 300  # letters
_OURS = "evosearch.errors.EvosearchError: "


def why_not_started(error: BaseException) -> str:
    """Gives the cause for which a worker could not start: the error that was raised there.

    A report on one ends with the last line of its traceback, others begin with what matters.
    """
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    last = lines[-1] if getattr(error, "actor_init_failed", False) else " ".join(lines)
    return last.removeprefix(_OURS)[:_MOST_TOLD]
