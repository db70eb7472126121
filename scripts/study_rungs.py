"""Measures what stopping trainings at rungs saves and costs, by which its margins were chosen.

    python -m scripts.study_rungs [--task digit_images] [--programs 150]

Bred programs (`tests.support.bred_programs`) are trained to the end at four rates and two seeds,
and their recent losses at several shares of the steps are kept. For each share and margin it prints
how many rates would have been stopped, and of how many programs the rate that is best in the end;
then how well the best rate's loss at the share ranks programs, and which share of the best tenth a
rung limit at a quantile would have stopped.
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from evosearch.scoring.sweep import GRID
from evosearch.search.process import configure_process
from proxies import TASKS, Engine, Replica, Rungs, Task, train
from tests.support.bred_programs import Bred, breed

_SHARES = (0.02, 0.1, 0.25, 0.5, 0.75)
_MARGINS = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
_QUANTILES = (0.25, 0.5, 0.6, 0.75)
_SEEDS = 2
_TOGETHER = 8


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--task", choices=list(TASKS), default="digit_images")
    parser.add_argument("--programs", type=int, default=150, help="default: 150")
    parser.add_argument("--seed", type=int, default=5, help="of the programs (default: 5)")
    arguments = parser.parse_args()
    configure_process()
    task = TASKS[arguments.task]
    losses = trained(task, breed(arguments.seed, arguments.programs)).mean(axis=2)
    report(np.where(np.isfinite(losses), losses, np.inf))


def trained(task: Task, bred: Bred) -> NDArray[np.float64]:
    """`[programs, rates, seeds, shares + 1]`, the last being the held-out loss at the end."""
    marks = tuple(max(1, round(share * task.steps)) for share in _SHARES)
    shape = (len(GRID), _SEEDS)
    by_share = np.full((len(bred.screened), *shape, len(marks) + 1), np.inf)
    contenders = [screened.contender for screened in bred.screened]
    for start in range(0, len(contenders), _TOGETHER):
        chunk = contenders[start : start + _TOGETHER]
        replicas = [
            Replica(
                one.plan,
                task.rate * factor / one.update_size,
                seed,
                task.weight_decay * one.update_size,
            )
            for one in chunk
            for factor in GRID
            for seed in range(_SEEDS)
        ]

        def judge(rung: int, losses: NDArray[np.float64], at: int = start) -> NDArray[np.bool_]:
            by_share[at : at + _TOGETHER, ..., rung] = losses.reshape(-1, *shape)
            return np.ones(len(losses), dtype=bool)

        last = train(task, replicas, task.steps, Engine(compiled=True), Rungs(marks, judge))
        by_share[start : start + _TOGETHER, ..., -1] = last.reshape(-1, *shape)
    return by_share


def report(losses: NDArray[np.float64]) -> None:
    """`losses` are means over seeds, `[programs, rates, shares + 1]`."""
    final = losses[..., -1]
    sound = np.isfinite(final.min(axis=1))
    best = final.argmin(axis=1)
    print(f"{len(losses)} programs, {np.count_nonzero(sound)} end at a finite loss")
    print("share  margin  rates stopped  programs whose best rate is stopped")
    starts = np.nanmedian(np.where(np.isfinite(losses[..., 0]), losses[..., 0], np.nan), axis=1)
    for place, share in enumerate(_SHARES[1:], start=1):
        here = losses[..., place]
        leader = here.min(axis=1, keepdims=True)
        for margin in _MARGINS:
            gained = np.maximum(starts[:, None] - leader, 0.0)
            stopped = here > leader + margin * gained
            wrong = stopped[np.arange(len(best)), best] & sound
            print(f"{share:5.2f}  {margin:6.2f}  {stopped.mean():13.0%}  {wrong.mean():8.1%}")
    print("share  rank correlation  of the best tenth stopped by a limit at the quantile")
    ends = final.min(axis=1)
    for place, share in enumerate(_SHARES[1:], start=1):
        leader = losses[..., place].min(axis=1)
        known = np.isfinite(leader) & np.isfinite(ends)
        top = known & (ends <= np.quantile(ends[known], 0.1))
        missed = ", ".join(
            f"{q:.2f}: {np.mean(leader[top] > np.quantile(leader[known], q)):.0%}"
            for q in _QUANTILES
        )
        correlation = float(spearmanr(leader[known], ends[known])[0])
        print(f"{share:5.2f}  {correlation:16.3f}  {missed}")


if __name__ == "__main__":
    main()
