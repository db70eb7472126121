"""Tells, as a markdown table, how closely known rules agree with implementations from outside.

Run it from the repository's root, with the test extra installed:

    python -m scripts.compare_rules

A cell is the largest difference in how far the weights have moved over 50 steps, in float64,
relative to the largest movement of their tensor. The tests hold the same numbers to a tolerance.
"""

from __future__ import annotations

import torch

from evosearch import known_rule
from tests.support.outside_optimizers import ORACLES
from tests.support.side_by_side import PROBLEMS, descend, descend_outside, deviation


def main() -> None:
    torch.set_num_threads(1)
    names = [problem.name for problem in PROBLEMS]
    print("| rule | oracle |", " | ".join(names), "| note |")
    print("|---" * (3 + len(names)) + "|")
    for rule, oracle in ORACLES.items():
        program, cells = known_rule(rule), []
        for problem in PROBLEMS:
            ours = descend(program, problem, oracle.lr, oracle.weight_decay)
            theirs = descend_outside(oracle.build, problem, oracle.lr)
            cells.append(f"{deviation(ours, theirs, problem):.1e}")
        print(f"| {rule} | {oracle.source} |", " | ".join(cells), f"| {oracle.note} |")


if __name__ == "__main__":
    main()
