"""Measures whether the order in which a task puts the known rules is that of longer training.

    python -m scripts.study_foresight digit_images --factors 1 2 4 8 16 32

Every known rule (one of each structure) is tuned in rate and constants at several multiples of the
task's steps, each with its own schedule, and its loss is taken on fresh seeds; all of it several
times over, with other draws and seeds. Results are kept
in a file of JSON lines, so a study goes on where it stopped; without tasks, the tables of what is
there are printed: losses, tau-b between each horizon and 8 times it, inclusion, and tau-b between
tasks.
`--save FILE` writes what is known of tasks at their own steps to the table that ships.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import numpy as np

from evosearch import known_rule, lower, rule_names
from evosearch.graph.structure import structure
from evosearch.scoring.foresight import agreement
from evosearch.scoring.foresight_records import FAR, Foresight, to_record
from evosearch.scoring.inclusion import inclusions
from evosearch.scoring.tuner import Wish, tune
from evosearch.screening.family import Family
from evosearch.search.process import configure_process
from proxies import SUITES, TASKS, Engine, Task

TOGETHER = 4
"""The rules that are tuned at once."""
Losses = dict[tuple[str, float], dict[str, list[float]]]
"""By task and multiple of its steps: each rule's mean loss in each of its tunings."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tasks", nargs="*", help="tasks to measure; none prints what is known")
    parser.add_argument("--factors", type=float, nargs="+", default=[1.0, FAR])
    parser.add_argument("--budget", type=int, default=48, help="trainings per rule (default: 48)")
    parser.add_argument("--tunings", type=int, default=3, help="of each rule (default: 3)")
    parser.add_argument("--rules", nargs="+", help="rules instead of all known structures")
    parser.add_argument("--file", type=Path, default=Path("runs/foresight.jsonl"))
    parser.add_argument("--save", type=Path, help="a JSON table to add what is known to")
    arguments = parser.parse_args()
    for name in arguments.tasks:
        if name not in TASKS:
            parser.error(f"no task '{name}'; known are {', '.join(TASKS)}")
    configure_process()
    for name in arguments.tasks:
        for factor in arguments.factors:
            for number in range(arguments.tunings):
                rules = arguments.rules or distinct()
                measure(TASKS[name], factor, rules, number, arguments.budget, arguments.file)
    losses = repeated(read(arguments.file))
    report(losses)
    if arguments.save:
        save(losses, arguments.save)


def distinct() -> list[str]:
    """The first known rule of each structure."""
    return list({structure(known_rule(n)).digest: n for n in reversed(rule_names())}.values())[::-1]


def measure(
    task: Task, factor: float, rules: Sequence[str], number: int, budget: int, file: Path
) -> None:
    """Tunes what is not in the file yet, and adds it."""
    known = read(file).get((task.name, factor), {})
    missing = [rule for rule in rules if len(known.get(rule, ())) <= number]
    steps = round(task.steps * factor)
    file.parent.mkdir(parents=True, exist_ok=True)
    for start in range(0, len(missing), TOGETHER):
        some = missing[start : start + TOGETHER]
        began = perf_counter()
        wishes = [
            Wish(
                Family(lower(known_rule(rule))),
                ("foresight", rule, number),
                budget * steps,
                (100 + 2 * number, 101 + 2 * number),
                tuple(range(4 * number, 4 * number + 4)),
            )
            for rule in some
        ]
        results = tune(task, wishes, steps, Engine(compiled=True))
        seconds = (perf_counter() - began) / len(some)
        with file.open("a", encoding="utf-8") as out:
            for rule, tuned in zip(some, results, strict=True):
                record = {
                    "task": task.name,
                    "digest": task.digest(),
                    "factor": factor,
                    "rule": rule,
                    "rate": tuned.best.rate,
                    "constants": tuned.best.constants,
                    "losses": list(tuned.losses.values()),
                    "seconds": round(seconds, 2),
                }
                out.write(json.dumps(record) + "\n")
        print(
            f"{task.name} x{factor:g} {number}: {', '.join(some)}, {seconds:.1f} s each", flush=True
        )


def read(file: Path) -> Losses:
    losses: Losses = {}
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else []:
        one = json.loads(line)
        if TASKS[one["task"]].digest() == one["digest"] and one["losses"]:
            own = losses.setdefault((one["task"], one["factor"]), {})
            own.setdefault(one["rule"], []).append(float(np.mean(one["losses"])))
    return losses


def repeated(losses: Losses) -> Losses:
    """Leaves rules out that were tuned once only, which says nothing of their noise."""
    kept = {
        key: {rule: own for rule, own in rules.items() if len(own) > 1}
        for key, rules in losses.items()
    }
    return {key: rules for key, rules in kept.items() if rules}


def save(losses: Losses, path: Path) -> None:
    """Adds the tasks of which the order at their own steps and far beyond is known."""
    records = json.loads(path.read_text(encoding="utf-8"))
    for name, task in TASKS.items():
        ours, far = losses.get((name, 1.0)), losses.get((name, FAR))
        if ours is None or far is None:
            continue
        suites = {}
        for suite, members in SUITES.items():
            others = [losses[m, 1.0] for m in members if m != name and (m, 1.0) in losses]
            if others:
                suites[suite] = float(np.mean([agreement(ours, one).tau for one in others]))
        common = sum(rule in far for rule in ours)
        included = tuple(inclusions(ours))
        measured = Foresight(task.steps, common, agreement(ours, far), included, suites)
        records[name] = to_record(task, measured)
    rows = [f"{json.dumps(name)}: {json.dumps(records[name])}" for name in sorted(records)]
    path.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


def report(losses: Losses) -> None:
    tasks = list(dict.fromkeys(task for task, _ in losses))
    for task in tasks:
        factors = sorted(factor for name, factor in losses if name == task)
        shown = [f"x{f:g}" for f in factors]
        print(f"\n{task}: mean loss of each tuned rule at multiples of its steps")
        print(f"{'rule':<24}" + "".join(f"{f:>9}" for f in shown))
        first = losses[task, factors[0]]
        for rule in sorted(first, key=lambda r: np.mean(first[r])):
            means = [np.mean(losses[task, f].get(rule, [np.nan])) for f in factors]
            print(f"{rule:<24}" + "".join(f"{mean:9.4f}" for mean in means))
        for factor in factors:
            for one in inclusions(losses[task, factor]):
                verdict = "holds" if one.holds else "FAILS"
                print(
                    f"x{factor:g}: {one.rule} contains {one.contained}: {one.excess:+.4f}, noise "
                    f"{one.noise:.4f}, {verdict}"
                )
        for factor in factors:
            if (task, factor * FAR) in losses:
                tau, low, high = agreement(losses[task, factor], losses[task, factor * FAR])
                print(
                    f"tau-b of x{factor:g} and x{factor * FAR:g}: {tau:.2f} [{low:.2f}, {high:.2f}]"
                )
    print("\ntau-b between tasks, at their longest common horizon")
    for place, one in enumerate(tasks):
        for other in tasks[place + 1 :]:
            common = [f for t, f in losses if t == one and (other, f) in losses]
            if common:
                f = max(common)
                tau, low, high = agreement(losses[one, f], losses[other, f])
                print(f"{one} and {other} at x{f:g}: {tau:.2f} [{low:.2f}, {high:.2f}]")


if __name__ == "__main__":
    main()
