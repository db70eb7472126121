"""Messages between processes: operations and tasks arrive as the objects that are there."""

from __future__ import annotations

import pickle

import pytest

from evosearch.language.library import known_rule, rule_names
from evosearch.language.parser import parse
from evosearch.plugins.additions import NOTHING_ADDED, Additions
from evosearch.plugins.sources import TaskFile
from evosearch.scoring.yardstick import MeasuredTask
from evosearch.screening.screen import screen
from evosearch.search.by_name import pack, unpack
from proxies import TASKS
from tests.support.made_yardstick import made_yardstick
from tests.support.tiny_task import TINY
from tests.support.user_files import bending


@pytest.mark.parametrize("name", rule_names())
def test_plans_arrive_with_the_identical_rows(name: str) -> None:
    """Rows compare by identity, so an equal plan holds the very rows of the table."""
    sent = screen(known_rule(name)).contender
    received = unpack(pack(sent, NOTHING_ADDED), NOTHING_ADDED)
    assert received is not sent
    assert received == sent


def test_tasks_arrive_as_the_identical_objects() -> None:
    """Also inside other records; what is no operation or task is copied."""
    tasks = list(TASKS.values())
    received = unpack(pack(tasks, NOTHING_ADDED), NOTHING_ADDED)
    assert all(a is b for a, b in zip(received, tasks, strict=True))
    sent = MeasuredTask(tasks[0], made_yardstick(tasks[0]))
    received = unpack(pack((sent, [1.5, "text"]), NOTHING_ADDED), NOTHING_ADDED)
    assert received == (sent, [1.5, "text"])
    assert received[0].task is sent.task
    assert received[0].yardstick is not sent.yardstick


def test_what_a_user_added_arrives_as_what_the_receiver_loaded() -> None:
    """Each side has executed the files itself: the objects differ, the names agree."""
    here, there = bending("a * abs(a)"), bending("a * abs(a)")
    assert here.table.operations["bend"] is not there.table.operations["bend"]
    rule = "def rule(g):\n    return bend(g)\n"
    sent = screen(parse(rule, table=here.table)).contender
    received = unpack(pack(sent, here), there)
    assert received == screen(parse(rule, table=there.table)).contender
    assert received != sent
    assert unpack(pack(sent, here), here) == sent


def test_a_task_of_ones_own_arrives_so_too() -> None:
    """By the name under which it was added."""

    def additions() -> Additions:
        return NOTHING_ADDED.with_task(TaskFile("", "TINY"), TINY)

    assert unpack(pack([TINY], additions()), additions())[0] is TINY


def test_what_the_receiver_does_not_have_is_an_error() -> None:
    """It is not made up of something else."""
    here = bending("a * abs(a)")
    sent = screen(parse("def rule(g):\n    return bend(g)\n", table=here.table)).contender
    with pytest.raises(KeyError, match="bend"):
        unpack(pack(sent, here), NOTHING_ADDED)
    # A row is code, so plain pickling is none of its alternatives.
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        pack(sent, NOTHING_ADDED)
