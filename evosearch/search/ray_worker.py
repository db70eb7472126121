"""Is what runs in a Ray actor: a process that loads a user's files and calls functions."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import NamedTuple

import ray

from evosearch.plugins.objects import rejoined
from evosearch.plugins.sources import OperationSource, TaskSource
from evosearch.search.by_name import pack, unpack
from evosearch.search.circumstances import Circumstances, circumstances
from evosearch.search.process import configure_process
from proxies.training.blame import is_out_of_memory


class Place(NamedTuple):
    """Says where a worker runs."""

    node: str
    """The identity of its node in the cluster."""
    host: str
    process: int
    here: Circumstances


class OutOfMemory(Exception):
    """Says, across processes, that memory did not suffice for a piece of work."""


class Worker:
    """Is an actor: a configured process that calls functions.

    It works in the `folder` of the driver, if that is there, and imports from its `paths` what it
    finds nowhere else.
    """

    def __init__(
        self,
        operations: tuple[OperationSource, ...],
        tasks: tuple[TaskSource, ...],
        folder: str,
        paths: tuple[str, ...],
    ) -> None:
        configure_process()
        with suppress(OSError):  # another machine may lack it
            os.chdir(folder)
        sys.path += [path for path in paths if path not in sys.path]
        self._additions = rejoined(operations, tasks)

    def place(self) -> Place:
        """Says where this process runs, and with what."""
        node = ray.get_runtime_context().get_node_id()
        return Place(node, os.uname().nodename, os.getpid(), circumstances("cpu", []))

    def call(self, message: bytes) -> bytes:
        """Calls a packed function with its packed arguments; packs the result.

        Raises:
            OutOfMemory: memory did not suffice.
        """
        function, arguments = unpack(message, self._additions)
        try:
            return pack(function(*arguments), self._additions)
        except (MemoryError, RuntimeError) as error:
            if is_out_of_memory(error):
                raise OutOfMemory(str(error)[:200]) from None
            raise
