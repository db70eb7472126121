"""Compiling a search's models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evosearch.search import models
from evosearch.search.config_values import make_config
from evosearch.search.models import compile_models
from evosearch.search.store_writer import StoreWriter
from proxies import TASKS, Engine, Task
from tests.support.small_search import Silent


@pytest.mark.parametrize("compiled", [True, False])
def test_every_task_is_compiled_where_the_configuration_says_so(
    compiled: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the search's engine; otherwise nothing is done or told."""
    calls: list[tuple[Task, Engine]] = []

    def gradients(task: Task, engine: Engine) -> Any:
        calls.append((task, engine))

    monkeypatch.setattr(models, "gradients", gradients)
    names = ["digit_images", "byte_text"]
    config = make_config({"tasks": names, "compile": compiled}, "test")
    observer = Silent()
    with StoreWriter.create(tmp_path / "run", config, "") as store:
        compile_models(store, observer)
    assert calls == ([(TASKS[name], config.engine) for name in names] if compiled else [])
    assert observer.phases == ["compiling models"] * compiled
    assert observer.done == [1, 2] * compiled
