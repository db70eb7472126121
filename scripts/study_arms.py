"""Compares ways to search at one budget: what an hour of two cores gives, stage by stage.

    python -m scripts.study_arms --arms evolution random --seeds 1 --hours 1    # rates
    python -m scripts.study_arms --arms evolution four --seeds 3                # populations

Each arm is a search from AdamW on the tasks of the search, with `micro` and `select`:

    evolution   one population
    four        four populations, whose best travel
    random      parents drawn without regard to fitness, so that structures are a random walk

All spend the same replica-steps or, with `--hours`, breed for as long; measuring the best comes on
top. Runs are kept in `--folder`, and the same command goes on with them after a kill; the seconds
that a run took are kept beside it, of all its sessions. What is known of each is printed and added
to `--out`, which keeps what other arms came to.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from time import monotonic
from typing import Any

from evosearch.cli.main import cli
from evosearch.reports import funnel
from evosearch.reports.leaderboard import leaderboard
from evosearch.search.store_reader import StoreReader

ARMS: dict[str, dict[str, Any]] = {
    "evolution": {},
    "four": {"populations": 4},
    "random": {"tournament": 1},
}
ALL = {"population": 100, "tournament": 4, "lag": 4, "evaluations": 10**6}
"""What all arms have in common, unless an arm says otherwise."""
REPLICA_STEPS = 10_000_000
"""About what two cores train of the search's tasks in an hour."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--arms", nargs="+", choices=list(ARMS), default=list(ARMS))
    parser.add_argument("--seeds", type=int, default=3, help="searches of each arm (default: 3)")
    parser.add_argument("--replica-steps", type=int, default=REPLICA_STEPS)
    parser.add_argument("--hours", type=float, help="breed for so long, whatever that trains")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=Path("runs/arms"))
    parser.add_argument("--out", type=Path, default=Path("runs/reference/arms.json"))
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    arguments = parser.parse_args()
    for seed in range(arguments.seeds):
        for arm in arguments.arms:
            run = arguments.folder / f"{arm}-{seed}"
            carry_out(run, arm, seed, arguments)
            record = {"arm": arm, "seed": seed, "hours": arguments.hours} | told(run)
            print(json.dumps(record), flush=True)
            add(record, arguments.out)


def add(record: dict[str, Any], out: Path) -> None:
    """Writes what is known of a search beside what is there, in place of what it was before."""
    known = json.loads(out.read_text(encoding="utf-8")) if out.exists() else []
    same = ("arm", "seed", "hours")
    others = [one for one in known if any(one[key] != record[key] for key in same)]
    out.write_text(json.dumps([*others, record], indent=1) + "\n", encoding="utf-8")


def carry_out(run: Path, arm: str, seed: int, arguments: argparse.Namespace) -> None:
    """Begins a search or goes on with it, and adds the seconds to what it took before."""
    if (run / "summary.txt").exists():
        return
    values = ALL | {"seed": seed} | ARMS[arm]
    if arguments.hours is None:
        values |= {"replica_steps": arguments.replica_steps}
    settings = [*(f"{key}={value}" for key, value in values.items()), *arguments.set]
    command = ["search", "--out", str(run), *(p for pair in settings for p in ("--set", pair))]
    if run.exists():
        command = ["resume", str(run)]
    started, clock = monotonic(), run.with_suffix(".seconds")
    before = float(clock.read_text(encoding="utf-8")) if clock.exists() else 0.0
    command += ["--workers", str(arguments.workers)]
    if arguments.hours is not None:
        command += ["--hours", str(max(arguments.hours - before / 3600, 1e-6))]
    try:
        cli.main(command, standalone_mode=False)
    finally:
        clock.write_text(str(before + monotonic() - started), encoding="utf-8")


def told(run: Path) -> dict[str, Any]:
    """Gives what became of a run's candidates, its funnel, and its best as measured in the end."""
    with StoreReader.open(run) as store:
        best = leaderboard(store, 1)[0]
        return {
            "seconds": float(run.with_suffix(".seconds").read_text(encoding="utf-8")),
            "counts": store.counts(),
            "funnel": funnel.record(store),
            "best": {
                "id": best.id,
                "search": best.search_score,
                "fresh": best.score,
                "fresh_interval": best.interval,
                "select": best.select,
                "select_interval": best.select_interval,
                "statements": best.statements,
            },
        }


if __name__ == "__main__":
    main()
