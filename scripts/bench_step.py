"""Time of one training step: many replicas at once, against a plain torch loop, one at a time.

Both sides train the same replicas with AdamW: same initial weights, data, schedule and decoupled
weight decay, on one torch thread, in this process, their rounds interleaved. The plain side is a
module and a `torch.optim.AdamW(foreach=False)` per replica. Batches are drawn before the clock
starts, on both sides; models and optimizers are made before it too.
"""

from __future__ import annotations

import argparse
from statistics import median
from time import perf_counter

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from evosearch import known_rule, lower
from evosearch.execution import configure_process
from evosearch.planning import plan
from proxies import TASKS, Plan, Replica, Task
from proxies.keys import generator, torch_seed
from proxies.task import rate_factors
from proxies.trainer import Cohort

SEEDS = 2
"""Replicas share seeds, and with them batches, as the candidates of a search do."""
DECAY = 0.01
Batches = dict[tuple[int, int], tuple[Tensor, Tensor]]
"""Seed and step to inputs and targets."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--replicas", type=int, default=32, help="trained together (default: 32)")
    parser.add_argument("--rounds", type=int, default=5, help="medians are over these (default: 5)")
    parser.add_argument("--steps", type=int, default=50, help="of each training (default: 50)")
    arguments = parser.parse_args()
    for name in ("replicas", "rounds", "steps"):
        if getattr(arguments, name) < 1:
            parser.error(f"--{name}: expected at least 1, got {getattr(arguments, name)}")
    configure_process()
    print(
        f"{arguments.replicas} replicas, {arguments.steps} steps, median of {arguments.rounds} "
        f"rounds, torch {torch.__version__}, {torch.get_num_threads()} thread; "
        "drawing the batches is excluded on both sides"
    )
    for task in TASKS.values():
        compare(task, arguments.replicas, arguments.rounds, arguments.steps)


def compare(task: Task, count: int, rounds: int, steps: int) -> None:
    """Prints one task's line."""
    rule = plan(lower(known_rule("adamw"), bind=True))
    replicas = [replica(task, rule, number, count) for number in range(count)]
    batches = draw_batches(task, steps)
    run_batched(task, replicas, steps)  # not timed: draws the batches, warms up
    run_plain(task, replicas, steps, batches)
    batched_times, plain_times = [], []
    for _ in range(rounds):
        seconds, batched_losses = run_batched(task, replicas, steps)
        batched_times.append(1e6 * seconds / (count * steps))
        seconds, plain_losses = run_plain(task, replicas, steps, batches)
        plain_times.append(1e6 * seconds / (count * steps))
    batched, plain = median(batched_times), median(plain_times)
    difference = np.max(np.abs(batched_losses - plain_losses) / np.abs(plain_losses))
    print(
        f"{task.name}: batched {batched:.1f} µs per replica-step, plain {plain:.1f} µs, "
        f"ratio {plain / batched:.2f}; losses differ by at most {difference:.1e} (relative)"
    )


def replica(task: Task, rule: Plan, number: int, count: int) -> Replica:
    """Replica `number`; rates from a quarter of the task's to its own, seeds in turn."""
    rate = task.rate * 4.0 ** (number / count - 1)
    return Replica(rule, rate, number % SEEDS, DECAY)


def draw_batches(task: Task, steps: int) -> Batches:
    """The trainer's batches."""
    data, found = task.data(), {}
    for seed in range(SEEDS):
        for t in range(1, steps + 1):
            draw = generator("batch", task.name, seed, t)
            inputs, targets = map(torch.from_numpy, data.sample(draw, task.batch_size))
            found[seed, t] = inputs, targets
    return found


def run_batched(
    task: Task, replicas: list[Replica], steps: int
) -> tuple[float, NDArray[np.float64]]:
    """Seconds for all steps of all replicas, and their held-out losses.

    The trainer keeps the batches that it has drawn, so only its first run draws any.
    """
    cohort = Cohort(task, replicas, steps, torch.float32, "cpu")
    start = perf_counter()
    for t in range(1, steps + 1):
        cohort.step(t)
    return perf_counter() - start, cohort.held_out_losses()


def run_plain(
    task: Task, replicas: list[Replica], steps: int, batches: Batches
) -> tuple[float, NDArray[np.float64]]:
    """The same, one replica after the other."""
    factors = rate_factors(steps, task.warmup).tolist()
    held_out, held_out_targets = map(torch.from_numpy, task.data().held_out())
    seconds, losses = 0.0, []
    for replica in replicas:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(torch_seed("weights", task.name, replica.seed))
            model = task.model()
        optimizer = torch.optim.AdamW(
            model.parameters(), replica.rate, weight_decay=replica.weight_decay, foreach=False
        )
        (group,) = optimizer.param_groups
        start = perf_counter()
        for t in range(1, steps + 1):
            group["lr"] = replica.rate * factors[t - 1]
            inputs, targets = batches[replica.seed, t]
            optimizer.zero_grad()
            task.loss(model(inputs), targets).backward()
            optimizer.step()
        seconds += perf_counter() - start
        with torch.no_grad():
            losses.append(float(task.loss(model(held_out), held_out_targets)))
    return seconds, np.array(losses)


if __name__ == "__main__":
    main()
