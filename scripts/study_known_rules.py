"""Validates all known rules on a suite, each tuned as the baselines are.

    python -m scripts.study_known_rules select --workers 2
    python -m scripts.study_known_rules final --rules grams radam ... --workers 2

Trials, outcome and table lie in `runs/reference/validation/SUITE`; each trial is kept there, so the
same command goes on where it stopped. All rules take part unless some are named. Rules that are
the same program are tuned once (adam is adamw, for decay is outside of the program). Known rules
were not picked by a search, so that the final tasks are not opened for any that was.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from time import monotonic

from evosearch import known_rule, rule_names
from evosearch.cli.validate_text import told
from evosearch.export.notation.provenance import Reference
from evosearch.graph.digest import digest
from evosearch.graph.lowering import lower
from evosearch.scoring.yardstick import BASELINE
from evosearch.search.circumstances import circumstances
from evosearch.search.executor import executor
from evosearch.validation.contestants import contestants
from evosearch.validation.laboratory import Question
from evosearch.validation.validate import Places, Terms, validate
from proxies import SUITES, TASKS, Engine
from proxies.training.gradients import gradients

FOLDER = Path("runs/reference/validation")
SHARED = Path("runs/validation")
ENGINE = Engine(compiled=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("suite", choices=list(SUITES))
    parser.add_argument("--rules", nargs="+", choices=rule_names(), help="instead of all")
    parser.add_argument("--budget", type=int, default=32, help="trainings a tuning (default: 32)")
    parser.add_argument("--seeds", type=int, default=8, help="the most trials (default: 8)")
    parser.add_argument("--sensitivity", action="store_true", help="how far values can be moved")
    parser.add_argument("--workers", type=int, default=0, help="Ray actors (default: 0)")
    arguments = parser.parse_args()
    tasks = tuple(TASKS[name] for name in SUITES[arguments.suite])
    listed = contestants(different(arguments.rules or rule_names()))
    question = Question(listed, tasks, budget=arguments.budget, engine=ENGINE)
    facts = circumstances("cpu", tasks)
    machine = (f"torch {facts.torch}", f"{facts.processor}, {facts.instructions}")
    terms = Terms(arguments.seeds, arguments.suite, None, (), arguments.sensitivity, machine)
    own = FOLDER / arguments.suite
    started = monotonic()

    def tell(text: str) -> None:
        print(f"[{monotonic() - started:6.0f} s] {text}", flush=True)

    with executor(arguments.workers) as work:
        for task in tasks:
            gradients(task, ENGINE)
        outcome = validate(question, terms, work, Places(FOLDER, own, SHARED), tell)
    text = told(outcome, own)
    (own / "table.txt").write_text(text + "\n", encoding="utf-8")
    print(text)


def different(names: list[str] | tuple[str, ...]) -> list[Reference]:
    """Lists rules that are different programs; what is AdamW is called so."""
    by_digest: dict[str, str] = {}
    for name in sorted(names, key=lambda name: name != BASELINE):
        by_digest.setdefault(digest(lower(known_rule(name), bind=True)), name)
    return [Reference(known_rule(name), name, f"known rule {name}") for name in by_digest.values()]


if __name__ == "__main__":
    main()
