"""Tells what is wrong with Ray, which reports on it in pages, or not at all."""

from __future__ import annotations

from typing import Any

import ray

from evosearch.errors import EvosearchError

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


def require_node() -> None:
    """Sees to it that this machine's part of Ray is there; without it nothing ever comes back.

    Raises:
        EvosearchError: its process, the raylet, has ended.
    """
    remote: Any = ray
    here = remote.get_runtime_context().get_node_id()
    if not any(node["Alive"] for node in remote.nodes() if node["NodeID"] == here):
        raise EvosearchError(
            "Ray's own process on this machine, the raylet, has ended, and its workers with it; "
            "what was committed is safe, and `evosearch resume` goes on"
        )
