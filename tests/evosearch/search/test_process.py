"""A process that trains, and the devices of this machine."""

from __future__ import annotations

import gc

import pytest
import torch

from evosearch.errors import EvosearchError
from evosearch.search.process import check_device, configure_process, is_device


def test_training_processes_use_one_thread() -> None:
    """Sums must be taken in one order, on any machine."""
    configure_process()
    assert torch.get_num_threads() == 1


def test_what_is_loaded_is_exempt_from_garbage_collection() -> None:
    """Modules live as long as the process."""
    gc.unfreeze()
    configure_process()
    assert gc.get_freeze_count() > 1000


@pytest.mark.parametrize("count", [0, 2])
def test_a_device_must_be_there(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The CPU always is; of CUDA devices, as many as torch sees."""
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    check_device("cpu")
    for number in range(count):
        check_device(f"cuda:{number}")
    seen = rf"device 'cuda:{count}': torch sees {count or 'no'} CUDA devices here; use --device cpu"
    with pytest.raises(EvosearchError, match=seen):
        check_device(f"cuda:{count}")


@pytest.mark.parametrize("name", ["gpu", "cuda:x", "cuda:", "", "cpu:0", "cuda:0 "])
def test_what_names_no_device_is_refused(name: str) -> None:
    """In the words of the configuration."""
    assert not is_device(name)
    with pytest.raises(EvosearchError, match=f"no device '{name}'; expected cpu, cuda or cuda:N"):
        check_device(name)
