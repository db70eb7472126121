"""Which executor does the work, and that a cluster which is not there is told of."""

from __future__ import annotations

import operator
import re
import signal
from pathlib import Path

import pytest
import torch

from evosearch.errors import EvosearchError
from evosearch.plugins.additions import NOTHING_ADDED
from evosearch.plugins.sources import TaskFile
from evosearch.plugins.tasks import load_task_file
from evosearch.search.executor import executor
from evosearch.search.work import Inline, NoWorkers
from tests.support.user_files import task_text


def test_without_workers_this_process_works() -> None:
    """It is set up for training first, and put back afterwards."""
    torch.set_num_threads(2)
    try:
        with executor(0) as ready:
            assert isinstance(ready, Inline)
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1", "[::1]:1"])
def test_a_cluster_that_is_not_there_is_an_error_for_people(address: str) -> None:
    """The address is named, and what should run there."""
    message = rf"cannot reach Ray at {re.escape(address)} \(.*\); is `ray start --head` running"
    with pytest.raises(NoWorkers, match=message), executor(1, address):
        pass


@pytest.mark.parametrize(
    "text", ["localhost", "local", "", ":6379", "host:", "host:port", "host:99999", "ray://host"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    """Ray would start a cluster of its own, or raise a page."""
    message = rf"'{re.escape(text)}' is no address of a Ray cluster; expected HOST:PORT"
    with pytest.raises(NoWorkers, match=message), executor(1, text):
        pass


@pytest.mark.parametrize("named_by", ["RAY_ADDRESS", "ray_current_cluster"])
def test_a_cluster_that_has_ended_is_not_tried_for_minutes(
    named_by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`auto` means what a variable names, or a file that Ray left behind; which of them is told."""
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    if named_by == "RAY_ADDRESS":
        monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    else:
        (tmp_path / "ray").mkdir()
        (tmp_path / "ray" / "ray_current_cluster").write_text("127.0.0.1:1", encoding="utf-8")
    message = rf"cannot reach Ray at 127\.0\.0\.1:1 \(.*\); .*{named_by} names it"
    with pytest.raises(NoWorkers, match=message), executor(1, "auto"):
        pass


@pytest.mark.slow
@pytest.mark.ray
def test_gpus_that_this_machine_lacks_are_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ray would wait for ever; how many workers there is room for is told."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    message = r"3 workers with 0\.5 GPU each: the 0 GPUs that Ray finds on this machine hold 0; .*"
    with (
        pytest.raises(EvosearchError, match=message),
        executor(3, device="cuda", gpus_per_worker=0.5),
    ):
        pass


@pytest.mark.ray
def test_a_worker_that_cannot_start_is_told_of_with_its_cause(tmp_path: Path) -> None:
    """Here a file that the task reads; nobody is blamed for memory, and none tries again."""
    there = tmp_path / "corpus"
    there.touch()
    text = f"open({str(there)!r}).close()\n{task_text(1.0)}"
    _, additions = load_task_file(TaskFile(text, "MINE"), "own.py", NOTHING_ADDED)
    there.unlink()
    told: list[str] = []
    with (
        executor(1, additions=additions, tell=told.append) as ready,
        pytest.raises(NoWorkers, match=r"a worker cannot start: .*FileNotFoundError: .*corpus"),
    ):
        ready.submit(operator.add, 1, 2).result()
    assert told == ["starting Ray with 1 workers on this machine"]


@pytest.mark.slow
@pytest.mark.ray
def test_workers_of_this_machine_are_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where Ray's variable names a cluster, as it does in that cluster's jobs."""
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with executor(1) as ready:
            assert ready.submit(operator.add, 1, 2).result() == 3
            # Ray would abort, and tell pages.
            assert signal.getsignal(signal.SIGTERM) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGTERM, before)
