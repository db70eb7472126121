"""Tasks and operations that are objects of Python."""

from __future__ import annotations

from dataclasses import replace

import cloudpickle
import pytest

from evosearch.errors import EvosearchError
from evosearch.plugins.additions import NOTHING_ADDED
from evosearch.plugins.objects import rejoined, with_operation_objects, with_task_object
from evosearch.plugins.operations import load_operations_text, require_operations
from evosearch.plugins.sources import TaskFile
from evosearch.plugins.tasks import load_task_file, require_tasks
from primitives import OPERATIONS, Composite, Kind
from proxies import TASKS
from tests.support.tiny_task import TINY, TINY_TOO
from tests.support.user_files import operation_text, task_text

HALVED = Composite(name="halved", definition="a / 2", accepts=(Kind.TENSOR,), expansion="0.5 * a")


def test_what_is_held_adds_nothing() -> None:
    """Neither a task or row that ships nor one that was given before."""
    assert with_task_object(TASKS["spirals"], NOTHING_ADDED) is NOTHING_ADDED
    assert with_operation_objects([OPERATIONS["add"]], NOTHING_ADDED) is NOTHING_ADDED
    mine = with_operation_objects([HALVED], with_task_object(TINY, NOTHING_ADDED))
    assert with_task_object(TINY, mine) is mine
    row = mine.table.operations["halved"]
    assert with_operation_objects([row], mine) is mine


def test_two_of_a_name() -> None:
    """Are refused; a run could not tell them apart."""
    mine = with_task_object(TINY, NOTHING_ADDED)
    with pytest.raises(EvosearchError, match="task 'tiny': a task or suite of that name exists"):
        with_task_object(replace(TINY_TOO, name="tiny"), mine)
    with pytest.raises(EvosearchError, match="'search': a task or suite of that name exists"):
        with_task_object(replace(TINY, name="search"), NOTHING_ADDED)
    with pytest.raises(EvosearchError, match=r"operations: .*choose another name"):
        with_operation_objects([replace(HALVED, name="add")], NOTHING_ADDED)


def test_what_is_unsound_is_refused() -> None:
    """With what the person who made it should see to."""
    with pytest.raises(EvosearchError, match="task 'tiny': steps"):
        with_task_object(replace(TINY, steps=0), NOTHING_ADDED)
    with pytest.raises(EvosearchError, match="operations: row 1 is a int; expected Primitive"):
        with_operation_objects([3], NOTHING_ADDED)  # type: ignore[list-item]


def test_a_worker_has_what_the_driver_has() -> None:
    """Files and objects alike, after a journey between processes."""
    driver = load_operations_text(operation_text("tanh(a)"), "rows.py", NOTHING_ADDED)
    _, driver = load_task_file(TaskFile(task_text(2.0), "MINE"), "own.py", driver)
    driver = with_operation_objects([HALVED], with_task_object(TINY, driver))
    sources = (driver.operation_sources, tuple(driver.task_sources.values()))
    worker = rejoined(*cloudpickle.loads(cloudpickle.dumps(sources)))
    assert worker.operation_names == driver.operation_names == ("bend", "halved")
    assert list(worker.tasks) == list(driver.tasks)
    assert {name: one.digest for name, one in worker.task_sources.items()} == {
        name: one.digest for name, one in driver.task_sources.items()
    }
    assert [one.digest for one in worker.operation_sources] == [
        one.digest for one in driver.operation_sources
    ]


def test_a_run_asks_for_the_same_objects() -> None:
    """Not for others of their names."""
    mine = with_operation_objects([HALVED], with_task_object(TINY, NOTHING_ADDED))
    (rows,) = mine.operation_sources
    files = {"tiny": mine.task_sources["tiny"].digest}
    require_operations([rows.digest], mine)
    require_tasks(["tiny"], files, mine)
    other = with_operation_objects([replace(HALVED, expansion="0.25 * a")], NOTHING_ADDED)
    with pytest.raises(EvosearchError, match="objects of Python, which are not given"):
        require_operations([rows.digest], other)
    with pytest.raises(EvosearchError, match="object of Python that is not given; go on with it"):
        require_tasks(["tiny"], files, other)
    slower = with_task_object(replace(TINY, steps=17), other)
    with pytest.raises(EvosearchError, match="object of Python that differs from the one given"):
        require_tasks(["tiny"], files, slower)
