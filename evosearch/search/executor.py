"""Chooses where work runs: in this process, or on Ray actors of this machine or a cluster."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import evosearch
import primitives
import proxies
from evosearch.plugins.additions import NOTHING_ADDED, Additions
from evosearch.search.circumstances import circumstances, differences
from evosearch.search.failures import Note, unnoted
from evosearch.search.gpus import most_workers, share_of_gpu
from evosearch.search.process import configured_process
from evosearch.search.work import Executor, Inline, NoWorkers

if TYPE_CHECKING:
    from evosearch.search.ray_work import RayActors

_CONNECT_SECONDS = 10.0
_LAST_PORT = 65535


@contextmanager
def executor(
    workers: int,
    address: str | None = None,
    additions: Additions = NOTHING_ADDED,
    device: str = "cpu",
    gpus_per_worker: float | None = None,
    note: Note = unnoted,
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[Executor]:
    """Gives an executor with `workers` Ray actors, or this process where that is 0.

    `address` is that of a running Ray cluster; without one, Ray starts on this machine. Workers
    have what is in `additions`; one that dies or hangs is replaced, of which a warning tells and
    which `note` counts. `tell` is told what is waited for. Where they are to train on `device`
    cuda, each has a GPU, or `gpus_per_worker`.

    Raises:
        NoWorkers: the cluster cannot be reached or its workers do not start, this machine has
            too few GPUs.
        EvosearchError: there is no such share of one.
    """
    share = share_of_gpu(gpus_per_worker, device, workers)
    with configured_process():  # with workers too: here candidates are bred and screened
        if workers == 0:
            yield Inline(note)
            return
        with _on_ray(workers, address, additions, share, note, tell) as ready:
            yield ready


@contextmanager
def _on_ray(
    workers: int,
    address: str | None,
    additions: Additions,
    share: float,
    note: Note,
    tell: Callable[[str], None],
) -> Iterator[Executor]:
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
        # Ray's own, 15, gives whatever else runs here thirty times as much of a processor.
        options |= {"_system_config": {"worker_niceness": 0}}
        tell(f"starting Ray with {workers} workers on this machine")
    else:
        options |= {"address": address, "runtime_env": {"py_modules": _packages()}}
    try:
        with _away_from_own_files(address), _sigterm_as_before():
            ray.init(logging_level=logging.ERROR, **options)
    except (ConnectionError, RuntimeError) as error:
        first = str(error).splitlines()[0]
        advice = "; if its head asks for a token, set RAY_AUTH_MODE=token here" if address else ""
        raise NoWorkers(
            f"cannot reach Ray at {address or 'this machine'}: {first}{advice}"
        ) from None
    try:
        if address is None and share:
            remote: Any = ray
            _require_gpus(workers, share, remote.cluster_resources().get("GPU", 0.0))
        ready = RayActors(workers, additions, _warn, share, note)
        if address is not None:
            wait_for_workers(ready, address, tell)
            _require_same(ready, address)
        yield ready
    finally:
        ray.shutdown()


@contextmanager
def _sigterm_as_before() -> Iterator[None]:
    """Puts back what the process does when it is asked to end.

    Ray sets handlers of its own, which abort with pages of addresses and lose what is in flight.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # Ray sets none there either
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL if before is None else before)


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
        NoWorkers: that is so.
    """
    most = most_workers(share, there)
    if workers > most:
        raise NoWorkers(
            f"{workers} workers with {share:g} GPU each: the {there:g} GPUs that Ray finds on this "
            f"machine hold {most}; ask for fewer, or have several share one by --gpus-per-worker"
        )


def _require_same(ready: RayActors, address: str) -> None:
    """Compares the workers of a cluster, which have started, with this process.

    Raises:
        NoWorkers: some have other versions.
    """
    here = circumstances("cpu", [])
    for place in ready.places():
        # What was sent to a node that lacks the package has no version there.
        told = [one for one in differences(place.here, here) if not one.startswith("evosearch un")]
        wrong = [one for one in told if one.split()[0] in ("evosearch", "torch", "numpy")]
        if wrong:
            raise NoWorkers(
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
        NoWorkers: the text is no address, or nobody listens there.
    """
    if address is None:
        return
    place, named_by = _known_here() if address == "auto" else (address, "")
    if place is None:
        return  # Ray looks for its own processes here
    host, _, port = place.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal() or int(port) > _LAST_PORT:
        raise NoWorkers(
            f"'{place}' is no address of a Ray cluster{named_by and f' ({named_by} names it)'}; "
            "expected HOST:PORT such as 127.0.0.1:6379, ray://HOST:PORT, or auto"
        )
    advice = (
        f"{named_by} names it, so that cluster may have ended; give --ray-address HOST:PORT"
        if named_by
        else "is `ray start --head` running there?"
    )
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_SECONDS).close()
    except (OSError, UnicodeError) as error:
        told = getattr(error, "strerror", None) or error
        raise NoWorkers(f"cannot reach Ray at {place} ({told}); {advice}") from None


def _known_here() -> tuple[str | None, str]:
    """Gives the address that Ray takes for `auto`, and what names it; None if nothing does."""
    if named := os.environ.get("RAY_ADDRESS"):
        return named, "RAY_ADDRESS"
    file = Path(os.environ.get("RAY_TMPDIR", "/tmp")) / "ray" / "ray_current_cluster"
    try:
        return file.read_text(encoding="utf-8").strip(), str(file)
    except OSError:
        return None, ""
