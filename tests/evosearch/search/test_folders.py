"""Where yardsticks lie: in one folder, wherever a run is."""

from __future__ import annotations

from pathlib import Path

import pytest

from evosearch.search import folders
from evosearch.search.folders import RUNS, kept_folder, yardstick_folder


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


def test_there_is_one_folder_for_all_runs(tmp_path: Path) -> None:
    """A search whose --out lies elsewhere finds what `tasks --qualify` measured, and conversely."""
    here = yardstick_folder()
    assert here == RUNS / "yardsticks"
    assert yardstick_folder(RUNS / "mine") == yardstick_folder(tmp_path / "there" / "run") == here
    assert not RUNS.exists()  # asking writes nothing


def test_where_runs_cannot_be_written_it_is_beside_the_run(tmp_path: Path) -> None:
    """A search must be able to keep what it measured."""
    RUNS.write_text("in the way", encoding="utf-8")
    assert yardstick_folder(tmp_path / "there" / "run") == tmp_path / "there" / "yardsticks"


@pytest.mark.parametrize("name", ["yardsticks", "card"])
def test_without_any_place_it_is_a_passing_one(name: str, tmp_path: Path) -> None:
    """The same one for a whole command, of which it is told once."""
    RUNS.write_text("in the way", encoding="utf-8")
    with pytest.warns(UserWarning, match=rf"runs/{name} cannot be written, so nothing is kept"):
        passing = kept_folder(name)
    assert passing.is_dir()
    assert tmp_path not in passing.parents
    assert kept_folder(name) == passing
    if name == "yardsticks":
        assert yardstick_folder() == yardstick_folder(RUNS / "run") == passing


def test_a_read_only_folder_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The nearest folder that exists is asked, which for `runs/yardsticks` may be this one."""
    asked: list[Path] = []

    def refuse(path: Path, mode: int) -> bool:
        asked.append(path)
        assert mode
        return path != Path()

    monkeypatch.setattr(folders.os, "access", refuse)
    assert yardstick_folder(tmp_path / "run") == tmp_path / "yardsticks"
    assert asked[0] == Path()
