"""Measures how much faster two workers search than one, on the real tasks of the search.

    python -m scripts.bench_workers [--evaluations 48] [--rounds 2] [--lag 4]

The same search, of the same result, is carried out with one worker and with two in turn; only the
search itself is timed, after models are compiled and workers have started. Printed are the seconds
of each and the ratio of their medians. The machine must have nothing else to do.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from evosearch import known_rule
from evosearch.language.printer import to_text
from evosearch.search.checks import Checks
from evosearch.search.config_values import make_config
from evosearch.search.executor import executor
from evosearch.search.folders import yardstick_folder
from evosearch.search.loop import evolve
from evosearch.search.models import compile_models
from evosearch.search.store_reader import StoreReader
from evosearch.search.store_writer import StoreWriter
from evosearch.search.yardsticks import ensure_yardsticks


class Silent:
    """Observes nothing."""

    def phase(self, name: str, total: int) -> None:
        """Hears that a phase begins."""

    def advance(self, done: int, store: StoreReader) -> None:
        """Hears that it goes on."""


def seconds(folder: Path, workers: int, values: dict[str, object]) -> tuple[float, list[float]]:
    """Times a search; gives its scores too, which must be the same."""
    config = make_config(values, "bench")
    start = to_text(known_rule("adamw"))
    with (
        StoreWriter.create(folder, config, start) as store,
        executor(workers) as ready,
    ):
        compile_models(store, Silent())
        tasks = ensure_yardsticks(store, ready, Silent(), yardstick_folder(folder))
        checks = Checks(store, ready, tasks)
        # So that imports and compiled code are there in each worker.
        first = [ready.submit(len, "") for _ in range(workers)]
        for one in first:
            one.result()
        began = perf_counter()
        evolve(store, ready, Silent(), tasks, checks)
        return perf_counter() - began, [one.fitness or 0.0 for one in store.trained()]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--evaluations", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--lag", type=int, default=4)
    parser.add_argument("--block", type=int, default=4)
    arguments = parser.parse_args()
    values = {
        **{"evaluations": arguments.evaluations, "lag": arguments.lag, "block": arguments.block},
        **{"select": [], "population": 32, "tournament": 4},
    }
    times: dict[int, list[float]] = {1: [], 2: []}
    scores = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(arguments.rounds):
            for workers, taken in times.items():
                took, own = seconds(Path(folder) / f"{workers}-{number}", workers, values)
                taken.append(took)
                scores.append(own)
                print(f"{workers} workers: {took:.1f} s", flush=True)
    assert all(own == scores[0] for own in scores), "the result is the same"
    ratio = median(times[1]) / median(times[2])
    print(f"two workers are {ratio:.2f} times as fast as one")


if __name__ == "__main__":
    main()
