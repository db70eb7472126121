"""Checks every path of exported optimizers against the reference interpreter, on rules and mutants.

Prints, for each path, how many rules were compared and the largest difference after 20 steps,
relative to the largest weight. A rule is compared in double precision unless it explodes or turns
a disturbance of 1e-14 into one of 1e-12, in single precision unless it strays by 1e-6 where nothing
but the rounding of each result to single precision is done to it: then rounding decides what it
does, and not the code. How far those rules stray, so evaluated and exported, is printed too.

    python -m scripts.sweep_exports --mutants 200
    python -m scripts.sweep_exports --mutants 20 --compiled
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from evosearch import Program, known_rule, optimizer, rule_names
from tests.evosearch.export.pytorch.test_file import _START as START
from tests.evosearch.export.pytorch.test_file import (
    DECAY,
    STEPS,
    descend_in_single,
    deviation,
    flatten,
    gradient,
    mutants,
    rate,
    split,
    stable_path,
)
from tests.evosearch.export.pytorch.test_file import descend as descend_by_reference

PATHS: dict[str, dict[str, Any]] = {
    "single": {"foreach": False},
    "foreach": {"foreach": True},
    "capturable, single": {"foreach": False, "capturable": True},
    "capturable, foreach": {"foreach": True, "capturable": True},
    "differentiable": {"differentiable": True},
}
COMPILED: dict[str, dict[str, Any]] = {
    "compiled, single": {"foreach": False},
    "compiled, foreach": {"foreach": True, "capturable": True},
}


def programs(count: int) -> Iterator[tuple[str, Program]]:
    yield from ((name, known_rule(name)) for name in rule_names())
    yield from ((f"mutant {n}", program) for n, program in enumerate(mutants(count, seed=8)))


def descend(
    kind: Any, dtype: torch.dtype, compiled: bool, options: dict[str, Any]
) -> tuple[Any, int]:
    """`[STEPS, D]`: the weights, and how many graphs were compiled after the first step."""
    weights = split(START, dtype)
    lr = torch.tensor(1.0, dtype=torch.float64) if compiled else 1.0
    made = kind(weights, lr=lr, weight_decay=DECAY, **options)
    step = torch.compile(made.step) if compiled else made.step
    path, graphs = [], 0
    for t in range(1, STEPS + 1):
        parts = split(gradient(flatten(weights), t), dtype)
        for weight, part in zip(weights, parts, strict=True):
            weight.grad = part
        if isinstance(lr, torch.Tensor):
            lr.fill_(rate(t))
        else:
            made.param_groups[0]["lr"] = rate(t)
        step()
        path.append(flatten(weights))
        if t == 2:
            graphs = torch._dynamo.utils.counters["stats"]["unique_graphs"]
    return np.stack(path), torch._dynamo.utils.counters["stats"]["unique_graphs"] - graphs


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mutants", type=int, default=200)
    parser.add_argument("--compiled", action="store_true", help="only compiled steps; slow")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    worst: dict[str, float] = defaultdict(float)
    compared: dict[str, int] = defaultdict(int)
    for name, program in programs(arguments.mutants):
        exact = stable_path(program, 1e-14, 1e-12)
        rough = descend_by_reference(program)
        least = deviation(descend_in_single(program), rough) if rough is not None else 0.0
        kind = optimizer(program)
        for title, options in (COMPILED if arguments.compiled else PATHS).items():
            for expected, dtype, bound in (
                (exact, torch.float64, 1e-12),
                (rough, torch.float32, 1e-5),
            ):
                if expected is None:
                    continue
                torch._dynamo.reset()
                try:
                    found, graphs = descend(kind, dtype, arguments.compiled, options)
                except Exception as error:
                    print(
                        f"{name}, {title}: {type(error).__name__}: {str(error)[:200]}", flush=True
                    )
                    continue
                difference = deviation(found, expected)
                if dtype is torch.float32 and least > 1e-6:
                    print(
                        f"{name}, {title}: {difference:.2g}, by rounding alone {least:.2g}",
                        flush=True,
                    )
                    continue
                key = f"{title}, {str(dtype).removeprefix('torch.')}"
                worst[key], compared[key] = max(worst[key], difference), compared[key] + 1
                if not difference <= bound or graphs:
                    print(f"{name}, {key}: {difference:.2g}, {graphs} recompiled", flush=True)
        if arguments.compiled:
            print(f"{name}: done", flush=True)
    for key, largest in worst.items():
        print(f"{key:<36} {compared[key]:4} compared, at most {largest:.2g}")


if __name__ == "__main__":
    main()
