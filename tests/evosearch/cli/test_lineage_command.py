"""What `lineage` tells of a run's rules, in which forms, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.support.commands import Run, read, refused
from tests.support.dot_reader import read_dot
from tests.support.made_candidates import Made, add, begin, measure


@pytest.fixture
def grown(tmp_path: Path) -> Path:
    """A start rule, a child, and two children of that, of which the second was measured again."""
    folder = begin(tmp_path / "grown")
    add(folder, Made(None, 0.0, mutations=()), Made(0, 0.5), Made(1, 1.0), Made(1, 0.75))
    measure(folder, 3, 1.5, 1.25, 1.75)
    return folder


def test_best_and_numbers(run: Run, grown: Path) -> None:
    """`best` is what it is for other commands: the best of the fullest measurement."""
    best = read(run("lineage", f"{grown}#best", "--json"))
    assert best == read(run("lineage", f"{grown}#3", "--json"))
    assert [one["id"] for one in best["candidates"]] == [0, 1, 3]
    assert (best["run"], best["candidate"], best["shows"]) == ("grown", 3, "ancestors")


def test_the_contract_of_the_json(run: Run, grown: Path) -> None:
    """The keys that the README lists."""
    record = read(run("lineage", f"{grown}#1", "--json"))
    assert set(record) == {"run", "candidate", "shows", "candidates"}
    keys = {"id", "parent", "way", "mutations", "outcome", "round", "block", "score", "factor"}
    assert all(set(one) == keys | {"statements", "slots", "text"} for one in record["candidates"])


def test_descendants_are_pruned(run: Run, grown: Path) -> None:
    """To the best `-n`; the root stays whatever it is."""
    tree = read(run("lineage", f"{grown}#0", "--descendants", "--json"))
    assert [one["id"] for one in tree["candidates"]] == [0, 1, 2, 3]
    assert tree["shows"] == "descendants"
    pruned = read(run("lineage", f"{grown}#0", "--descendants", "-n", "1", "--json"))
    assert [one["id"] for one in pruned["candidates"]] == [0, 1, 2]


def test_forms(run: Run, grown: Path) -> None:
    """Each is what its name says; text is the one for people, and has no colours in a pipe."""
    program = f"{grown}#best"
    told = run("lineage", program).out
    assert told == run("lineage", program, "--format", "text").out
    assert told.startswith("candidate 3 of grown: 2 steps from the start rule\n")
    assert "\x1b" not in told
    assert run("lineage", program, "--format", "json").out == run("lineage", program, "--json").out
    assert set(read_dot(run("lineage", program, "--format", "dot").out).nodes) == {"0", "1", "3"}
    assert ET.fromstring(run("lineage", program, "--format", "svg").out).tag.endswith("svg")


@pytest.mark.parametrize("form", ["text", "json", "dot", "svg"])
def test_files(form: str, run: Run, grown: Path, tmp_path: Path) -> None:
    """Hold what would have been printed; one that exists is overwritten by --force alone."""
    options = ("lineage", f"{grown}#best", "--format", form)
    printed = run(*options).out
    assert run(*options, "--out", "f").out == ""
    assert (tmp_path / "f").read_text(encoding="utf-8") == printed
    (tmp_path / "f").write_text("mine", encoding="utf-8")
    assert "f: exists already" in refused(run(*options, "--out", "f"))
    assert (tmp_path / "f").read_text(encoding="utf-8") == "mine"
    run(*options, "--out", "f", "--force")
    assert (tmp_path / "f").read_text(encoding="utf-8") == printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lion"], "lion: expected a candidate of a run, RUN#ID or RUN#best; what no search"),
        (["grown"], "grown: expected a candidate of a run, RUN#ID or RUN#best; what no search"),
        (["grown#worst"], "'#worst': expected a candidate's number or #best"),
        (["grown#4"], "grown has no candidate 4; `evosearch top grown` lists some"),
        (["nowhere#1"], "nowhere: no such folder; expected a folder that `evosearch search`"),
        (["grown#1", "-n", "3"], "-n prunes the tree of --descendants; a line of descent is whole"),
        (["grown#1", "--json", "--format", "dot"], "--json is --format json; got --format dot too"),
        (["grown#1", "--descendants", "-n", "0"], "Invalid value for '-n': 0 is not in the range"),
    ],
)
def test_what_is_refused(arguments: list[str], message: str, run: Run, grown: Path) -> None:
    """In one line, with what was expected."""
    assert grown.name == "grown"
    assert refused(run("lineage", *arguments)).startswith(message)


def test_a_run_without_results(run: Run, fresh: Path) -> None:
    """Has no best; the message says what to do."""
    assert "has no trained candidate yet" in refused(run("lineage", f"{fresh}#best"))


def test_a_whole_record_of_a_search(run: Run, recorded: Path) -> None:
    """The mutant that a search bred and its start rule, as `top` knows them."""
    start, mutant = read(run("lineage", f"{recorded}#best", "--json"))["candidates"]
    assert (start["id"], start["parent"], start["score"]) == (0, None, 1.0)
    assert (mutant["parent"], mutant["score"], mutant["factor"]) == (0, 2.0, 2.0)
    assert mutant["mutations"]
    best = json.loads(run("top", recorded, "--json", "--no-recognise").out)[0]
    assert best["id"] == mutant["id"]
