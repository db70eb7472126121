"""What is found on a machine is what the system itself says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from evosearch.doctor import machine
from evosearch.doctor.finding import NOTE, WELL
from evosearch.doctor.machine import disk, free_memory, gpus, memory, processors, versions


def test_versions_are_those_that_are_installed() -> None:
    """As pip names them."""
    told = versions().told
    assert f"torch {torch.__version__}" in told
    assert f"Python {sys.version.split()[0]}" in told


def test_processors_are_those_that_the_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `nproc` counts them; a busy machine is told of."""
    count = int(subprocess.run(["nproc"], capture_output=True, text=True, check=True).stdout)
    monkeypatch.setattr(os, "getloadavg", lambda: (0.0, 0.0, 0.0))
    found = processors()
    assert (found.state, f"{count} to use" in found.told) == (WELL, True)
    monkeypatch.setattr(os, "getloadavg", lambda: (99.0, 0.0, 0.0))
    assert processors().state == NOTE


@pytest.mark.parametrize("limit", ["max", str(2**30), str(2**60)])
def test_memory_is_what_the_container_leaves(
    limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No limit, one that is lower than what is free, one that is higher."""
    (tmp_path / "memory.max").write_text(f"{limit}\n", encoding="ascii")
    monkeypatch.setattr(machine, "_MEMORY_LIMITS", (tmp_path / "memory.max", tmp_path / "none"))
    free = free_memory()
    assert free is not None
    assert (free == 2**30) == (limit == str(2**30))
    assert free <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def test_little_memory_is_told_with_the_workers_that_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """One gigabyte each; and a system that does not say is no fault."""
    monkeypatch.setattr(machine, "usable_processors", lambda: 8)
    monkeypatch.setattr(machine, "free_memory", lambda: 4 * 2**30)
    assert (memory().state, "no more than 3" in memory().advice) == (NOTE, True)
    monkeypatch.setattr(machine, "free_memory", lambda: 64 * 2**30)
    assert memory().state == WELL
    monkeypatch.setattr(machine, "free_memory", lambda: None)
    assert memory().state == NOTE


def test_gpus_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that torch sees."""
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    assert "none" in gpus().told
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda number: f"card {number}")
    assert gpus().told == "card 0, card 1"


def test_the_disk_is_that_of_the_folder(tmp_path: Path) -> None:
    """Which need not be there yet."""
    assert str(tmp_path) in disk(tmp_path / "runs").told
