"""Chooses where work runs: in this process, or on Ray actors of this machine or a cluster."""

from __future__ import annotations

import logging
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from evosearch.errors import EvosearchError
from evosearch.plugins.additions import NOTHING_ADDED, Additions
from evosearch.search.process import configure_process
from evosearch.search.work import Executor, Inline

_CONNECT_SECONDS = 10.0


@contextmanager
def executor(
    workers: int,
    address: str | None = None,
    additions: Additions = NOTHING_ADDED,
) -> Iterator[Executor]:
    """Gives an executor with `workers` Ray actors, or this process where that is 0.

    `address` is that of a running Ray cluster; without one, Ray starts on this machine. Workers
    load the files of `additions`; one that dies or hangs is replaced, of which a warning tells.

    Raises:
        EvosearchError: the cluster cannot be reached.
    """
    if workers == 0:
        configure_process()
        yield Inline()
        return
    # Slow to import, and of no use to the other commands.
    import ray

    from evosearch.search.ray_work import RayActors

    _check_reachable(address)
    try:
        ray.init(
            address=address,
            num_cpus=None if address else workers,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except (ConnectionError, RuntimeError) as error:
        first = str(error).splitlines()[0]
        raise EvosearchError(f"cannot reach Ray at {address or 'this machine'}: {first}") from None
    try:
        yield RayActors(workers, additions, _warn)
    finally:
        ray.shutdown()


def _warn(text: str) -> None:
    warnings.warn(text, stacklevel=2)


def _check_reachable(address: str | None) -> None:
    """Asks before Ray does, which would try for a minute and then print a page.

    Raises:
        EvosearchError: nobody listens at the address, where it is of the form HOST:PORT.
    """
    host, _, port = (address or "").removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        return
    try:
        socket.create_connection((host, int(port)), timeout=_CONNECT_SECONDS).close()
    except OSError as error:
        raise EvosearchError(
            f"cannot reach Ray at {address} ({error.strerror or error}); is `ray start --head` "
            "running there?"
        ) from None
