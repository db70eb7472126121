"""Asks how often a search reports a gain where there is none to be had.

    python -m scripts.study_null [--preset constants] [--seeds 12] [--folder runs/null]

A search whose only mutation is of constants can find AdamW with other constants and nothing else;
against AdamW whose constants are tuned, it should report an interval above 1 about as often as an
interval of 95% errs upwards: once in 40 searches. Runs are kept in the folder and gone on with.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from evosearch.cli.main import cli
from evosearch.reports.leaderboard import leaderboard
from evosearch.search.presets import PRESETS
from evosearch.search.store_reader import StoreReader


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--preset", choices=list(PRESETS), default="constants")
    parser.add_argument("--seeds", type=int, default=12, help="searches (default: 12)")
    parser.add_argument("--folder", type=Path, default=Path("runs/null"))
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    arguments = parser.parse_args()
    settings = [part for pair in arguments.set for part in ("--set", pair)]
    above = 0
    for seed in range(arguments.seeds):
        run = arguments.folder / f"{arguments.preset}-{seed}"
        if run.exists():
            command = ["resume", str(run)]
        else:
            command = ["search", "--preset", arguments.preset, "--seed", str(seed), *settings]
            command += ["--out", str(run)]
        if not (run / "summary.txt").exists():
            cli.main(command, standalone_mode=False)
        with StoreReader.open(run) as store:
            best, counts = leaderboard(store, 1)[0], store.counts()
        low, high = best.interval or (float("nan"), float("nan"))
        above += low > 1
        print(
            f"seed {seed}: best scored {best.search_score:.3f} in the search, {best.score:.3f} "
            f"[{low:.3f}, {high:.3f}] on fresh seeds; {counts['trained']} trained, "
            f"{counts['replica_steps']:.3g} replica-steps",
            flush=True,
        )
    print(f"{above} of {arguments.seeds} searches report an interval above 1")


if __name__ == "__main__":
    main()
