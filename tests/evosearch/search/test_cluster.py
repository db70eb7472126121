"""A search on a Ray cluster of several nodes, of which one is lost on the way."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import ray
from ray.cluster_utils import Cluster

from evosearch.errors import EvosearchError
from evosearch.search import executor as module
from evosearch.search.circumstances import circumstances
from evosearch.search.executor import executor
from evosearch.search.loop import search
from evosearch.search.store_reader import StoreReader
from tests.support.small_search import Silent, create, dump, yardstick_folder

pytestmark = pytest.mark.ray


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A head and two more nodes, of one processor each, all of them on this machine."""
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    for _ in range(2):
        made.add_node(num_cpus=1)
    made.wait_for_nodes()
    yield made
    ray.shutdown()
    made.shutdown()


@pytest.mark.filterwarnings("ignore")
def test_a_node_that_is_lost_changes_nothing(
    cluster: Cluster, finished: StoreReader, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its work is done by the others, to the same database."""
    lost = sorted(cluster.worker_nodes, key=lambda node: node.node_id)[0]

    class Losing(Silent):
        """Takes a node away when the search is under way."""

        def advance(self, done: int, store: StoreReader) -> None:
            if len(self.done) == 1 and self.phases[-1] == "search" and lost in cluster.worker_nodes:
                threading.Thread(target=cluster.remove_node, args=[lost]).start()
                time.sleep(1.0)
            super().advance(done, store)

    with executor(3, cluster.address) as ready, create(tmp_path / "run") as store:
        assert len({place.node for place in ready.places()}) == 3  # type: ignore[attr-defined]
        search(store, ready, Losing(), yardstick_folder(finished))
    assert lost not in cluster.worker_nodes
    assert dump(store) == dump(finished)
    assert "waiting for 3 workers of" in capsys.readouterr().err


def test_a_node_with_other_versions_is_named(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is trained; here the driver is made to think that it is another."""
    other = replace(circumstances("cpu", []), torch="9.9.9")
    monkeypatch.setattr(module, "circumstances", lambda *_: other)
    with (
        pytest.raises(
            EvosearchError, match=r"node \S+ of .* differs: torch .* there, 9\.9\.9 here"
        ),
        executor(1, cluster.address),
    ):
        pass
