"""Chooses where work runs: in this process, or on Ray actors of this machine or a cluster."""

from __future__ import annotations

import logging
import socket
import sys
import warnings
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import evosearch
import primitives
import proxies
from evosearch.errors import EvosearchError
from evosearch.plugins.additions import NOTHING_ADDED, Additions
from evosearch.search.circumstances import circumstances, differences
from evosearch.search.failures import Note, unnoted
from evosearch.search.gpus import most_workers, share_of_gpu
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
    device: str = "cpu",
    gpus_per_worker: float | None = None,
    note: Note = unnoted,
) -> Iterator[Executor]:
    """Gives an executor with `workers` Ray actors, or this process where that is 0.

    `address` is that of a running Ray cluster; without one, Ray starts on this machine. Workers
    load the files of `additions`; one that dies or hangs is replaced, of which a warning tells
    and which `note` counts. Where they are to train on `device` cuda, each has a GPU, or
    `gpus_per_worker`.

    Raises:
        EvosearchError: the cluster cannot be reached or its workers do not start, this machine has
            too few GPUs, or there is no such share of one.
    """
    share = share_of_gpu(gpus_per_worker, device, workers)
    configure_process()  # with workers too: it is here that candidates are bred and screened
    if workers == 0:
        yield Inline(note)
        return
    # Slow to import, and of no use to the other commands.
    import ray

    from evosearch.search.ray_work import RayActors
    from evosearch.search.start_up import wait_for_workers

    _check_reachable(address)
    options: dict[str, Any] = {"include_dashboard": False, "log_to_driver": False}
    if address is None:
        # A new one, also where RAY_ADDRESS names another. On this machine alone, so nobody else
        # needs to reach it.
        options |= {"address": "local", "num_cpus": workers, "_node_ip_address": "127.0.0.1"}
        print(f"starting Ray with {workers} workers on this machine", file=sys.stderr, flush=True)
    else:
        options |= {"address": address, "runtime_env": {"py_modules": _packages()}}
    try:
        with _away_from_own_files(address):
            ray.init(logging_level=logging.ERROR, **options)
    except (ConnectionError, RuntimeError) as error:
        first = str(error).splitlines()[0]
        advice = "; if its head asks for a token, set RAY_AUTH_MODE=token here" if address else ""
        raise EvosearchError(
            f"cannot reach Ray at {address or 'this machine'}: {first}{advice}"
        ) from None
    try:
        if address is None and share:
            remote: Any = ray
            _require_gpus(workers, share, remote.cluster_resources().get("GPU", 0.0))
        ready = RayActors(workers, additions, _warn, share, note)
        if address is not None:
            wait_for_workers(ready, address)
            _require_same(ready, address)
        yield ready
    finally:
        ray.shutdown()


@contextmanager
def _away_from_own_files(address: str | None) -> Iterator[None]:
    """Works in another folder for a while.

    Ray puts the current folder before all else that workers import from; a file of the user's of
    any name, `random.py` say, would break them. On this machine workers find the packages in the
    folder taken instead, elsewhere Ray brings them.
    """
    ours = Path(evosearch.__file__).parents[1]
    with TemporaryDirectory() as empty, chdir(ours if address is None else empty):
        yield


def _packages() -> list[str]:
    """Lists the folders of this project's packages, which nodes may lack."""
    return [str(Path(one.__file__ or "").parent) for one in (evosearch, primitives, proxies)]


def _require_gpus(workers: int, share: float, there: float) -> None:
    """Refuses more workers than the GPUs of this machine hold, for some would never start.

    Raises:
        EvosearchError: that is so.
    """
    most = most_workers(share, there)
    if workers > most:
        raise EvosearchError(
            f"{workers} workers with {share:g} GPU each: the {there:g} GPUs that Ray finds on this "
            f"machine hold {most}; ask for fewer, or have several share one by --gpus-per-worker"
        )


def _require_same(ready: RayActors, address: str) -> None:
    """Compares the workers of a cluster, which have started, with this process.

    Raises:
        EvosearchError: some have other versions.
    """
    here = circumstances("cpu", [])
    for place in ready.places():
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
