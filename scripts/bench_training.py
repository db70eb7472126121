"""Measures the trainer's speed and memory, each beside what it is compared with, in one run.

Run from the repository's root, with the test extra installed:

    python -m scripts.bench_training

1. Whole training steps (data, forward, backward, rule) of many replicas of AdamW, against a plain
   torch loop that trains one module at a time with `torch.optim.AdamW(foreach=False)`: the same
   initial weights, data, schedule and decoupled decay. The plain loop draws its own batches, as
   it would; a second ratio leaves drawing out on both sides.
2. Two worker processes against one, on the same work.
3. What update rules add to the time of forward and backward.
4. The task of the NOSBench paper (arXiv 2403.01888): programs per second, one replica each.
5. Memory of a cohort, against replicas x numbers x (slots + live buffers + 2).
6. Updates operation by operation against rule by rule, by the size of the model, and into how
   many groups the lines of many rules fall.
7. Replicas of one rule with constants of their own, against as many programs that differ in their
   constants alone.

On one core, 32 rules of 8 replicas took 0.6 of the time of rule by rule at 144 numbers a replica,
as long at 528 and 1.4 times as long at 2,416, which is why 512 numbers are small. The lines of 256
mutants, 1,890, fell into 229 groups; into 364 if the group with the most lines always goes first.

64 vectors of AdamW's constants took 1.9 times as many replica-steps a second as 64 programs on
digit_images (40,100 against 21,600), 1.3 times on digits_autoencoder (7,980 against 5,950), and as
many on byte_text (1,650), where the rule is a tenth of a step.

Times are medians over rounds in which the sides alternate, on one torch thread. Steps that leave a
replica's weights where they were end the benchmark. On a GPU (`--device
cuda`) the plain loop stays on the processor, and a clock is read when the GPU is done.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median
from time import perf_counter

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_iris
from torch import nn
from torch.nn import functional

from evosearch import known_rule, lower
from evosearch.scoring.proposals import RATES
from evosearch.scoring.trainings import Training, carry_out
from evosearch.screening.contender import plan
from evosearch.screening.screen import screen
from evosearch.search.executor import executor
from evosearch.search.process import configure_process
from primitives import TorchSegments
from proxies import TASKS, Batch, Engine, Plan, Replica, Task, train
from proxies.keys import generator, torch_seed
from proxies.task import rate_factors
from proxies.training.batches import training_batch
from proxies.training.cost import flops_per_step
from proxies.training.trainer import Cohort
from proxies.updates.arenas import Ruled
from proxies.updates.grouping import group
from proxies.updates.member import Member
from proxies.updates.op_by_op import OperationByOperation
from proxies.updates.rule_by_rule import RuleByRule
from scripts.movement import NothingMoved, moving
from tests.support.bred_programs import breed

SEEDS, ROWS = 2, 8
"""Replicas share seeds, and with them batches, as the candidates of a search do."""
DECAY = 0.01
RULES = ("adamw", "cautious_adamw", "ademamix")
NOSBENCH_SECONDS = 0.18
"""Per program on a core like those this was written on; measured, not run here."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5, help="medians are over these (default: 5)")
    parser.add_argument("--steps", type=int, default=50, help="of each training (default: 50)")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default: cpu)")
    parser.add_argument("--no-compile", action="store_true", help="measure the uncompiled trainer")
    parser.add_argument(
        "--only", type=int, choices=range(1, 8), nargs="*", help="parts of the above (default: all)"
    )
    arguments = parser.parse_args()
    for name in ("rounds", "steps"):
        if getattr(arguments, name) < 1:
            parser.error(f"--{name}: expected at least 1, got {getattr(arguments, name)}")
    configure_process()
    engine = Engine(device=arguments.device, compiled=not arguments.no_compile)
    rounds, steps = arguments.rounds, arguments.steps
    print(
        f"{steps} steps, median of {rounds} rounds, torch {torch.__version__}, "
        f"{torch.get_num_threads()} thread, {arguments.device}, "
        f"{'compiled' if engine.compiled else 'not compiled'}; "
        f"peak {peak(engine) / 1e9:.0f} GFLOP/s (float32 product of 1024 x 1024)"
    )
    parts: list[Callable[[], None]] = [
        lambda: [against_plain(TASKS[t], n, rounds, steps, engine) for t, n in SIZES] and None,
        lambda: two_workers(rounds, steps, engine),
        lambda: [rules_share(TASKS[t], rounds, steps, engine) for t, _ in SIZES] and None,
        lambda: nosbench(rounds, engine),
        lambda: memory(TASKS["digit_images"], engine),
        lambda: two_ways(rounds, engine),
        lambda: [constants_as_rows(TASKS[t], rounds, steps, engine) for t in ROWS_ON] and None,
    ]
    for number, part in enumerate(parts, start=1):
        if not arguments.only or number in arguments.only:
            part()


SIZES = (("digit_images", 64), ("byte_text", 32))
ROWS_ON = (*dict(SIZES), "digits_autoencoder")


def peak(engine: Engine) -> float:
    """FLOP/s of a float32 matrix product."""
    a = torch.randn(1024, 1024, device=engine.device)
    times = [timed(lambda: a @ a, engine) for _ in range(20)]
    return 2 * 1024**3 / min(times)


def now(engine: Engine) -> float:
    """The time in seconds once the engine's device has done what it was given."""
    if engine.device != "cpu":
        torch.cuda.synchronize(engine.device)
    return perf_counter()


def timed(function: Callable[[], object], engine: Engine) -> float:
    start = now(engine)
    function()
    return now(engine) - start


def against_plain(task: Task, count: int, rounds: int, steps: int, engine: Engine) -> None:
    rule = plan(lower(known_rule("adamw"), bind=True))
    rates = [task.rate * 4.0 ** (number / count - 1) for number in range(count)]
    replicas = [Replica(rule, rate, n % SEEDS, DECAY) for n, rate in enumerate(rates)]
    plain_ones = replicas[:: max(1, count // 8)]  # a part, as each costs the same
    train(task, replicas, steps, engine)  # not timed: compiles
    batched_times, drawn_times, plain_times, drawing_times = [], [], [], []
    for _ in range(rounds):
        training_batch.cache_clear()
        cohort = Cohort(task, replicas, steps, engine)
        batched_times.append(run(cohort, steps, engine) / (count * steps))
        batched = cohort.held_out_losses()
        cohort = Cohort(task, replicas, steps, engine)
        drawn_times.append(run(cohort, steps, engine) / (count * steps))
        seconds, drawing, plain = run_plain(task, plain_ones, steps)
        plain_times.append(seconds / (len(plain_ones) * steps))
        drawing_times.append(drawing / (len(plain_ones) * steps))
    here, there = median(batched_times), median(plain_times)
    without = (there - median(drawing_times)) / median(drawn_times)
    difference = np.max(np.abs(batched[:: max(1, count // 8)] - plain) / np.abs(plain))
    speed = flops_per_step(task) / here
    print(
        f"{task.name}, {count} replicas: {1e6 * here:.1f} µs per replica-step, plain loop "
        f"{1e6 * there:.1f}, ratio {there / here:.1f} (without drawing {without:.1f}); "
        f"{speed / 1e9:.1f} GFLOP/s, {100 * speed / peak(engine):.0f}% of peak; "
        f"losses differ by at most {difference:.1e}"
    )


def run(cohort: Cohort, steps: int, engine: Engine) -> float:
    """Seconds for all steps of all replicas."""
    with moving("a cohort", [*cohort.weights]):
        start = now(engine)
        for t in range(1, steps + 1):
            cohort.step(t)
        return now(engine) - start


def in_two_parts(cohort: Cohort, steps: int, engine: Engine) -> tuple[float, float]:
    """Seconds of forward and backward, and of the rules, for all steps of all replicas."""
    model = rule = 0.0
    with moving("a cohort", [*cohort.weights]):
        for t in range(1, steps + 1):
            start = now(engine)
            cohort.compute_gradients(t)
            between = now(engine)
            cohort.update(t)
            model += between - start
            rule += now(engine) - between
    return model, rule


def run_plain(
    task: Task, replicas: Sequence[Replica], steps: int
) -> tuple[float, float, NDArray[np.float64]]:
    """Seconds for one replica after the other, those of drawing among them, and the losses."""
    factors = rate_factors(steps, task.warmup).tolist()
    data = task.data()
    held_out, held_out_targets = map(torch.from_numpy, data.held_out())
    seconds, drawing, losses = 0.0, 0.0, []
    for replica in replicas:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(torch_seed("weights", task.name, replica.seed))
            model = task.model()
        optimizer = torch.optim.AdamW(
            model.parameters(), replica.rate, weight_decay=replica.weight_decay, foreach=False
        )
        (group,) = optimizer.param_groups
        with moving("the plain loop", [*model.parameters()]):
            start = perf_counter()
            for t in range(1, steps + 1):
                before = perf_counter()
                draw = generator("batch", task.name, replica.seed, t)
                inputs, targets = map(torch.from_numpy, data.sample(draw, task.batch_size))
                drawing += perf_counter() - before
                group["lr"] = replica.rate * factors[t - 1]
                optimizer.zero_grad()
                task.loss(model(inputs), targets).backward()
                optimizer.step()
            seconds += perf_counter() - start
        with torch.no_grad():
            losses.append(float(task.loss(model(held_out), held_out_targets)))
    return seconds, drawing, np.array(losses)


def two_workers(rounds: int, steps: int, engine: Engine) -> None:
    task, pieces = TASKS["digit_images"], 8
    # A piece of work is a candidate's worth of replicas of each rule.
    trainings = [
        Training(screen(known_rule(name)).contender, task.rate * factor, seed)
        for name in (*RULES, "lion")
        for factor in RATES
        for seed in range(SEEDS)
    ]
    times: dict[int, list[float]] = {1: [], 2: []}
    with executor(2) as both:

        def work(at_once: int) -> None:
            for _ in range(pieces // at_once):
                pending = [
                    both.submit(carry_out, task, 2 * steps, trainings, engine)
                    for _ in range(at_once)
                ]
                for one in pending:
                    one.result()

        work(2)  # not timed: imports and compiles, in both
        for _ in range(rounds):
            for workers, seconds in times.items():
                seconds.append(timed(lambda workers=workers: work(workers), engine))
    one, two = median(times[1]), median(times[2])
    print(f"two workers against one, digit_images: {one / two:.2f} times the replica-steps")


def rules_share(task: Task, rounds: int, steps: int, engine: Engine) -> None:
    """What each rule adds to forward and backward, eight rows for each candidate."""
    count = dict(SIZES)[task.name]
    parts = []
    for name in RULES:
        rules = variants(plan(lower(known_rule(name), bind=True)), count // ROWS)
        replicas = [
            Replica(rule, task.rate / 10, number % SEEDS, DECAY)
            for rule in rules
            for number in range(ROWS)
        ]
        cohort = Cohort(task, replicas, steps, engine)
        run(cohort, steps, engine)  # not timed: compiles, and draws the batches
        rule_times, model_times = [], []
        for _ in range(rounds):
            model, rule = in_two_parts(cohort, steps, engine)
            model_times.append(1e6 * model / (count * steps))
            rule_times.append(1e6 * rule / (count * steps))
        share = median(r / m for r, m in zip(rule_times, model_times, strict=True))
        parts.append(
            f"{name} {100 * share:.0f}% ({median(rule_times):.1f} of {median(model_times):.1f} µs)"
        )
    print(f"{task.name}, {count} replicas, rules add: {', '.join(parts)}")


def variants(rule: Plan, count: int) -> list[Plan]:
    """Plans that differ in a constant, as those of candidates do, so that each has its own run."""
    place = next(i for i, r in enumerate(rule.registers) if r.op == "constant")
    before, (constant, *after) = rule.registers[:place], rule.registers[place:]
    return [
        replace(
            rule,
            registers=(
                *before,
                replace(constant, value=constant.value * (1 + 1e-6 * number)),
                *after,
            ),
        )
        for number in range(count)
    ]


class Iris:
    """The training part of standardised iris, as one batch; the other fifth is held out."""

    def __init__(self) -> None:
        data = load_iris()
        inputs = (data.data - data.data.mean(0)) / data.data.std(0)
        order = generator("iris").permutation(len(inputs))
        self._parts = [
            (inputs[chosen].astype(np.float32), data.target[chosen].astype(np.int64))
            for chosen in np.split(order, [len(order) * 4 // 5])
        ]

    def sample(self, _draw: np.random.Generator, _size: int) -> Batch:
        return self._parts[0]

    def held_out(self) -> Batch:
        return self._parts[1]


IRIS = Task(
    name="iris",
    summary="iris, 4-16-3 perceptron, 131 parameters",
    model=lambda: nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3)),
    data=Iris,
    loss=functional.cross_entropy,
    steps=50,
    batch_size=120,
    rate=0.03,
)


def nosbench(rounds: int, engine: Engine, programs: int = 256) -> None:
    bred = breed(0, programs)
    train(IRIS, [Replica(plan(bred.screened[0].graph), 0.01, 0)], IRIS.steps, engine)
    times = []
    for _ in range(rounds):
        start = perf_counter()
        replicas = [
            Replica(plan(screened.graph), IRIS.rate / screened.facts.update_size, 0)
            for screened in bred.screened
        ]
        losses = train(IRIS, replicas, IRIS.steps, engine)
        times.append((perf_counter() - start) / programs)
        if len(np.unique(losses)) < programs // 2:
            raise NothingMoved("iris: most programs ended at the same loss from the same weights")
    seconds = median(times)
    print(
        f"iris 4-16-3, {programs} programs, 50 steps of the full batch: "
        f"{1 / seconds:.0f} programs/s ({1e3 * seconds:.2f} ms each; "
        f"{np.isfinite(losses).sum()} ended at a finite loss), "
        f"{NOSBENCH_SECONDS / seconds:.0f} times NOSBench at {NOSBENCH_SECONDS} s"
    )


def memory(task: Task, engine: Engine) -> None:
    """The memory of one rule's replicas, for several rules."""
    for name in (*RULES, "lion", "lamb"):
        rule = plan(lower(known_rule(name), bind=True))
        replicas = [Replica(rule, 0.01, seed) for seed in range(64)]
        cohort = Cohort(task, replicas, 10, engine)
        cohort.step(1)
        live = cohort.buffers
        model = sum(p.numel() for p in task.model().parameters())
        formula = 4 * len(replicas) * model * (len(rule.states) + live + 2)
        print(
            f"memory of {name}, 64 replicas: {cohort.bytes / 1e6:.2f} MB, "
            f"{cohort.bytes / formula:.2f} of 64 x {model} x 4 B x "
            f"({len(rule.states)} slots + {live} live + 2)"
        )


def two_ways(rounds: int, engine: Engine, programs: int = 32) -> None:
    """What a step of many rules takes in each way, on noise."""
    rules = [plan(screened.graph) for screened in breed(0, programs).screened]
    decay, rates = np.full(ROWS, DECAY), np.full((rounds, ROWS), 1e-3)
    members = [Member(rule, rates, decay, np.zeros((0, ROWS))) for rule in rules]
    lines = [Ruled(member).lines for member in members]
    print(f"{sum(map(len, lines))} lines of {programs} rules fall into {len(group(lines))} groups")
    for width in (144, 528, 1040, 2416):
        sizes = [width // 2, width // 4, width // 4]
        segments = TorchSegments(sizes, engine.dtype, engine.device, align=16)
        ways = [
            kind(members, segments, engine.dtype, 1) for kind in (RuleByRule, OperationByOperation)
        ]
        times: list[list[float]] = [[], []]
        with moving(f"{width} numbers", [row for way in ways for row in way.weights]):
            for t in range(1, rounds + 1):
                for way, seconds in zip(ways, times, strict=True):
                    way.gradient.normal_()
                    seconds.append(timed(lambda way=way, t=t: way.step(t), engine))
        apart, together = (1e6 * median(seconds) / programs for seconds in times)
        print(
            f"{programs} rules of {ROWS} replicas of {width} numbers: rule by rule {apart:.0f} µs "
            f"a rule and step, operation by operation {together:.0f}, {together / apart:.2f} of it"
        )


def constants_as_rows(task: Task, rounds: int, steps: int, engine: Engine, count: int = 64) -> None:
    """One rule with `count` vectors of constants against `count` rules of a vector each."""
    program, draw = known_rule("adamw"), np.random.default_rng(0)
    vectors = [
        {"beta1": draw.uniform(0.8, 0.95), "beta2": draw.uniform(0.9, 0.999), "eps": 10.0**exponent}
        for exponent in draw.uniform(-10, -6, count)
    ]
    free = plan(lower(program))
    sides = {
        "rows": [
            Replica(free, task.rate, 0, DECAY, tuple(own[name] for name in free.constants))
            for own in vectors
        ],
        "programs": [
            Replica(
                plan(lower(replace(program, hyperparameters=tuple(own.items())), bind=True)),
                task.rate,
                0,
                DECAY,
            )
            for own in vectors
        ],
    }
    times: dict[str, list[float]] = {name: [] for name in sides}
    rule_times: dict[str, list[float]] = {name: [] for name in sides}
    losses = {name: train(task, replicas, steps, engine) for name, replicas in sides.items()}
    for _ in range(rounds):
        for name, replicas in sides.items():
            cohort = Cohort(task, replicas, steps, engine)
            model, rule = in_two_parts(cohort, steps, engine)
            times[name].append(model + rule)
            rule_times[name].append(rule)
    rows, programs = (count * steps / median(times[name]) for name in sides)
    shares = {name: median(rule_times[name]) / median(times[name]) for name in sides}
    difference = np.max(np.abs(losses["rows"] / losses["programs"] - 1))
    print(
        f"{task.name}, {count} vectors of adamw's constants: {rows:.0f} replica-steps/s as rows of "
        f"one rule ({100 * shares['rows']:.0f}% of it the rule), {programs:.0f} as programs "
        f"({100 * shares['programs']:.0f}%), ratio {rows / programs:.2f}; "
        f"losses differ by at most {difference:.1e}"
    )


if __name__ == "__main__":
    main()
