"""What takes long is told of, and goes on."""

from __future__ import annotations

import time

import pytest

from evosearch.plugins.overdue import told_if_overdue


def test_what_takes_long_is_told_of_once(capsys: pytest.CaptureFixture[str]) -> None:
    """While it runs, on one line."""
    with told_if_overdue(0.05, "the work takes long"):
        deadline, err = time.monotonic() + 20, ""
        while not err and time.monotonic() < deadline:
            time.sleep(0.02)
            err = capsys.readouterr().err
        assert err == "evosearch: the work takes long\n"
        time.sleep(0.1)
    assert capsys.readouterr().err == ""


def test_what_ends_in_time_is_not_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    """However it ends."""

    def fail() -> None:
        with told_if_overdue(0.2, "the work takes long"):
            raise KeyError("row")

    with pytest.raises(KeyError, match="row"):
        fail()
    with told_if_overdue(0.2, "the work takes long"):
        pass
    time.sleep(0.4)
    assert capsys.readouterr().err == ""
