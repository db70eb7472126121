"""A database that is damaged, or a disk that is full: one line, and what was committed is safe."""

from __future__ import annotations

import os
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from evosearch.search.executor import executor
from evosearch.search.loop import search
from evosearch.search.schema import DATABASE
from evosearch.search.store_reader import StoreReader
from tests.support.commands import Run
from tests.support.short_search import (
    arguments,
    reopen,
    short_finals,
    uninterrupted,
)
from tests.support.small_search import Silent, dump

ROOT = Path(__file__).parents[3]
PAGE = 4096
"""The bytes of SQLite's pages."""


@pytest.fixture(scope="module", autouse=True)
def _little() -> Iterator[None]:
    with short_finals():
        yield


@pytest.fixture(scope="module", name="whole")
def _whole(tmp_path_factory: pytest.TempPathFactory) -> StoreReader:
    return uninterrupted(tmp_path_factory.mktemp("whole") / "run")


def damaged(content: bytes, apart: int) -> list[bytes]:
    """The file cut short at several places, and with noise in the place of pages so far apart."""
    pages = len(content) // PAGE
    draw = random.Random(1)
    cut = [content[:length] for length in (100, PAGE, len(content) // 2, len(content) - PAGE)]
    noisy = [
        content[: page * PAGE] + draw.randbytes(PAGE) + content[(page + 1) * PAGE :]
        for page in range(0, pages, apart)
    ]
    return [b"", *cut, *noisy]


# To go on with a run that is hardly damaged takes some seconds.
@pytest.mark.parametrize(
    ("command", "apart"),
    [("status", 3), ("top", 3), pytest.param("resume", 15, marks=pytest.mark.slow)],
)
def test_a_damaged_database_is_told_in_a_line(
    command: str, apart: int, whole: StoreReader, run: Run, tmp_path: Path
) -> None:
    """Or read as it was, where no damage is met. Who only reads leaves it as it is."""
    arguments(tmp_path)
    options = {"top": ["--no-recognise"], "resume": ["--task", "mine.py:MINE"]}.get(command, [])
    expected = run(command, whole.folder, *options).out
    told = 0
    for number, content in enumerate(damaged((whole.folder / DATABASE).read_bytes(), apart)):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        (folder / DATABASE).write_bytes(content)
        status, out, err = run(command, folder, *options)
        assert "Traceback" not in err
        if status == 0:
            assert out == expected or command == "resume", number
            continue
        assert status == 2
        assert err.splitlines()[-1].startswith("evosearch: ")
        # Only who goes on with a run writes to it, as far as the damage lets it.
        assert (folder / DATABASE).read_bytes() == content or command == "resume"
        told += 1
    assert told >= 5


def test_a_full_disk_ends_a_search_in_a_line_and_loses_nothing(
    whole: StoreReader, tmp_path: Path
) -> None:
    """Here a limit on the size of files, in mid-search; without it the run is gone on with."""
    folder = tmp_path / "run"
    limit = 350_000

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    outcome = subprocess.run(
        [sys.executable, "-m", "evosearch", *arguments(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        preexec_fn=limited,
    )
    refused(outcome)
    intact(folder)
    with executor(0) as ready, reopen(folder) as store:
        assert not store.done
        assert store.candidates()
        search(store, ready, Silent(), tmp_path / "runs" / "yardsticks")
    assert dump(store) == dump(whole)


@pytest.mark.slow
def test_a_full_file_system_ends_a_search_in_a_line_and_loses_nothing(
    whole: StoreReader, tmp_path: Path
) -> None:
    """A small one in memory, where this user may mount one; nobody else sees it."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").mkdir()
    mount = "mount -t tmpfs -o size=400k tmpfs disk"
    unshare = ["unshare", "--mount", "sh", "-c"]
    if not shutil.which("unshare") or subprocess.run([*unshare, mount], cwd=tmp_path).returncode:
        pytest.skip("no file system can be mounted here")
    given = " ".join(arguments(tmp_path)).replace("--out run", "--out disk/run")
    command = f"{sys.executable} -m evosearch {given}"
    script = f"{mount} && {command}; code=$?; cp disk/run/* out; exit $code"
    outcome = subprocess.run(
        [*unshare, script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    refused(outcome)
    intact(tmp_path / "out")
    with executor(0) as ready, reopen(tmp_path / "out") as store:
        assert not store.done
        search(store, ready, Silent(), tmp_path / "runs" / "yardsticks")
    assert dump(store) == dump(whole)


def refused(outcome: subprocess.CompletedProcess[str]) -> None:
    """The last line says that the disk is full, or whatever the system calls it."""
    assert outcome.returncode == 2, outcome.stderr
    assert "Traceback" not in outcome.stderr
    last = outcome.stderr.splitlines()[-1]
    assert last.startswith("evosearch: "), outcome.stderr
    assert "the run's database cannot be written (" in last
    assert "what was committed is safe" in last


def intact(folder: Path) -> None:
    """SQLite finds nothing wrong with the database."""
    with closing(sqlite3.connect(folder / DATABASE)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
