"""Measures whether the order in which a task puts the known rules is that of longer training.

    python -m scripts.study_foresight digit_images --factors 1 2 4 8 16 32

Every known rule (one of each structure) is tuned in rate and constants at several multiples of the
task's steps, each with its own schedule, and its loss is taken on fresh seeds; all of it several
times over, with other draws and seeds. Results are kept in a file of JSON lines by their number of
steps, so a study goes on where it stopped, and a task's own steps may change meanwhile. Without
tasks, the tables of what is there are printed: losses, tau-b between each horizon and 8 times it,
inclusion, tau-b between tasks, and with the mean order on the other tasks of each suite.
`--save FILE` writes what is known of tasks at their own steps to the table that ships.

What was measured lies in `runs/reference/foresight.jsonl`, its tables in `foresight.txt`: 4 hours
of a core, with `--budget 48 --tunings 3` (2 of the larger tasks; digit_sums has 96 trainings, for
at 48 MARS does not reach Adam there).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from time import perf_counter

import numpy as np
from scipy.stats import rankdata

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
Losses = dict[tuple[str, int], dict[str, list[float]]]
"""By task and number of steps: each rule's mean loss in each of its tunings."""


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
    steps = round(task.steps * factor)
    known = read(file).get((task.name, steps), {})
    missing = [rule for rule in rules if len(known.get(rule, ())) <= number]
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
                    "digest": substance(task),
                    "steps": steps,
                    "budget": budget,
                    "rule": rule,
                    "rate": tuned.best.rate,
                    "constants": tuned.best.constants,
                    "losses": list(tuned.losses.values()),
                    "seconds": round(seconds, 2),
                }
                out.write(json.dumps(record) + "\n")
        print(
            f"{task.name} {steps} steps {number}: {', '.join(some)}, {seconds:.1f} s each",
            flush=True,
        )


def substance(task: Task) -> str:
    """Names all of a task but its own steps."""
    return replace(task, steps=1).digest()


def read(file: Path) -> Losses:
    losses: Losses = {}
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else []:
        one = json.loads(line)
        if substance(TASKS[one["task"]]) == one["digest"] and one["losses"]:
            own = losses.setdefault((one["task"], one["steps"]), {})
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
    """Adds the tasks of which the order at their own steps is known."""
    records = json.loads(path.read_text(encoding="utf-8"))
    orders = own_orders(losses)
    for name, ours in orders.items():
        task = TASKS[name]
        far = losses.get((name, round(FAR * task.steps)))
        measured = Foresight(
            steps=task.steps,
            rules=len(ours) if far is None else sum(rule in far for rule in ours),
            ahead=None if far is None else agreement(ours, far),
            inclusions=tuple(inclusions(ours)),
            suites=with_suites(name, orders),
        )
        records[name] = to_record(task, measured)
    rows = [f"{json.dumps(name)}: {json.dumps(records[name])}" for name in sorted(records)]
    path.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


def own_orders(losses: Losses) -> dict[str, dict[str, list[float]]]:
    """Gives the losses of each task that was measured at its own steps."""
    return {
        name: losses[name, task.steps]
        for name, task in TASKS.items()
        if (name, task.steps) in losses
    }


def with_suites(name: str, orders: Mapping[str, Mapping[str, Sequence[float]]]) -> dict[str, float]:
    """Compares a task's order with the mean order on the other tasks of each suite."""
    taus = {}
    for suite, members in SUITES.items():
        others = [orders[member] for member in members if member != name and member in orders]
        if others:
            taus[suite] = agreement(orders[name], mean_order(others)).tau
    return taus


def mean_order(orders: Sequence[Mapping[str, Sequence[float]]]) -> dict[str, list[float]]:
    """Gives the mean rank on several tasks of each rule that all of them know, by tuning."""
    rules = [rule for rule in orders[0] if all(rule in order for order in orders)]
    tunings = min(len(order[rule]) for order in orders for rule in rules)
    ranks = [
        np.mean([rankdata([order[rule][n] for rule in rules]) for order in orders], axis=0)
        for n in range(tunings)
    ]
    return {rule: [float(one[place]) for one in ranks] for place, rule in enumerate(rules)}


def report(losses: Losses) -> None:
    for name in dict.fromkeys(task for task, _ in losses):
        report_task(name, TASKS[name].steps, losses)
    orders = own_orders(losses)
    print("\ntau-b at the tasks' own steps: with the mean order on the other tasks of each suite")
    for name in orders:
        taus = with_suites(name, orders)
        print(f"{name:<20}" + ", ".join(f"{suite} {tau:.2f}" for suite, tau in taus.items()))
    suites = {
        suite: mean_order([orders[member] for member in members if member in orders])
        for suite, members in SUITES.items()
        if any(member in orders for member in members)
    }
    for one, other in combinations(suites, 2):
        tau, low, high = agreement(suites[one], suites[other])
        print(f"suites {one} and {other}: {tau:.2f} [{low:.2f}, {high:.2f}]")


def report_task(name: str, own: int, losses: Losses) -> None:
    horizons = sorted(steps for task, steps in losses if task == name)
    print(f"\n{name}, of {own} steps: mean loss of each tuned rule by steps")
    print(f"{'rule':<24}" + "".join(f"{steps:>9}" for steps in horizons))
    first = losses[name, horizons[0]]
    for rule in sorted(first, key=lambda r: np.mean(first[r])):
        means = [np.mean(losses[name, steps].get(rule, [np.nan])) for steps in horizons]
        print(f"{rule:<24}" + "".join(f"{mean:9.4f}" for mean in means))
    for steps in horizons:
        for one in inclusions(losses[name, steps]):
            verdict = "holds" if one.holds else "FAILS"
            print(
                f"{steps}: {one.rule} contains {one.contained}: {one.excess:+.4f}, noise "
                f"{one.noise:.4f}, {verdict}"
            )
    for steps in horizons:
        far = losses.get((name, round(FAR * steps)))
        if far:
            tau, low, high = agreement(losses[name, steps], far)
            mark = ", its own" if steps == own else ""
            print(
                f"tau-b of {steps}{mark}, and {FAR:g} times as many: "
                f"{tau:.2f} [{low:.2f}, {high:.2f}]"
            )


if __name__ == "__main__":
    main()
