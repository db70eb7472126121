"""Files that a user asks for are written, and none is lost."""

from pathlib import Path

import pytest

from evosearch import EvosearchError
from evosearch.cli.files import require_new, write_new


def test_a_new_file_is_written(tmp_path: Path) -> None:
    """As text in UTF-8."""
    write_new(tmp_path / "x.py", "β".encode(), force=False)
    assert (tmp_path / "x.py").read_bytes() == "β".encode()


def test_one_that_exists_is_kept_unless_forced(tmp_path: Path) -> None:
    """What to do is told."""
    path = tmp_path / "x.py"
    path.write_text("mine", encoding="utf-8")
    for refuse in (lambda: write_new(path, b"new", force=False), lambda: require_new(path, False)):
        with pytest.raises(EvosearchError, match=r"x\.py: exists already; .* or add --force"):
            refuse()
    assert path.read_text(encoding="utf-8") == "mine"
    write_new(path, b"new", force=True)
    assert path.read_text(encoding="utf-8") == "new"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A folder that is not there, which is told before anything is made; and a folder itself."""
    path = tmp_path / "no" / "x.py"
    for refuse in (lambda: write_new(path, b"", force=False), lambda: require_new(path, True)):
        with pytest.raises(EvosearchError, match=r"written \(there is no folder .*another --out"):
            refuse()
    with pytest.raises(
        EvosearchError, match=r"cannot be written \(Is a directory\).*another --out"
    ):
        write_new(tmp_path, b"", force=True)
