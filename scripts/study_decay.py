"""Measures whether the weight decay of tuned AdamW matters on a task.

    python -m scripts.study_decay digits_autoencoder byte_ngrams

AdamW is tuned in rate, betas and epsilon at several weight decays, relative to the update size as
tasks have it; its losses are taken on fresh seeds, the same for each decay. The decay with the
lowest loss on the first half of them is compared with the task's own on the other half, seed by
seed, and their difference is told as a speed-up with a 95% interval (Student's t). Where it is
above 1, the task should have that decay. Results are kept in a file of JSON lines, so a study goes
on where it stopped; without tasks, what is there is printed.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import numpy as np
from scipy import stats

from evosearch.scoring import qualification_records
from evosearch.scoring.tuner import Wish, tune
from evosearch.scoring.yardstick import BUDGET, baseline
from evosearch.search.folders import yardstick_folder
from evosearch.search.process import configure_process
from proxies import TASKS, Engine, Task

DECAYS = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0)
FRESH = tuple(range(16))
_TUNING_SEEDS = (200, 201, 202, 203)
Losses = dict[str, dict[float, list[float]]]
"""By task and weight decay: the losses on fresh seeds."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tasks", nargs="*", help="tasks to measure; none prints what is known")
    parser.add_argument("--decays", type=float, nargs="+", default=list(DECAYS))
    parser.add_argument("--budget", type=int, default=BUDGET, help=f"trainings (default: {BUDGET})")
    parser.add_argument("--file", type=Path, default=Path("runs/decay.jsonl"))
    arguments = parser.parse_args()
    for name in arguments.tasks:
        if name not in TASKS:
            parser.error(f"no task '{name}'; known are {', '.join(TASKS)}")
    configure_process()
    for name in arguments.tasks:
        for decay in sorted({*arguments.decays, TASKS[name].weight_decay}):
            if decay not in read(arguments.file).get(name, {}):
                measure(TASKS[name], decay, arguments.budget, arguments.file)
    for name, losses in read(arguments.file).items():
        report(TASKS[name], losses)


def measure(task: Task, decay: float, budget: int, file: Path) -> None:
    """Tunes AdamW at one weight decay, and adds its losses to the file."""
    began = perf_counter()
    key = ("decay", f"{decay:g}")
    wish = Wish(baseline(), key, budget * task.steps, _TUNING_SEEDS, FRESH)
    (tuned,) = tune(replace(task, weight_decay=decay), [wish], task.steps, Engine(compiled=True))
    record = {
        "task": task.name,
        "digest": task.digest(),
        "decay": decay,
        "rate": tuned.best.rate,
        "constants": tuned.best.constants,
        "losses": [tuned.losses.get(seed, np.inf) for seed in FRESH],
        "seconds": round(perf_counter() - began, 1),
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as out:
        out.write(json.dumps(record) + "\n")
    print(f"{task.name}, decay {decay:g}: {record['seconds']} s", flush=True)


def read(file: Path) -> Losses:
    losses: Losses = {}
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else []:
        one = json.loads(line)
        if TASKS[one["task"]].digest() == one["digest"]:
            losses.setdefault(one["task"], {})[one["decay"]] = one["losses"]
    return losses


def report(task: Task, losses: dict[float, list[float]]) -> None:
    shown = ", ".join(f"{np.mean(losses[decay]):.4f} at {decay:g}" for decay in sorted(losses))
    print(f"{task.name}: loss {shown}")
    half = len(FRESH) // 2
    best = min(losses, key=lambda decay: float(np.mean(losses[decay][:half])))
    own = task.weight_decay
    known = qualification_records.load(yardstick_folder(), task)
    if best == own or known is None:
        print(f"  best is {best:g}, the task has {own:g}")
        return
    gains = np.subtract(losses[own], losses[best])[half:]
    logs = gains / known.gain  # doublings of the steps
    margin = stats.t.ppf(0.975, half - 1) * np.std(logs, ddof=1) / np.sqrt(half)
    low, middle, high = 2.0 ** (np.mean(logs) + np.array([-margin, 0.0, margin]))
    verdict = "matters" if low > 1 else "does not matter"
    print(f"  {best:g} against the task's {own:g}: {middle:.3f} [{low:.3f}, {high:.3f}], {verdict}")


if __name__ == "__main__":
    main()
