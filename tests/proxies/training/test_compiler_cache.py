"""A folder for compiled models that cannot be written gives way to another, and that is said."""

from __future__ import annotations

import os
import tempfile
import warnings
from pathlib import Path

import pytest

from proxies.training import compiler_cache

NAME = "TORCHINDUCTOR_CACHE_DIR"


def ensure() -> None:
    """As in a new process."""
    compiler_cache.ensure_compiler_cache.__wrapped__()


def test_a_folder_that_can_be_written_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is made, without a word."""
    monkeypatch.setenv(NAME, str(tmp_path / "a" / "b"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ensure()
    assert os.environ[NAME] == str(tmp_path / "a" / "b")
    assert not list((tmp_path / "a" / "b").iterdir())


def test_a_folder_that_cannot_be_made_gives_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """torch, and processes that begin later, are told of one that can."""
    (tmp_path / "file").touch()
    monkeypatch.setenv(NAME, str(tmp_path / "file" / "x"))
    with pytest.warns(UserWarning, match=r"cannot keep compiled models in .*file.x \(Not a direc"):
        ensure()
    assert Path(os.environ[NAME]).is_dir()
    assert tmp_path not in Path(os.environ[NAME]).parents


def test_without_a_setting_it_is_torchs_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """As torch names it, also where the user has no name."""
    from torch._inductor.runtime.cache_dir_utils import default_cache_dir

    monkeypatch.delenv(NAME, raising=False)
    assert str(compiler_cache._folder()) == default_cache_dir()

    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert compiler_cache._folder().name == f"torchinductor_uid_{os.getuid()}"
    assert compiler_cache._folder().parent == Path(tempfile.gettempdir())
