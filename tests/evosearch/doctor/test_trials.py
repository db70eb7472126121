"""What a search needs is tried, and what fails comes with advice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from evosearch.doctor import trials
from evosearch.doctor.finding import ILL, WELL
from evosearch.doctor.trials import compiling, working, writing
from evosearch.search.work import Executor, Inline, NoWorkers


def test_a_compiler_that_works() -> None:
    """Is named."""
    found = compiling()
    assert found.state == WELL, found


def test_a_compiler_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its complaint is told on a line, and what to do."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("Python.h:\nno such file")

    monkeypatch.setattr(torch, "compile", broken)
    found = compiling()
    assert found.state == ILL
    assert "Python.h: no such file" in found.told
    assert "--set compile=false" in found.advice
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert compiling().told == "no C++ compiler (no-such-compiler)"


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """A file in its place; a folder that is not there yet is one that can be made."""
    assert writing(tmp_path / "runs").state == WELL
    (tmp_path / "runs").touch()
    found = writing(tmp_path / "runs")
    assert (found.state, "cannot be written" in found.told) == (ILL, True)


def test_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """One is given something to do; where none starts, that is told."""

    @contextmanager
    def inline(workers: int) -> Iterator[Executor]:
        assert workers == 1
        yield Inline()

    @contextmanager
    def none(workers: int) -> Iterator[Executor]:
        assert workers == 1
        raise NoWorkers("cannot reach Ray at this machine: no port")
        yield Inline()

    monkeypatch.setattr(trials, "executor", inline)
    assert working().state == WELL
    monkeypatch.setattr(trials, "executor", none)
    assert (working().state, working().told) == (ILL, "cannot reach Ray at this machine: no port")
