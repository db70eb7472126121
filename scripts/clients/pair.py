"""Judges clients that train on two processes: all of them, and all rules, in one pair.

Each process is `python -m scripts.clients.pair FOLDER RANK CLIENT...`, for all exported files of
the folder. The first writes a line of `cells.jsonl` for each cell.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from torch import distributed as dist

from scripts.clients.client import Cell, Cells, exported, exported_rules, judge, quiet

ROOT = Path(__file__).parents[2]
PROCESSES, CELLS = 2, "cells.jsonl"
SECONDS, SECONDS_TO_WAIT = 1800, 60
"""For all cells, and for one process to wait for the other."""


def judged_in_pair(clients: Sequence[str], folder: Path) -> dict[str, Cells]:
    """Judges clients by their names, for all rules whose files are in the folder.

    If a process ends before it is through, the cells that are left fail and tell its last words.
    """
    command = [sys.executable, "-m", "scripts.clients.pair", str(folder)]
    logs = [folder / f"{rank}.log" for rank in range(PROCESSES)]
    (folder / CELLS).touch()
    processes = [started([*command, str(rank), *clients], log) for rank, log in enumerate(logs)]
    with contextlib.suppress(subprocess.TimeoutExpired):
        for process in processes:
            process.wait(SECONDS)
    for process in processes:
        process.kill()
    ended = [process.wait() for process in processes]
    last = [line for log in logs for line in log.read_text().strip().splitlines()[-1:]]
    lost = Cell("failed", f"the processes ended with {ended}: {'; '.join(last)}"[:200])
    results = {name: dict.fromkeys(exported_rules(folder), lost) for name in clients}
    for line in (folder / CELLS).read_text().splitlines():
        name, rule, cell = json.loads(line)
        results[name][rule] = Cell(**cell)
    return results


def started(command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Starts a process that writes to a log."""
    with log.open("w") as file:
        return subprocess.Popen(command, cwd=ROOT, stdout=file, stderr=subprocess.STDOUT)


def main(folder: Path, rank: int, names: Sequence[str]) -> None:
    from scripts.clients.table import CLIENTS

    # What torchrun sets, and some clients read.
    os.environ |= {"RANK": f"{rank}", "LOCAL_RANK": f"{rank}", "WORLD_SIZE": f"{PROCESSES}"}
    store = f"file://{folder / 'store'}"
    wait = timedelta(seconds=SECONDS_TO_WAIT)
    dist.init_process_group("gloo", store, wait, rank=rank, world_size=PROCESSES)
    for name in names:
        for rule in exported_rules(folder):
            own = folder / name / rule
            own.mkdir(parents=True, exist_ok=True)
            mine = judge(CLIENTS[name], rule, exported(folder, rule), own)
            if mine.verdict == "failed":
                print(f"{name}, {rule}: {mine.told}", flush=True)
            both: list[Cell] = [mine] * PROCESSES
            dist.all_gather_object(both, mine)
            worst = max(both, key=lambda cell: (cell.verdict == "failed", cell.difference))
            if rank == 0:
                with (folder / CELLS).open("a") as file:
                    file.write(f"{json.dumps([name, rule, asdict(worst)])}\n")
    with quiet():
        dist.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
