"""A finished search, which tests of several rooms read."""

from collections.abc import Iterator

import pytest

from evosearch.scoring.yardstick_cache import save
from evosearch.search.executor import executor
from evosearch.search.loop import search
from evosearch.search.store_reader import StoreReader
from tests.support.made_yardstick import made_yardstick
from tests.support.small_search import LOSSES, RATE, Silent, create


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreReader]:
    """An uninterrupted search in this process; its yardstick was measured before."""
    folder = tmp_path_factory.mktemp("runs")
    with executor(0) as ready, create(folder / "whole") as store:
        (task,) = store.config.training_tasks
        save(folder / "yardsticks", task, made_yardstick(task, LOSSES, RATE))
        search(store, ready, Silent(), folder / "yardsticks")
    with StoreReader.open(folder / "whole") as reader:
        yield reader
