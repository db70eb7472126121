"""How runs are begun: in folders of their own, which nothing is left of where nobody can work."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from evosearch.api.crew import Crew, new_run
from evosearch.errors import EvosearchError
from evosearch.search.observer import Several
from evosearch.search.store_reader import StoreReader
from evosearch.search.work import NoWorkers
from tests.support.made_candidates import Made, add
from tests.support.small_search import config

NOWHERE = Crew(workers=1, address="127.0.0.1:1")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_runs_of_one_second_have_folders_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Named after the time and numbered."""
    monkeypatch.setattr(time, "strftime", lambda _: "20260102-030405")
    names = []
    for _ in range(3):
        with new_run(config(), None, "quick") as store:
            names.append(str(store.folder))
    first = "runs/20260102-030405-quick"
    assert names == [first, f"{first}-2", f"{first}-3"]


@pytest.mark.parametrize("there", [False, True])
def test_where_nobody_can_work_no_run_is_left(there: bool) -> None:
    """The same command can be given again; a folder that was there before stays, and is empty."""
    out = Path("mine")
    if there:
        out.mkdir()
    for _ in range(2):
        with (
            pytest.raises(NoWorkers, match="cannot reach Ray"),
            new_run(config(), out, "") as store,
        ):
            NOWHERE.carry_out(store, Several(), lambda: False, print)
        assert out.exists() == there
    assert not there or list(out.iterdir()) == []


def test_what_was_bred_is_kept_when_workers_are_lost() -> None:
    """A worker may fail to start in another's place after hours; that is no run without workers."""

    def lose_them() -> None:
        with new_run(config(), Path("mine"), ""):
            add(Path("mine"), Made(None, 0.0))
            raise NoWorkers("gone")

    with pytest.raises(NoWorkers, match="gone"):
        lose_them()
    with StoreReader.open(Path("mine")) as store:
        assert [one.id for one in store.candidates()] == [0]


def test_another_error_leaves_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    """It can be gone on with."""
    with pytest.raises(EvosearchError, match="disk"), new_run(config(), Path("mine"), ""):
        raise EvosearchError("the disk is full")
    assert Path("mine", "run.sqlite").exists()
    assert capsys.readouterr().err == ""


def test_a_file_in_the_place_of_runs() -> None:
    """Is named."""
    Path("runs").touch()
    with pytest.raises(EvosearchError, match=r"runs/.*-x: cannot be made"):
        new_run(config(), None, "x").__enter__()
