"""How a lineage is written for a terminal."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from evosearch.cli.lineage_text import lineage_text
from evosearch.reports.ancestry import bare_text
from evosearch.reports.descent import line_to, tree_from
from evosearch.search.store_reader import StoreReader
from tests.support.made_candidates import START, Made, add, begin

CHILD = "def start(g, m, *, beta=0.9):\n    m = lerp(g, m, beta)\n    return sign(m), m\n"


@pytest.fixture
def store(tmp_path: Path) -> StoreReader:
    folder = begin(tmp_path / "mine")
    add(folder, Made(None, 0.0), Made(0, 1.0, text=CHILD), Made(1, 0.0, text=CHILD))
    add(folder, Made(0, -1.0, mutations=("insert", "delete")))
    return StoreReader.open(folder)


def test_a_line_tells_each_step(store: StoreReader) -> None:
    """With what it changed, by hand: the sign is put before the state."""
    with store:
        told = lineage_text(store, line_to(store, 2))
    assert click.unstyle(told) == (
        "candidate 2 of mine: 2 steps from the start rule\n"
        "*  #0  score 1.00          the start rule\n"
        "*  #1  score 2.00  × 2.00  insert\n"
        "|      -     return m, m\n"
        "|      +     update = sign(m)\n"
        "|      +     return update, m\n"
        "*  #2  score 1.00  × 0.50  insert\n"
        "       the program is the same, without what it does not use\n"
    )


def test_lines_that_changed_have_colours(store: StoreReader) -> None:
    """Red what went, green what came, bold the candidate that was asked for."""
    with store:
        told = lineage_text(store, line_to(store, 1))
    assert "\x1b[31m-     return m, m\x1b[0m" in told
    assert "\x1b[32m+     return update, m\x1b[0m" in told
    assert re.findall(r"\x1b\[1m(.*)\x1b\[0m", told) == ["*  #1  score 2.00  × 2.00  insert"]


def test_a_tree_is_drawn_with_letters(store: StoreReader) -> None:
    """The larger family goes straight on; there is no word of what changed."""
    with store:
        told = lineage_text(store, tree_from(store, 0))
    assert click.unstyle(told).splitlines()[1:] == [
        "*    #0  score 1.00          the start rule",
        "|-*  #3  score 0.50  × 0.50  insert, delete",
        "*    #1  score 2.00  × 2.00  insert",
        "*    #2  score 1.00  × 0.50  insert",
    ]


def test_the_lines_that_changed_make_the_next_program(finished: StoreReader) -> None:
    """Of a real search: what is put in is of the child, what is taken out of the parent."""
    longest = max((line_to(finished, one.id) for one in finished.trained()), key=len)
    told = click.unstyle(lineage_text(finished, longest))
    steps = re.split(r"^\*.*\n", told, flags=re.MULTILINE)[1:]
    texts = [bare_text(finished, longest.nodes[one]["text"]) for one in longest]
    assert len(steps) == len(texts) > 2
    assert bare_text(finished, START) not in texts
    for before, after, step in zip(texts, texts[1:], steps[1:], strict=False):
        went = re.findall(r"^.      - (.*)$", step, re.MULTILINE)
        came = re.findall(r"^.      \+ (.*)$", step, re.MULTILINE)
        old, new = before.splitlines(), after.splitlines()
        assert [line for line in old if line not in went] == [
            line for line in new if line not in came
        ]
        assert set(went) <= set(old)
        assert set(came) <= set(new)
