"""Writes the table of the tasks that ship."""

from __future__ import annotations

from proxies import SUITES, TASKS


def proxy_tasks() -> str:
    """Gives a row for each task, those of a suite together; the last are in none."""
    suites = {name: suite for suite, names in SUITES.items() for name in names}
    order = [*SUITES, ""]
    tasks = sorted(TASKS.values(), key=lambda task: order.index(suites.get(task.name, "")))
    rows = [f"| `{t.name}` | {suites.get(t.name, '')} | {t.summary} | {t.steps} |" for t in tasks]
    return "\n".join(
        ["| task | suite | what is learnt, by what | steps |", "|---|---|---|---|", *rows]
    )
