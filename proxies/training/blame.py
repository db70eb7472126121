"""Tells errors of a task's own code, which anybody may have written, by the name of the task."""

from __future__ import annotations

from types import TracebackType

from proxies.task import Task
from proxies.training.engine import ModelError

_TOLD_OF_MEMORY = ("out of memory", "can't allocate memory", "cannot allocate memory")
_LONGEST_REASON = 200
"""The most characters that are shown of the message of an error."""


class blamed:
    """Puts a ModelError in the place of what `part` of a task's code raises within the block.

    An exit is an error too, or a task could end a search without a word. Memory that does not
    suffice is no fault of the code, and a worker with more of it may do the work.

    Raises:
        ModelError: the code raised something; the message names the task, the part and the error.
    """

    def __init__(self, task: Task, part: str) -> None:
        self._task, self._part = task, part

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        ours = isinstance(error, Exception | SystemExit) and not isinstance(error, ModelError)
        if error is not None and ours and not is_out_of_memory(error):
            raise ModelError(
                self._task, f"{self._part} failed in training: {_told(error)}"
            ) from error


def is_out_of_memory(error: BaseException) -> bool:
    """Tells whether an error says that memory did not suffice; torch has no class for all of it."""
    if isinstance(error, MemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(one in text for one in _TOLD_OF_MEMORY)


def _told(error: BaseException) -> str:
    text = " ".join(str(error).split())[:_LONGEST_REASON]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
