"""One process at a time carries a run out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from evosearch.errors import EvosearchError
from evosearch.search import driver_lock
from evosearch.search.driver_lock import DriverLock, is_carried_out

HOLDER = (
    "import sys, time; from pathlib import Path; "
    "from evosearch.search.driver_lock import DriverLock; "
    "lock = DriverLock(Path(sys.argv[1])); print('held', flush=True); time.sleep(600)"
)


def test_another_process_is_kept_out_until_the_first_ends(tmp_path: Path) -> None:
    """Even if it is killed; nothing is left in the folder."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(EvosearchError, match="another process carries this run out"):
            DriverLock(tmp_path)
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
    DriverLock(tmp_path).release()
    assert list(tmp_path.iterdir()) == []


def test_who_only_looks_keeps_nobody_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver that begins while another process asks whether there is one waits for a moment."""
    looking = DriverLock(tmp_path)
    monkeypatch.setattr(driver_lock.time, "sleep", lambda _: looking.release())
    DriverLock(tmp_path).release()


def test_what_is_released_can_be_held_again(tmp_path: Path) -> None:
    """Releasing twice does no harm."""
    first = DriverLock(tmp_path)
    assert is_carried_out(tmp_path)
    with pytest.raises(EvosearchError, match="wait for it or stop it"):
        DriverLock(tmp_path)
    first.release()
    assert not is_carried_out(tmp_path)
    assert not is_carried_out(tmp_path / "none")
    first.release()
    DriverLock(tmp_path).release()
