"""What there is to choose from."""

from __future__ import annotations

import evosearch
from evosearch.search.config import SearchConfig
from proxies import SUITES


def test_all_tasks_of_all_suites_are_there() -> None:
    """By their names."""
    tasks = evosearch.tasks()
    assert {name for suite in SUITES.values() for name in suite} <= set(tasks)
    assert all(task.name == name for name, task in tasks.items())


def test_every_value_of_a_search_is_explained() -> None:
    """With its default."""
    told = evosearch.search_settings()
    assert list(told) == list(SearchConfig.model_fields)
    assert told["evaluations"].endswith("(2000)")
    assert told["start"].endswith("(adamw)")
    assert told["task_files"].endswith("(none)")
