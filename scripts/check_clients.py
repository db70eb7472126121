"""Trains every known rule through every client, and holds the weights against a plain loop's.

    python -m scripts.check_clients --out docs/pages/clients.md
    python -m scripts.check_clients --clients DDP lightning --rules adamw lion --json

A client is what people drive optimizers with: torch's schedulers and ways to spread a training,
transformers, lightning and others, which `--help` names. Each drives the class in a rule's exported
file through its own loop, with a checkpoint in the middle. What is not installed is told as that:
transformers, accelerate, lightning, skorch, pytorch-ignite, timm, opacus, deepspeed. Two processes
are started for the clients that take two. Exit status 1 if a cell fails.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from time import perf_counter

from evosearch import rule_names
from scripts.clients.client import Cells, Client, exported, judge, write_exports
from scripts.clients.page import page
from scripts.clients.pair import judged_in_pair
from scripts.clients.table import CLIENTS


def check(clients: Sequence[Client], rules: Sequence[str]) -> dict[str, Cells]:
    """Judges each rule in each client that is installed; gives cells by client and rule."""
    results: dict[str, Cells] = {}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        write_exports(folder, rules)
        kinds = {rule: exported(folder, rule) for rule in rules}
        in_pairs = [client for client in clients if client.processes > 1]
        for client in [client for client in clients if client.processes == 1]:
            started = perf_counter()
            results[client.name] = cells = {}
            for rule, kind in kinds.items():
                own = folder / client.name / rule
                own.mkdir(parents=True)
                cells[rule] = judge(client, rule, kind, own)
            tell(client, cells, perf_counter() - started)
        if in_pairs:
            started = perf_counter()
            results |= judged_in_pair([client.name for client in in_pairs], folder)
            for client in in_pairs:
                tell(client, results[client.name], perf_counter() - started)
    return results


def tell(client: Client, cells: Cells, seconds: float) -> None:
    """Prints a line for the client, and one for each cell that is no success."""
    passed = sum(cell.verdict == "passed" for cell in cells.values())
    print(
        f"{client.name} ({', '.join(client.versions() or ())}): {passed} of {len(cells)} pass; "
        f"{seconds:.0f} s",
        file=sys.stderr,
        flush=True,
    )
    for rule, cell in cells.items():
        if cell.verdict != "passed":
            print(f"  {rule} {cell.verdict}: {cell.told}", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for option, there in (("clients", [*CLIENTS]), ("rules", rule_names())):
        metavar, listed = option.upper(), f"of {', '.join(there)}"
        parser.add_argument(
            f"--{option}", nargs="+", choices=there, metavar=metavar, default=there, help=listed
        )
    parser.add_argument("--out", type=Path, help="a page of Markdown to write")
    parser.add_argument("--json", action="store_true", help="print the cells as JSON")
    arguments = parser.parse_args()
    chosen = [CLIENTS[name] for name in arguments.clients]
    results = check([client for client in chosen if client.versions()], arguments.rules)
    if arguments.json:
        print(json.dumps([told(client, results.get(client.name)) for client in chosen], indent=2))
    if arguments.out:
        arguments.out.write_text(page(chosen, arguments.rules, results), encoding="utf-8")
    failed = sum(cell.verdict == "failed" for cells in results.values() for cell in cells.values())
    if failed:
        sys.exit(f"check_clients: {failed} cells fail")


def told(client: Client, cells: Cells | None) -> dict[str, object]:
    """Gives what JSON holds of a client; its cells are null if it is not installed."""
    return {
        "client": client.name,
        "versions": client.versions(),
        "ran": client.ran,
        "cells": cells and {rule: asdict(cell) for rule, cell in cells.items()},
    }


if __name__ == "__main__":
    main()
