"""Measures what a search costs besides training: the driver's CPU, memory and disk per candidate.

    python -m scripts.bench_engine                           # 20,000 candidates, a minute or so
    python -m scripts.bench_engine --candidates 300000       # the paper's number
    python -m scripts.bench_engine --lag 1000                # as if a thousand workers were busy

The search is a real one, in a real database, but for its evaluator, which trains nothing: it gives
each rule a fitness that is the higher the fewer primitives the rule has, with noise that is drawn
by the rule's number, and a setting near its defaults. After each tenth of the candidates a line is
printed. The last lines say how long it takes to take the run up again, at that age. Times are of
the processor, not the clock's, so that what else the machine does matters less.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from evosearch import known_rule
from evosearch.language.parser import parse
from evosearch.language.printer import to_text
from evosearch.scoring.evaluation import Entrant, Result
from evosearch.scoring.setting import Setting, draw_setting
from evosearch.scoring.tuner import Tuned
from evosearch.search.checks import Checks
from evosearch.search.config import SearchConfig
from evosearch.search.config_values import make_config
from evosearch.search.evolution import Evolution
from evosearch.search.loop import evolve
from evosearch.search.process import configure_process
from evosearch.search.schema import DATABASE
from evosearch.search.store_reader import StoreReader
from evosearch.search.store_writer import StoreWriter
from evosearch.search.work import Pending
from evosearch.search.yardsticks import RunTasks
from proxies.keys import generator

TASK = "logistic"
NOISE = 0.5


class Nothing:
    """Answers at once."""

    def submit(
        self, _: Callable[..., Any], entrants: Sequence[Entrant], *__: Any, **___: Any
    ) -> Pending[Any]:
        return _Answered([made_up(entrant) for entrant in entrants])


class _Answered:
    def __init__(self, results: list[Result]) -> None:
        self._results = results

    def result(self) -> list[Result]:
        return self._results


class Enough(Exception):
    """Ends a search from outside."""


class Meter:
    """Observes a search and prints what it costs, each tenth of the way; then it ends it."""

    def __init__(self, total: int, as_json: bool) -> None:
        self._total, self._json = total, as_json
        self._next = total // 10
        self._last = (0, time.process_time(), 0)
        self.lines: list[dict[str, float]] = []

    def phase(self, *_: object) -> None:
        """Is told that the search begins."""
        gc.collect()
        self._last = (0, time.process_time(), resident())

    def advance(self, tuned: int, store: StoreReader) -> None:
        """Is told that a block is committed."""
        (seen,) = store._db.execute("SELECT COALESCE(MAX(id) + 1, 0) FROM candidates").fetchone()
        if seen < self._next:
            return
        now, memory = time.process_time(), resident()
        before, then, bytes_then = self._last
        line = {
            "candidates": seen,
            "tuned": tuned,
            "ms_per_candidate": 1e3 * (now - then) / (seen - before),
            "driver_mib": memory / 2**20,
            "driver_bytes_per_candidate": (memory - bytes_then) / (seen - before),
            "database_bytes_per_candidate": size_of(store.folder) / seen,
        }
        self.lines.append(line)
        if not self._json:
            print(
                f"{seen:>9} candidates, {tuned} tuned: {line['ms_per_candidate']:.3f} ms each, "
                f"driver {line['driver_mib']:.0f} MiB "
                f"({line['driver_bytes_per_candidate']:+.0f} bytes each), "
                f"database {line['database_bytes_per_candidate']:.0f} bytes each",
                flush=True,
            )
        self._next += self._total // 10
        self._last = (seen, time.process_time(), memory)
        if seen >= self._total:
            raise Enough


def made_up(entrant: Entrant) -> Result:
    """Gives a rule a fitness and a setting, by its key."""
    draw = generator("nothing", *entrant.key, entrant.round)
    family = entrant.family
    best = draw_setting(family, Setting(1.0, family.defaults), draw, 0.1, usual=False)
    fitness = -0.1 * family.graph.size + NOISE * float(draw.standard_normal())
    return Result(fitness, True, {TASK: Tuned(best, {0: 0.5}, (), 100, rungs=(1.0, 0.5))})


def resident() -> int:
    """Reads how many bytes of this process are in memory."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def size_of(folder: Path) -> int:
    """Counts the bytes of a run's database."""
    return (folder / DATABASE).stat().st_size


def taken_up(folder: Path, config: SearchConfig) -> float:
    """Measures the processor's seconds until a search that is resumed could breed again."""
    start = time.process_time()
    with StoreWriter.open(folder) as store:
        evolution = Evolution(config, [parse(store.start)], store.memory)
        evolution.in_flight()
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--candidates", type=int, default=20_000)
    parser.add_argument("--lag", type=int, default=16, help="blocks in training (default: 16)")
    parser.add_argument("--population", type=int, default=1000)
    parser.add_argument("--folder", type=Path, help="keep the run there")
    parser.add_argument("--json", action="store_true", dest="as_json")
    arguments = parser.parse_args()
    values = {
        **{"tasks": [TASK], "evaluations": 10**9, "lag": arguments.lag, "restart_after": 10**9},
        **{"population": arguments.population, "compile": False, "select_after": 10**9},
    }
    config = make_config(values, "bench")
    configure_process()  # as every driver is
    folder = arguments.folder or Path(tempfile.mkdtemp()) / "run"
    meter = Meter(arguments.candidates, arguments.as_json)
    start = to_text(known_rule("adamw"))
    with StoreWriter.create(folder, config, start) as store, suppress(Enough):
        tasks = RunTasks([])
        evolve(store, Nothing(), meter, tasks, Checks(store, Nothing(), tasks))
    seconds = taken_up(folder, config)
    if arguments.as_json:
        print(json.dumps({"parts": meter.lines, "resume_seconds": seconds}, indent=2))
    else:
        print(f"taken up again in {seconds:.2f} s")
    if arguments.folder is None:
        shutil.rmtree(folder.parent)


if __name__ == "__main__":
    main()
