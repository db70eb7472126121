"""A finished search, which tests of several rooms read."""

from collections.abc import Iterator

import pytest

from evosearch.search.executor import executor
from evosearch.search.loop import search
from evosearch.search.store_reader import StoreReader
from tests.support.small_search import Silent, create


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreReader]:
    """An uninterrupted search in this process."""
    folder = tmp_path_factory.mktemp("runs")
    with executor(0) as ready, create(folder / "whole") as store:
        search(store, ready, Silent(), folder / "yardsticks")
    with StoreReader.open(folder / "whole") as reader:
        yield reader
