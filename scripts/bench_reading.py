"""Measures how long it takes to look at a large run: status, progress, top, lineage.

    python -m scripts.bench_reading                   # 300,000 candidates, some minutes
    python -m scripts.bench_reading --candidates 10000

The run is made, not searched: programs are descendants of AdamW, bred as a search breeds them, some
thousand of them again and again; of 100 candidates about 36 are trained, 4 tuned further, 30 in the
cache and 30 rejected. Its scores are drawn.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from evosearch.language.library import known_rule
from evosearch.language.printer import to_text
from evosearch.reports.descent import line_to, tree_from
from evosearch.reports.frame import frame
from evosearch.reports.leaderboard import leaderboard
from evosearch.reports.picked import picked
from evosearch.scoring.evaluation import Result
from evosearch.scoring.setting import Setting
from evosearch.scoring.tuner import Tuned
from evosearch.search.candidate import DUPLICATE, REJECTED, RETUNED, TRAINED, Candidate
from evosearch.search.config import SearchConfig
from evosearch.search.config_values import make_config
from evosearch.search.evolution import Evolution
from evosearch.search.schema import DATABASE
from evosearch.search.store_reader import StoreReader
from evosearch.search.store_writer import StoreWriter
from evosearch.search.tally import Tally

TASKS = ("logistic", "digit_images")
SHARES = {TRAINED: 0.36, RETUNED: 0.04, DUPLICATE: 0.3, REJECTED: 0.3}
DISTINCT = 3000
ALIVE = 500
"""The parents of a candidate are among the last so many that were trained."""


def bred(config: SearchConfig) -> dict[str, list[Candidate]]:
    """Breeds programs from AdamW, with made-up results, by what became of them."""
    evolution, draw = Evolution(config, known_rule(config.start)), random.Random(0)
    pools: dict[str, list[Candidate]] = {outcome: [] for outcome in SHARES}
    number = 0
    while sum(map(len, pools.values())) < DISTINCT:
        block = evolution.breed(number, config.block)
        number += 1
        results = {}
        for one in block:
            pools[one.outcome].append(one)
            if one.entrant is not None:
                setting = Setting(1.0, one.entrant.family.defaults)
                tuned = {task: Tuned(setting, {0: 0.5}, (), 100) for task in TASKS}
                results[one.id] = Result(draw.gauss(-0.5, 0.5), True, tuned)
        evolution.commit(block, results)
    return pools


def write(folder: Path, candidates: int) -> None:
    """Writes the run."""
    config = make_config({"tasks": list(TASKS), "evaluations": candidates, "seeds": 2}, "here")
    StoreWriter.create(folder, config, to_text(known_rule(config.start))).close()
    pools, draw = bred(config), random.Random(0)
    trained: list[int] = []
    constants: dict[int, int] = {}
    with closing(sqlite3.connect(folder / DATABASE)) as database, database:
        for number in range(candidates):
            (outcome,) = draw.choices(list(SHARES), list(SHARES.values())) if number else (TRAINED,)
            one = draw.choice(pools[TRAINED if outcome == RETUNED else outcome])
            parent = draw.choice(trained[-ALIVE:]) if number else None
            twin = parent if outcome in (RETUNED, DUPLICATE) and parent is not None else number
            if outcome == TRAINED:
                trained.append(number)
                assert one.entrant is not None
                constants[number] = len(one.entrant.family.names)
            tuned = outcome in (TRAINED, RETUNED)
            row = (
                *(number, number // config.block, parent, json.dumps(one.mutations)),
                *(to_text(one.program), f"d{number}", f"s{twin}", outcome, one.facts.gate, twin),
                *(int(outcome == RETUNED) if tuned else None, one.facts.size, one.facts.slots, 1.0),
                None if outcome == REJECTED else draw.gauss(-0.5, 0.4),
                int(draw.random() < 0.5) if tuned else None,
            )
            database.execute(f"INSERT INTO candidates VALUES ({', '.join('?' * len(row))})", row)
            if tuned:
                _write_result(database, number, json.dumps([0.9] * constants[twin]))


def _write_result(database: sqlite3.Connection, number: int, constants: str) -> None:
    for task in TASKS:
        database.execute(
            "INSERT INTO settings VALUES (?, 'search', ?, 1.0, ?, 100, 'measured')",
            (number, task, constants),
        )
        for seed in range(3):
            database.execute(
                "INSERT INTO evaluations VALUES (?, 'search', ?, 100, ?, 1.0, ?, 0.5)",
                (number, task, seed, constants),
            )


def looks(store: StoreReader) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Gives what is timed, each under a name."""
    tally, last = Tally(), store.columns("MAX(id)")[0][0]
    yield "counts", store.counts
    yield "a first look of a tally", lambda: tally.look(store)
    yield "a later one, at nothing", lambda: tally.look(store)
    yield "the best of the trained", lambda: store.trained(1)
    yield "top", lambda: leaderboard(store, 5)
    yield "what the best score is worth", lambda: picked(store)
    yield "lineage", lambda: line_to(store, last)
    yield "lineage --descendants", lambda: tree_from(store, 0)
    yield "top --all", lambda: leaderboard(store, None)
    yield "top -n 1000 as a data frame", lambda: frame(store, leaderboard(store, 1000))


def main() -> None:
    """Makes a run and looks at it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--candidates", type=int, default=300_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "run"
        write(folder, arguments.candidates)
        size = (folder / DATABASE).stat().st_size
        with StoreReader.open(folder) as store:
            trained = store.counts()["trained"]
            print(f"{arguments.candidates} candidates, {trained} trained, {size / 1e6:.0f} MB")
            for name, look in looks(store):
                started = time.perf_counter()
                look()
                print(f"{name:<30} {time.perf_counter() - started:10.5f} s", flush=True)


if __name__ == "__main__":
    main()
