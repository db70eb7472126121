"""A file is written whole, or what was there stays."""

import json
import math
import os
from multiprocessing import get_context
from pathlib import Path

import pytest

from evosearch.files import append_record, json_numbers, read_records, write_whole


def test_what_fails_half_way_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing beside it."""
    path = tmp_path / "x"
    path.write_bytes(b"old")
    plain = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        plain(self, data[:1])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_permissions_and_links_stay(tmp_path: Path) -> None:
    """The file behind a link is written, and is as private as it was."""
    path, link = tmp_path / "x", tmp_path / "link"
    path.write_bytes(b"old")
    path.chmod(0o600)
    link.symlink_to(path)
    write_whole(link, b"new")
    assert link.is_symlink()
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_new_file_has_the_permissions_of_any(tmp_path: Path) -> None:
    """Those that the user's mask leaves."""
    write_whole(tmp_path / "x", b"new")
    (tmp_path / "y").touch()
    assert (tmp_path / "x").stat().st_mode == (tmp_path / "y").stat().st_mode


def test_what_is_no_file_is_written_as_it_is() -> None:
    """A pipe, for one."""
    reading, writing = os.pipe()
    write_whole(Path(f"/dev/fd/{writing}"), b"new")
    assert os.read(reading, 9) == b"new"
    os.close(reading)
    os.close(writing)


def _write_often(path: Path, letter: str) -> None:
    for _ in range(200):
        write_whole(path, letter.encode() * 10_000)


def test_processes_that_write_at_once_do_not_mix(tmp_path: Path) -> None:
    """Whoever reads meanwhile sees what one of them wrote."""
    path = tmp_path / "x"
    write_whole(path, b"a" * 10_000)
    context = get_context("fork")
    writers = [context.Process(target=_write_often, args=(path, letter)) for letter in "ab"]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        content = path.read_bytes()
        assert len(content) == 10_000
        assert len(set(content)) == 1
    assert all(writer.exitcode == 0 for writer in writers)


def test_records_are_read_as_they_were_added(tmp_path: Path) -> None:
    """In order; where there is no file there are none."""
    path = tmp_path / "new" / "records.jsonl"
    assert list(read_records(path)) == []
    for record in ({"a": 1}, {"b": [2.5, None]}):
        append_record(path, record)
    assert list(read_records(path)) == [{"a": 1}, {"b": [2.5, None]}]


@pytest.mark.parametrize("rest", [b'{"a": 1', b"\xff\xfe", b'{"a": 1}\n{"b"'])
def test_what_a_kill_cut_short_costs_its_own_line_alone(tmp_path: Path, rest: bytes) -> None:
    """What is added afterwards begins a line of its own."""
    path = tmp_path / "records.jsonl"
    append_record(path, {"first": 1})
    path.write_bytes(path.read_bytes() + rest)
    append_record(path, {"last": 2})
    read = list(read_records(path))
    assert (read[0], read[-1]) == ({"first": 1}, {"last": 2})


def test_numbers_that_json_lacks_become_null() -> None:
    """Wherever they stand; all else stays, whole numbers and truths too."""
    record = {"x": math.inf, "y": [1, True, -math.inf, "inf"], "z": {"n": (math.nan, 0.5)}}
    made = json.dumps(json_numbers(record), allow_nan=False)
    assert json.loads(made) == {"x": None, "y": [1, True, None, "inf"], "z": {"n": [None, 0.5]}}
