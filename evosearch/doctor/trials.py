"""Tries what a search needs: to write, to compile, to start a worker."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import warnings
from pathlib import Path

import torch

from evosearch.doctor.finding import ILL, NOTE, WELL, Finding
from evosearch.search.executor import executor
from evosearch.search.work import NoWorkers
from proxies.training.compiler_cache import ensure_compiler_cache

_LONGEST = 200
"""The letters of another program's complaint that are shown."""


def writing(folder: Path) -> Finding:
    """Tries whether runs can be written."""
    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        told = f"{nearest} cannot be written ({error.strerror})"
        return Finding("runs", ILL, told, "begin searches elsewhere, or with --out")
    return Finding("runs", WELL, f"{folder} can be written")


def compiling() -> Finding:
    """Compiles something small, as models are compiled."""
    compiler = os.environ.get("CXX") or "g++"
    there = shutil.which(compiler)
    started = time.monotonic()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            ensure_compiler_cache()
            function = torch.compile(lambda a: (a.sin() + 1).sum(), fullgraph=True)
            value = float(function(torch.zeros(8)))
        except Exception as error:  # of a compiler: anything
            why = " ".join(str(error).split())[:_LONGEST]
            what = f"{there} fails: {why}" if there else f"no C++ compiler ({compiler})"
            advice = "install g++ and Python's headers; or search with --set compile=false, slowly"
            return Finding("compiler", ILL, what, advice)
    if value != 8:
        return Finding("compiler", ILL, f"it computes {value:g} for 8", "reinstall torch")
    for one in told:
        if "cannot keep compiled models" in str(one.message):
            return Finding("compiler", NOTE, str(one.message))
    seconds = time.monotonic() - started
    return Finding("compiler", WELL, f"{there or compiler}, {seconds:.0f} s for something small")


def working() -> Finding:
    """Starts Ray and a worker on this machine, and gives it something to do."""
    started = time.monotonic()
    try:
        with executor(1) as ready:
            if ready.submit(_doubled, 21).result() != 42:
                return Finding("Ray", ILL, "a worker gave a wrong answer", "reinstall ray")
    except NoWorkers as error:
        return Finding("Ray", ILL, str(error), "search without --workers, in this process")
    except Exception as error:  # of Ray and its processes: anything
        told = " ".join(str(error).split())[:_LONGEST]
        return Finding("Ray", ILL, told, "search without --workers, in this process")
    seconds = time.monotonic() - started
    return Finding("Ray", WELL, f"a worker started and answered in {seconds:.0f} s")


def _doubled(number: int) -> int:
    return 2 * number
