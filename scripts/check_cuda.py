"""Tries on a GPU what CI can try on a processor only, and says what differs.

    python -m scripts.check_cuda

1. Trainings on the device against the processor, in double precision and not compiled: losses of
   known rules on the tasks of `micro` and `search` after 20 steps. Rules that take signs are left
   out: where a gradient is zero but for rounding, its sign is chance.
2. The same in single precision with compiled models, as a search trains.
3. Exported optimizers of all known rules on the device, one by one, in lists and capturable,
   against the processor, in double precision after 20 steps; a captured CUDA graph of some.
4. Replica-steps per second on both, by the number of replicas.

Exit status 1 if a figure of 1 to 3 is further off than rounding explains.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from time import perf_counter

import numpy as np
import torch

from evosearch import known_rule, lower, optimizer, rule_names
from evosearch.screening.contender import plan
from proxies import SUITES, TASKS, Engine, Replica, train

RULES = ("adamw", "lion", "cautious_adamw", "ademamix", "lamb", "momentum", "yogi", "grams")
SMOOTH = ("adamw", "ademamix", "lamb", "momentum", "yogi")
STEPS = 20
FAULTS: list[str] = []


def report(what: str, worst: float, allowed: float) -> None:
    """Prints a figure, and notes it if it is too large."""
    verdict = "ok" if worst <= allowed else "DIFFERS"
    print(f"  {what:<44} {worst:.1e} (at most {allowed:.0e})  {verdict}", flush=True)
    if not worst <= allowed:
        FAULTS.append(what)


def attempt(what: str, check: Callable[[], float], allowed: float) -> None:
    """Reports a check; one that raises is a fault too."""
    try:
        report(what, check(), allowed)
    except Exception as error:  # whatever a device may raise
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        print(f"  {what:<44} FAILS: {reason}", flush=True)
        FAULTS.append(what)


def replicas(name: str, count: int, rules: tuple[str, ...] = RULES) -> list[Replica]:
    task = TASKS[name]
    plans = [plan(lower(known_rule(rule), bind=True)) for rule in rules]
    rate = 0.1 * task.rate
    return [Replica(p, rate * (1 + n), n % 2) for p in plans for n in range(2 * count)]


def losses_differ(name: str, here: Engine, there: Engine, rules: tuple[str, ...]) -> float:
    """The largest relative difference of a final loss."""
    a, b = (train(TASKS[name], replicas(name, 1, rules), STEPS, e) for e in (here, there))
    return float(np.max(np.abs(a - b) / np.maximum(np.abs(a), 1e-12)))


def path(rule: str, device: str, options: dict[str, bool]) -> list[torch.Tensor]:
    """The weights after some steps of an exported optimizer."""
    draw = torch.Generator().manual_seed(1)
    shapes = ((), (3,), (2, 5))
    weights = [torch.randn(s, generator=draw, dtype=torch.float64).to(device) for s in shapes]
    made = optimizer(rule)(weights, lr=1e-2, **options)
    for _ in range(STEPS):
        for weight in weights:
            weight.grad = torch.randn(weight.shape, generator=draw, dtype=torch.float64).to(device)
        made.step()
    return [weight.cpu() for weight in weights]


def paths_differ(options: dict[str, bool]) -> float:
    """The largest difference over all known rules, in units of the weights."""
    worst = 0.0
    for rule in rule_names():
        for here, there in zip(path(rule, "cpu", {}), path(rule, "cuda", options), strict=True):
            worst = max(worst, float((here - there).abs().max()))
    return worst


def captured_differs(rule: str) -> float:
    """A step that is captured once and replayed, against steps on the processor."""
    draw = torch.Generator().manual_seed(2)
    start = torch.randn(6, generator=draw, dtype=torch.float64)
    gradients = torch.randn(STEPS + 3, 6, generator=draw, dtype=torch.float64)
    here, there = start.clone(), start.clone().cuda()
    plain = optimizer(rule)([here], lr=1e-2)
    made = optimizer(rule)([there], lr=1e-2, capturable=True)
    there.grad = torch.zeros_like(there)
    side = torch.cuda.Stream()
    with torch.cuda.stream(side):
        for gradient in gradients[:3]:
            there.grad.copy_(gradient)
            made.step()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    before = there.clone()
    with torch.cuda.graph(graph):
        made.step()
    torch.testing.assert_close(there, before)  # capturing moves nothing
    for gradient in gradients[3:]:
        there.grad.copy_(gradient)
        graph.replay()
    for gradient in gradients:
        here.grad = gradient.clone()
        plain.step()
    return float((here - there.cpu()).abs().max())


def speed(name: str, device: str, count: int) -> float:
    """Replica-steps per second."""
    engine, cohort = Engine(device=device, compiled=True), replicas(name, count)
    train(TASKS[name], cohort, 3, engine)
    times = []
    for _ in range(3):
        started = perf_counter()
        train(TASKS[name], cohort, 40, engine)
        times.append(perf_counter() - started)
    return 40 * len(cohort) / float(np.median(times))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", type=int, choices=(1, 2, 3, 4), nargs="*", help="parts to run")
    parts = parser.parse_args().only or (1, 2, 3, 4)
    torch.set_num_threads(1)
    if not torch.cuda.is_available():
        sys.exit("check_cuda: torch sees no CUDA device here")
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}")
    tasks = (*SUITES["micro"], *SUITES["search"])
    if 1 in parts:
        print("1. losses in double precision, not compiled")
        here, there = (Engine(torch.float64, device) for device in ("cpu", "cuda"))
        for name in tasks:
            attempt(name, partial(losses_differ, name, here, there, SMOOTH), 1e-9)
    if 2 in parts:
        print("2. losses in single precision, compiled")
        here, there = Engine(), Engine(device="cuda", compiled=True)
        for name in tasks:
            attempt(name, partial(losses_differ, name, here, there, RULES), 2e-2)
    if 3 in parts:
        print("3. exported optimizers")
        for options in ({"foreach": False}, {"foreach": True}, {"capturable": True}):
            attempt(f"all rules, {options}", partial(paths_differ, options), 1e-10)
        for rule in ("adamw", "lion", "nadam", "lamb"):
            attempt(f"{rule} in a CUDA graph", partial(captured_differs, rule), 1e-10)
    if 4 in parts:
        print("4. replica-steps per second")
        for name in ("digit_images", "byte_lm"):
            for count in (4, 32):
                rates = {device: speed(name, device, count) for device in ("cpu", "cuda")}
                print(
                    f"  {name}, {len(replicas(name, count))} replicas: "
                    + ", ".join(f"{device} {rate:.0f}" for device, rate in rates.items()),
                    flush=True,
                )
    if FAULTS:
        sys.exit(f"check_cuda: {len(FAULTS)} of the figures above differ")


if __name__ == "__main__":
    main()
