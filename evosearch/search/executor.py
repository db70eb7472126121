"""Chooses where work runs: in this process, or on Ray actors of this machine or a cluster."""

from __future__ import annotations

import logging
import socket
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import evosearch
import primitives
import proxies
from evosearch.errors import EvosearchError
from evosearch.plugins.additions import NOTHING_ADDED, Additions
from evosearch.search.circumstances import circumstances, differences
from evosearch.search.failures import Note, unnoted
from evosearch.search.process import configure_process
from evosearch.search.work import Executor, Inline

if TYPE_CHECKING:
    from evosearch.search.ray_work import RayActors

_CONNECT_SECONDS = 10.0


@contextmanager
def executor(
    workers: int,
    address: str | None = None,
    additions: Additions = NOTHING_ADDED,
    note: Note = unnoted,
) -> Iterator[Executor]:
    """Gives an executor with `workers` Ray actors, or this process where that is 0.

    `address` is that of a running Ray cluster; without one, Ray starts on this machine. Workers
    load the files of `additions`; one that dies or hangs is replaced, of which a warning tells
    and which `note` counts.

    Raises:
        EvosearchError: the cluster cannot be reached.
    """
    configure_process()  # with workers too: it is here that candidates are bred and screened
    if workers == 0:
        yield Inline(note)
        return
    # Slow to import, and of no use to the other commands.
    import ray

    from evosearch.search.ray_work import RayActors

    _check_reachable(address)
    options: dict[str, Any] = {"include_dashboard": False, "log_to_driver": False}
    if address is None:
        # On this machine alone, so nobody else needs to reach it; without "local", Ray would join
        # any cluster that was started here.
        options |= {"address": "local", "num_cpus": workers, "_node_ip_address": "127.0.0.1"}
    else:
        options |= {"address": address, "runtime_env": {"py_modules": _packages()}}
    try:
        ray.init(logging_level=logging.ERROR, **options)
    except (ConnectionError, RuntimeError) as error:
        first = str(error).splitlines()[0]
        raise EvosearchError(f"cannot reach Ray at {address or 'this machine'}: {first}") from None
    try:
        ready = RayActors(workers, additions, _warn, note=note)
        if address is not None:
            _require_same(ready, workers, address)
        yield ready
    finally:
        ray.shutdown()


def _packages() -> list[str]:
    """Lists the folders of this project's packages, which nodes may lack."""
    return [str(Path(one.__file__ or "").parent) for one in (evosearch, primitives, proxies)]


def _require_same(ready: RayActors, workers: int, address: str) -> None:
    """Waits for the workers of a cluster, and compares them with this process.

    Raises:
        EvosearchError: some do not start, or have other versions.
    """
    print(f"waiting for {workers} workers of {address}", file=sys.stderr, flush=True)
    try:
        places = ready.places()
    except TimeoutError as error:
        raise EvosearchError(
            f"not all of the {workers} workers start at {address} ({error}); "
            "see `ray status` there, or ask for fewer"
        ) from None
    here = circumstances("cpu", [])
    for place in places:
        # What was sent to a node that lacks the package has no version there.
        told = [one for one in differences(place.here, here) if not one.startswith("evosearch un")]
        wrong = [one for one in told if one.split()[0] in ("evosearch", "torch", "numpy")]
        if wrong:
            raise EvosearchError(
                f"node {place.host} of {address} differs: {'; '.join(wrong)}; "
                "install the same there, or results would depend on who worked"
            )
        if told:
            _warn(
                f"node {place.host} differs ({'; '.join(told)}): its losses may differ in the last "
                "bits from those of others"
            )


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
