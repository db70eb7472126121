"""Writes what came of rules in clients as a page of Markdown."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from datetime import date

from scripts.clients.client import TOLERANCE, Cell, Cells, Client
from scripts.clients.problem import STEPS

PASSED = "✓"
HEAD = f"""# Where optimizers run

Written by `python -m scripts.check_clients --out docs/pages/clients.md` on {{date}}, with Python
{{python}} on {{machine}}.

Each known rule was exported to a file. The class in it trained a small model for {STEPS} steps
through each client's own loop; in the middle all was saved, and loaded into a new model and a new
optimizer, which went on. The same was done in a plain loop that sets learning rate and momentum by
arithmetic. {PASSED} says that **all weights are equal** to the plain loop's in single precision, up
to {TOLERANCE:g} of the largest weight; how far they were off at most stands in the last column.

Nothing less is asked of any client. For bfloat16 the plain loop computes the model's output under
`torch.autocast`, as clients do. A `GradScaler` scales by powers of two, which rounds nothing. Each
of two processes trains on half of a batch; the plain loop averages the gradients of the halves.

Where there is no {PASSED}, a number leads to the reason below the table. *Refused* is what raises
an error that says why. **Unfit is what trains to other weights, and no error says so**: the rule
reduces over tensors, and is given flat pieces of them.

Left out is fastai, whose installation asks for torchvision and spaCy.
"""


def page(
    clients: Sequence[Client],
    rules: Sequence[str],
    results: Mapping[str, Cells],
    today: date | None = None,
) -> str:
    """Makes the page: what was run, what came of it, and why where it is no success."""
    head = HEAD.format(
        date=today or date.today(),
        python=platform.python_version(),
        machine=f"{platform.system()}, {platform.machine()}",
    )
    there = [client for client in clients if client.name in results]
    notes = Notes()
    table = [
        ["rule", *(client.name for client in there)],
        ["---", *("---" for _ in there)],
        *(
            [f"`{rule}`", *(notes.mark(results[client.name][rule]) for client in there)]
            for rule in rules
        ),
    ]
    parts = [head, "## What was run\n", *map(row, ran(clients, results)), ""]
    parts += ["## What came of it\n", *map(row, table), ""]
    parts += [f"{number}. {text}" for text, number in notes.numbers.items()]
    return "\n".join(parts).rstrip() + "\n"


class Notes:
    """Numbers the reasons that stand under a table, equal ones alike."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def mark(self, cell: Cell) -> str:
        """Gives what stands in a cell."""
        if cell.verdict == "passed":
            return PASSED
        text = f"{cell.verdict}: {cell.told}".replace("|", "\\|")
        return f"{cell.verdict} ({self.numbers.setdefault(text, len(self.numbers) + 1)})"


def ran(clients: Sequence[Client], results: Mapping[str, Cells]) -> list[list[str]]:
    """Makes the table of clients: versions, what was run, and how far the farthest weight was."""
    rows = [["client", "versions", "what was run", "rules", "largest difference"], ["---"] * 5]
    for client in clients:
        cells = results.get(client.name)
        if cells is None:
            names = ", ".join(client.distributions)
            rows.append([client.name, f"{names} not installed", client.ran, "none", ""])
            continue
        passed = [cell.difference for cell in cells.values() if cell.verdict == "passed"]
        farthest = f"{max(passed):.0e}" if passed and max(passed) else "0" if passed else ""
        count = f"{len(passed)} of {len(cells)}"
        rows.append([client.name, ", ".join(client.versions() or ()), client.ran, count, farthest])
    return rows


def row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
