"""Measures whether the weight decay of tuned AdamW matters on a task.

    python -m scripts.study_decay spirals byte_ngrams

AdamW is tuned in rate, betas and epsilon at several weight decays, relative to the update size as
tasks have it, several times over with other draws and seeds, for tuning is a matter of luck. The
task's own decay is compared with each other one: the difference of the losses as a speed-up, with
Welch's interval over tunings, at 95% for all decays together (Bonferroni). Where one is above 1,
the task should have that decay. Results are kept in a file of JSON lines, so a study goes on where
it stopped; without tasks, what is there is printed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
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

DECAYS = (0.0, 0.03, 0.1, 0.3)
Losses = dict[str, dict[float, list[float]]]
"""By task and weight decay: the mean loss of each tuning on fresh seeds."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tasks", nargs="*", help="tasks to measure; none prints what is known")
    parser.add_argument("--decays", type=float, nargs="+", default=list(DECAYS))
    parser.add_argument("--budget", type=int, default=BUDGET, help=f"trainings (default: {BUDGET})")
    parser.add_argument("--tunings", type=int, default=4, help="at each decay (default: 4)")
    parser.add_argument("--file", type=Path, default=Path("runs/decay.jsonl"))
    arguments = parser.parse_args()
    for name in arguments.tasks:
        if name not in TASKS:
            parser.error(f"no task '{name}'; known are {', '.join(TASKS)}")
    configure_process()
    for name in arguments.tasks:
        for decay in sorted({*arguments.decays, TASKS[name].weight_decay}):
            known = len(read(arguments.file).get(name, {}).get(decay, ()))
            numbers = range(known, arguments.tunings)
            if numbers:
                measure(TASKS[name], decay, numbers, arguments.budget, arguments.file)
    for name, losses in read(arguments.file).items():
        report(TASKS[name], losses)


def measure(task: Task, decay: float, numbers: Sequence[int], budget: int, file: Path) -> None:
    """Tunes AdamW at one weight decay, once for each number, and adds its losses to the file."""
    began = perf_counter()
    wishes = [
        Wish(
            baseline(),
            ("decay", f"{decay:g}", number),
            budget * task.steps,
            (100 + 2 * number, 101 + 2 * number),
            tuple(range(8 * number, 8 * number + 8)),
        )
        for number in numbers
    ]
    decayed = replace(task, weight_decay=decay)
    results = tune(decayed, wishes, task.steps, Engine(compiled=True))
    seconds = (perf_counter() - began) / len(wishes)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as out:
        for tuned in results:
            record = {
                "task": task.name,
                "digest": task.digest(),
                "decay": decay,
                "rate": tuned.best.rate,
                "constants": tuned.best.constants,
                "losses": list(tuned.losses.values()) or [np.inf],
                "seconds": round(seconds, 1),
            }
            out.write(json.dumps(record) + "\n")
    print(f"{task.name}, decay {decay:g}: {seconds:.1f} s each", flush=True)


def read(file: Path) -> Losses:
    losses: Losses = {}
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else []:
        one = json.loads(line)
        if TASKS[one["task"]].digest() == one["digest"]:
            own = losses.setdefault(one["task"], {})
            own.setdefault(one["decay"], []).append(float(np.mean(one["losses"])))
    return losses


def report(task: Task, losses: Mapping[float, Sequence[float]]) -> None:
    print(f"{task.name}, of weight decay {task.weight_decay:g}")
    known = qualification_records.load(yardstick_folder(), task)
    own = losses.get(task.weight_decay, ())
    others = {decay: losses[decay] for decay in sorted(losses) if decay != task.weight_decay}
    print(f"  {task.weight_decay:>5g}: loss {np.mean(own):.5g}")
    for decay, theirs in others.items():
        line = f"  {decay:>5g}: loss {np.mean(theirs):.5g}"
        if known is not None and min(len(own), len(theirs)) > 1:
            # Differences of the loss, in doublings of the steps.
            test = stats.ttest_ind(own, theirs, equal_var=False)
            interval = test.confidence_interval(1 - 0.05 / len(others))
            gain = np.mean(own) - np.mean(theirs)
            low, middle, high = 2.0 ** (np.array([interval.low, gain, interval.high]) / known.gain)
            verdict = "matters" if low > 1 else "is no better"
            line += f", {middle:.2f} [{low:.2f}, {high:.2f}] times as fast: {verdict}"
        print(line)


if __name__ == "__main__":
    main()
