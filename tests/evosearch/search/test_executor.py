"""Which executor does the work, and that a cluster which is not there is told of."""

from __future__ import annotations

import operator

import pytest
import torch

from evosearch.errors import EvosearchError
from evosearch.search.executor import executor
from evosearch.search.work import Inline


def test_without_workers_this_process_works() -> None:
    """It is set up for training first."""
    torch.set_num_threads(2)
    with executor(0) as ready:
        assert isinstance(ready, Inline)
        assert torch.get_num_threads() == 1


@pytest.mark.ray
def test_a_cluster_that_is_not_there_is_an_error_for_people() -> None:
    """The address is named."""
    with (
        pytest.raises(EvosearchError, match=r"cannot reach Ray at 127\.0\.0\.1:1"),
        executor(1, "127.0.0.1:1"),
    ):
        pass


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
def test_workers_of_this_machine_are_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where Ray's variable names a cluster, as it does in that cluster's jobs."""
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    with executor(1) as ready:
        assert ready.submit(operator.add, 1, 2).result() == 3
