"""Searches from Python: the command's results, from names and objects, whatever interrupts them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

import evosearch
from evosearch.errors import EvosearchError
from evosearch.scoring.yardstick_cache import save
from evosearch.search.store_reader import StoreReader
from primitives import Composite, Kind
from tests.support.made_yardstick import made_yardstick
from tests.support.small_search import LOSSES, RATE, VALUES, dump
from tests.support.tiny_task import TINY

TINY_VALUES = VALUES | {"tasks": [TINY], "evaluations": 10}


@pytest.fixture(autouse=True)
def _yardsticks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Works in a folder in which they are on record."""
    monkeypatch.chdir(tmp_path)
    (name,) = VALUES["tasks"]  # type: ignore[misc]
    for task in (evosearch.tasks()[name], TINY):
        save(Path("runs/yardsticks"), task, made_yardstick(task, LOSSES, RATE))


@pytest.fixture
def _two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def tables(run: evosearch.Run) -> list[str]:
    with StoreReader.open(run.folder) as store:
        return dump(store)


@pytest.mark.slow
@pytest.mark.usefixtures("_two_threads")
def test_the_database_is_that_of_any_other_search(
    finished: StoreReader, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same configuration gives the same tables, here a task as an object, a rule as a text.

    Progress is told, the summary is written, and torch has its threads back.
    """
    name = finished.config.tasks[0]
    values = VALUES | {"tasks": evosearch.tasks()[name]}
    run = evosearch.search(evosearch.known_rule("adamw"), out="mine", **values)
    with StoreReader.open(run.folder) as store:
        assert [line for line in dump(store) if "config" not in line] == [
            line for line in dump(finished) if "config" not in line
        ]
        assert store.config.model_copy(update={"start": ("adamw",)}) == finished.config
    assert str(run) + "\n" == Path("mine/summary.txt").read_text(encoding="utf-8")
    told = capsys.readouterr().err
    assert "evosearch: run folder: mine\n" in told
    assert "search: 30/30" in told
    assert torch.get_num_threads() == 2


def test_what_an_interrupt_leaves_is_gone_on_with(capsys: pytest.CaptureFixture[str]) -> None:
    """The tables in the end are those of a search that nobody interrupted."""

    class Impatient:
        def phase(self, name: str, total: int) -> None:
            pass

        def advance(self, done: int, store: StoreReader) -> None:
            if done >= 5 and store.counts()["trained"] >= 5:
                raise KeyboardInterrupt

    whole = evosearch.search(out="whole", progress=False, **TINY_VALUES)
    assert capsys.readouterr().err == ""
    with pytest.raises(KeyboardInterrupt):
        evosearch.search(out="runs/stopped", observer=Impatient(), progress=False, **TINY_VALUES)
    assert "evosearch.resume('runs/stopped') goes on" in capsys.readouterr().err
    with pytest.raises(EvosearchError, match="'tiny' is an object of Python that is not given"):
        evosearch.resume("stopped", progress=False)
    stopped = evosearch.open_run(tasks=[TINY])
    assert not stopped.done
    assert tables(evosearch.resume(stopped, progress=False)) == tables(whole)
    assert stopped.done


@pytest.mark.slow
@pytest.mark.ray
def test_workers_are_sent_objects() -> None:
    """A task and an operation that are in no file: the tables are the same as without workers."""
    halves = Composite(
        name="halved", definition="a / 2", accepts=(Kind.TENSOR,), expansion="0.5 * a"
    )
    start = "def f(g, m):\n    m = lerp(halved(g), m, 0.9)\n    return m, m\n"
    made = [
        evosearch.search(
            start, operations=[halves], out=f"by_{n}", workers=n, progress=False, **TINY_VALUES
        )
        for n in (0, 1)
    ]
    assert tables(made[0]) == tables(made[1])
    assert "halved" in made[0].config.primitives
    with pytest.raises(EvosearchError, match="operations that are objects of Python"):
        evosearch.open_run("by_0")
    assert evosearch.open_run("by_0", operations=[halves]).rule(0).text


def test_after_so_many_hours_no_more_is_bred() -> None:
    """The best of what there is are measured all the same."""
    values = TINY_VALUES | {"evaluations": 10**6}
    run = evosearch.search(hours=1e-6, progress=False, **values)
    assert run.done
    assert run.counts()["trained"] < 100
    assert run.folder.parent == Path("runs")
    assert run.folder.name.endswith("-search")


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"preset": "quik"}, "no preset 'quik'; there are quick, standard"),
        ({"evaluation": 3}, "search: unknown key 'evaluation'"),
        ({"evaluations": 0}, "search: evaluations: input should be greater than"),
        ({"tasks": "spiral"}, "no task named 'spiral'"),
        ({"tasks": [3]}, "expected a task's name, FILE.py:NAME or a Task, got int"),
        ({"start": "adamv"}, "no known rule named 'adamv'"),
        ({"device": "cuda:99"}, "device 'cuda:99': torch sees"),
        ({"operations": ["none.py"]}, "none.py: "),
        ({"workers": 1, "ray_address": "127.0.0.1:1"}, "cannot reach Ray at 127.0.0.1:1"),
        ({"workers": 1, "ray_address": "localhost"}, "'localhost' is no address of a Ray cluster"),
    ],
)
def test_what_cannot_be_begun_leaves_nothing(values: dict[str, Any], told: str) -> None:
    """One line says what is wrong."""
    with pytest.raises(EvosearchError, match=told):
        evosearch.search(progress=False, **{**TINY_VALUES, **values})
    assert [path.name for path in Path("runs").iterdir()] == ["yardsticks"]
