"""Lists what there is to choose from: tasks, and the values of a search's configuration."""

from __future__ import annotations

from evosearch.search.config import SearchConfig
from proxies import TASKS, Task


def tasks() -> dict[str, Task]:
    """Gives the tasks that ship, by name; `evosearch.search` takes names and objects alike.

    >>> tasks()["spirals"].steps
    120
    """
    return dict(TASKS)


def search_settings() -> dict[str, str]:
    """Says of each value that `evosearch.search` takes as a keyword what it means.

    >>> search_settings()["seed"]
    "names the run's random draws (0)"
    """
    return {
        name: f"{field.description} ({_shown(field.get_default(call_default_factory=True))})"
        for name, field in SearchConfig.model_fields.items()
    }


def _shown(default: object) -> str:
    return (
        ", ".join(map(str, default)) or "none"
        if isinstance(default, tuple | dict)
        else str(default)
    )
