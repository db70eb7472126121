"""A search on a Ray cluster of several nodes, of which one is lost on the way."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import ray
from ray.cluster_utils import Cluster

from evosearch.errors import EvosearchError
from evosearch.search import executor as module
from evosearch.search import start_up
from evosearch.search.circumstances import circumstances
from evosearch.search.executor import executor
from evosearch.search.loop import search
from evosearch.search.ray_work import RayActors
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


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_node_that_is_lost_changes_nothing(
    cluster: Cluster, finished: StoreReader, tmp_path: Path
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

    told: list[str] = []
    with (
        executor(3, cluster.address, tell=told.append) as ready,
        create(tmp_path / "run") as store,
    ):
        assert len({place.node for place in ready.places()}) == 3  # type: ignore[attr-defined]
        search(store, ready, Losing(), yardstick_folder(finished))
    assert lost not in cluster.worker_nodes
    assert dump(store) == dump(finished)
    assert told[0].startswith("waiting for 3 workers of")


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


@pytest.fixture(scope="module")
def gpus() -> Iterator[Cluster]:
    """A head that has a GPU as far as Ray knows, and workers that may see it."""
    made = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 3, "num_gpus": 1, "include_dashboard": False},
    )
    made.wait_for_nodes()
    yield made
    ray.shutdown()
    made.shutdown()


def seen(ready: RayActors) -> list[str | None]:
    """The GPUs that each worker sees, as CUDA is told of them."""
    variables = [ready.submit(os.getenv, "CUDA_VISIBLE_DEVICES") for _ in ready.places()]
    return [one.result() for one in variables]


@pytest.mark.slow
def test_several_workers_share_a_gpu(gpus: Cluster) -> None:
    """Each sees that one, and together they take all of it."""
    with executor(2, gpus.address, device="cuda", gpus_per_worker=0.5) as ready:
        assert isinstance(ready, RayActors)
        assert len({place.process for place in ready.places()}) == 2
        assert seen(ready) == ["0"] * 2
        assert ready.free() == {"CPU": (1, 3), "GPU": (0, 1)}


@pytest.mark.slow
def test_workers_on_processors_leave_gpus_alone(gpus: Cluster) -> None:
    """They ask for none, so others may have them."""
    with executor(1, gpus.address) as ready:
        assert isinstance(ready, RayActors)
        assert ready.needs == {"CPU": 1}
        assert seen(ready) == [os.getenv("CUDA_VISIBLE_DEVICES")]
        assert ray.available_resources()["GPU"] == 1


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_may_grow_and_shrink(gpus: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is told until it is there; when it is lost, the others do the work."""
    asked = RayActors.unstarted
    lacking: list[int] = []
    added: list[Any] = []

    def unstarted(ready: RayActors, seconds: float) -> int:
        left = asked(ready, seconds)
        lacking.append(left)
        if lacking.count(1) == 2 and not added:
            added.append(gpus.add_node(num_cpus=1, num_gpus=1))
        return left

    monkeypatch.setattr(RayActors, "unstarted", unstarted)
    monkeypatch.setattr(start_up, "_FIRST_PAUSE", 1.0)
    monkeypatch.setattr(start_up, "_LONGEST_PAUSE", 1.0)
    told: list[str] = []
    with executor(2, gpus.address, device="cuda", tell=told.append) as ready:
        assert isinstance(ready, RayActors)
        free = "1 of 2 workers, each with 1 CPU and 1 GPU; .* has 2 of 3 CPUs and 0 of 1 GPUs free"
        assert any(re.search(free, line) for line in told)
        assert len({place.node for place in ready.places()}) == 2
        gpus.remove_node(added[0])
        work = [ready.submit(abs, -number) for number in range(4)]
        assert [one.result() for one in work] == [0, 1, 2, 3]
        assert len(ready.places()) == 1
