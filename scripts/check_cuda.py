"""Tries on a GPU what CI can try on a processor only, and says what differs.

    python -m scripts.check_cuda

1. The tests of training, on the device: losses against plain loops of torch's own optimizers on the
   processor, replicas that do not feel each other, constants as rows, rungs, memory, compiling.
2. Trainings on the device against the processor, in double precision and not compiled: losses of
   known rules on the tasks of `micro` and `search` after 20 steps. Rules that take signs are left
   out: where a gradient is zero but for rounding, its sign is chance.
3. The same in single precision with compiled models, as a search trains.
4. What is the same to the last bit: a cohort again, and a replica alone.
5. Exported optimizers of all known rules on the device, one by one, in lists, capturable and
   compiled, against the processor, in double precision after 20 steps; captured CUDA graphs.
6. A cohort that does not fit into the memory fails as one that ran out of memory.
7. The trainer's benchmark (`scripts.bench_training`) on the device.
8. Replica-steps per second on the processor and the device, by the number of replicas.

Exit status 1 if a figure is further off than rounding explains. Parts 1, 4, 6 and 7 and compiled
exports were never run on a GPU, and so the time of all is not known; `--device cpu` tries what a
processor can.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from time import perf_counter

import numpy as np
import torch

from evosearch import known_rule, lower, optimizer, rule_names
from evosearch.screening.contender import plan
from proxies import SUITES, TASKS, Engine, Replica, train
from proxies.training.blame import is_out_of_memory

RULES = ("adamw", "lion", "cautious_adamw", "ademamix", "lamb", "momentum", "yogi", "grams")
SMOOTH = ("adamw", "ademamix", "lamb", "momentum", "yogi")
COMPILED = ("adamw", "lion", "lamb", "ademamix", "adan", "cautious_adamw")
CAPTURED = ("adamw", "lion", "nadam", "lamb")
STEPS = 20
ON_TASKS = (*SUITES["micro"], *SUITES["search"])
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


def command(what: str, *arguments: str) -> None:
    """Runs a Python module; an exit status other than 0 is a fault."""
    done = subprocess.run([sys.executable, "-m", *arguments], check=False)
    if done.returncode:
        print(f"  {what} FAILS with exit status {done.returncode}", flush=True)
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


def again_differs(name: str, engine: Engine) -> float:
    """The largest relative difference between two runs of a cohort."""
    a, b = (train(TASKS[name], replicas(name, 2), STEPS, engine) for _ in range(2))
    return float(np.max(np.abs(a - b) / np.abs(a)))


def alone_differs(name: str, engine: Engine) -> float:
    """The largest relative difference that a replica's company makes to its loss."""
    cohort = replicas(name, 4)
    together = train(TASKS[name], cohort, STEPS, engine)
    parts = (cohort[:1], cohort[1:4], cohort[4:21], cohort[21:])
    apart = np.concatenate([train(TASKS[name], part, STEPS, engine) for part in parts])
    return float(np.max(np.abs(together - apart) / np.abs(together)))


def path(rule: str, device: str, options: dict[str, bool], compiled: bool) -> list[torch.Tensor]:
    """The weights after some steps of an exported optimizer."""
    draw = torch.Generator().manual_seed(1)
    shapes = ((), (3,), (2, 5))
    weights = [torch.randn(s, generator=draw, dtype=torch.float64).to(device) for s in shapes]
    made = optimizer(rule)(weights, lr=1e-2, **options)
    step = torch.compile(made.step) if compiled else made.step
    for _ in range(STEPS):
        for weight in weights:
            weight.grad = torch.randn(weight.shape, generator=draw, dtype=torch.float64).to(device)
        step()
    return [weight.cpu() for weight in weights]


def paths_differ(
    rules: tuple[str, ...], device: str, options: dict[str, bool], compiled: bool = False
) -> float:
    """The largest difference over some rules, in units of the weights."""
    worst = 0.0
    for rule in rules:
        ways = path(rule, "cpu", {}, False), path(rule, device, options, compiled)
        for here, there in zip(*ways, strict=True):
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
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for gradient in gradients[:3]:
            there.grad.copy_(gradient)
            made.step()
    torch.cuda.current_stream().wait_stream(side)
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


def memory_faults() -> float:
    """How often a device that is full is not told as that, of one time."""
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(1e-3)
    try:
        train(TASKS["byte_lm"], replicas("byte_lm", 32), 2, Engine(device="cuda"))
    except Exception as error:  # the device's or torch's, which is the question
        return float(not is_out_of_memory(error))
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
        torch.cuda.empty_cache()
    raise AssertionError("a thousandth of the memory was enough")


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
    parser.add_argument("--only", type=int, choices=range(1, 9), nargs="*", help="parts to run")
    parser.add_argument(
        "--device", default="cuda", help="cpu tries this script itself (default: cuda)"
    )
    arguments = parser.parse_args()
    parts, device = arguments.only or range(1, 9), arguments.device
    torch.set_num_threads(1)
    gpu = device != "cpu"
    if gpu and not torch.cuda.is_available():
        sys.exit("check_cuda: torch sees no CUDA device here")
    print(
        f"{torch.cuda.get_device_name() if gpu else 'CPU'}, torch {torch.__version__}", flush=True
    )
    plain = Engine(device=device)
    double, single = Engine(torch.float64, device), Engine(device=device, compiled=True)
    steps: dict[int, tuple[str, Callable[[], None]]] = {
        1: ("the tests of training", lambda: tests(device)),
        2: (
            "losses in double precision, not compiled",
            lambda: losses(Engine(torch.float64), double, SMOOTH, 1e-9),
        ),
        3: (
            "losses in single precision, compiled",
            lambda: losses(Engine(), single, RULES, 2e-2),
        ),
        4: ("the same to the last bit", lambda: repeated(plain, single)),
        5: ("exported optimizers", lambda: exported(device, gpu)),
        6: (
            "memory",
            lambda: attempt("a full device is told as that", memory_faults, 0) if gpu else None,
        ),
        7: (
            "the trainer's benchmark",
            lambda: command(
                "bench_training",
                *("scripts.bench_training", "--device", device, "--rounds", "3"),
                *("--only", "1", "3", "5", "6", "7"),
            ),
        ),
        8: ("replica-steps per second", lambda: speeds(device)),
    }
    for number, (title, carry_out) in steps.items():
        if number in parts:
            print(f"{number}. {title}", flush=True)
            started = perf_counter()
            carry_out()
            print(f"  took {perf_counter() - started:.0f} s", flush=True)
    if FAULTS:
        sys.exit(f"check_cuda: {len(FAULTS)} of the above differ or fail: {'; '.join(FAULTS)}")


def tests(device: str) -> None:
    command(
        "the tests of training",
        *("pytest", "-q", "-n", "0", "--no-header", "--show-capture=no", "--tb=line"),
        *("tests/proxies/training", "--device", device),
    )


def losses(here: Engine, there: Engine, rules: tuple[str, ...], allowed: float) -> None:
    for name in ON_TASKS:
        attempt(name, partial(losses_differ, name, here, there, rules), allowed)


def repeated(plain: Engine, compiled: Engine) -> None:
    for name in ON_TASKS:
        attempt(f"{name} again", partial(again_differs, name, compiled), 0)
        attempt(f"{name} in other company", partial(alone_differs, name, compiled), 0)
    for name in ON_TASKS:
        differs = alone_differs(name, plain)
        print(f"  {name} in other company, not compiled: {differs:.1e} (not promised)", flush=True)


def exported(device: str, gpu: bool) -> None:
    everyone = tuple(rule_names())
    for options in ({"foreach": False}, {"foreach": True}, {"capturable": gpu}):
        attempt(f"all rules, {options}", partial(paths_differ, everyone, device, options), 1e-10)
    for rule in COMPILED:
        options = {"capturable": gpu}
        check = partial(paths_differ, (rule,), device, options, compiled=True)
        attempt(f"{rule}, compiled, {options}", check, 1e-10)
    for rule in CAPTURED if gpu else ():
        attempt(f"{rule} in a CUDA graph", partial(captured_differs, rule), 1e-10)


def speeds(device: str) -> None:
    for name in ("digit_images", "byte_lm"):
        for count in (4, 32):
            rates = {one: speed(name, one, count) for one in dict.fromkeys(("cpu", device))}
            print(
                f"  {name}, {len(replicas(name, count))} replicas: "
                + ", ".join(f"{one} {rate:.0f}" for one, rate in rates.items()),
                flush=True,
            )


if __name__ == "__main__":
    main()
