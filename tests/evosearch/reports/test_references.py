"""What a PROGRAM argument means, and opening a run."""

from __future__ import annotations

import inspect
from dataclasses import replace
from pathlib import Path

import pytest

import evosearch
from evosearch.errors import EvosearchError
from evosearch.export.notation.program_text import readable
from evosearch.graph.digest import digest
from evosearch.graph.graph import HYPERPARAMETER
from evosearch.graph.lowering import lower
from evosearch.language.library import known_rule
from evosearch.language.parser import parse
from evosearch.language.printer import to_text
from evosearch.reports.references import (
    best_graph,
    best_program,
    open_run,
    open_run_to_resume,
    resolve,
    split_reference,
)
from evosearch.scoring.evaluation import Result
from evosearch.scoring.statistics import Measurement
from evosearch.scoring.yardstick import baseline
from evosearch.search.config_values import make_config
from evosearch.search.evolution import Evolution
from evosearch.search.memory import Memory
from evosearch.search.schema import BASELINE_ID, RANKING
from evosearch.search.store_reader import StoreReader
from evosearch.search.store_writer import StoreWriter
from tests.support.recorded_run import BETA, RECORDED, START, record, tuned
from tests.support.user_files import bending


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_known_rule_by_its_name() -> None:
    """Its origin says so; nothing was measured."""
    reference = resolve("lion")
    assert reference.program == known_rule("lion")
    assert (reference.name, reference.origin) == ("lion", "known rule lion")
    assert reference.evidence == ""


def test_a_file_and_one_of_several_in_a_file(tmp_path: Path) -> None:
    """By the name after the colon."""
    (tmp_path / "one.py").write_text("def f(g):\n    return -g\n", encoding="utf-8")
    two = "def f(g):\n    return -g\n\ndef h(g):\n    return sign(g)\n"
    (tmp_path / "two.py").write_text(two, encoding="utf-8")
    assert resolve("one.py").origin == "program file one.py"
    assert resolve("two.py:h").program.name == "h"


def test_candidates_of_a_run(tmp_path: Path) -> None:
    """The best is the one measured best on fresh seeds, and its evidence says what was measured."""
    run = record(tmp_path / "run")
    best = resolve(f"{run}#best")
    assert best.name.startswith("rule_")
    assert best == resolve(f"{run}#{best.name.removeprefix('rule_')}")
    assert best.evidence.endswith(
        "1.50, 95% interval 1.25 to 1.75, on 8 seeds that the search never used. "
        "Its constants were tuned on each task; here they are at the middle of these."
    )
    start = resolve(f"{run}#0")
    assert start.evidence.endswith("1.00, on the seeds that selected it and therefore too high.")
    assert start.origin == "candidate 0 of run run"


def test_the_best_of_a_run_is_exported_with_its_tuned_constants(tmp_path: Path) -> None:
    """As the defaults of the optimizer's options: what was measured, not what was bred."""
    run = record(tmp_path / "run")
    best = resolve(f"{run}#best")
    assert dict(best.program.hyperparameters)["beta"] == BETA
    kind = evosearch.optimizer(f"{run}#best")
    assert inspect.signature(kind).parameters["beta"].default == BETA


def test_a_candidate_that_was_not_tuned_is_as_it_was_bred(finished: StoreReader) -> None:
    """It may do the same as its class or something near, with constants of its own."""
    (one, *_) = finished.candidates("outcome = 'duplicate'")
    assert resolve(f"{finished.folder}#{one.id}").program == parse(one.text)


def test_the_rate_is_the_best_learning_rate_over_adamws(tmp_path: Path) -> None:
    """AdamW itself, were it best at four times the rate of the baseline, would need that; with
    other constants its updates have another size, which counts too.
    """
    for constants, factor in ((baseline().defaults, 4.0), ((0.5, 0.9, 1e-8), None)):
        rate = _rate_of_adamw(tmp_path / str(factor), constants)
        made, theirs = (baseline().contender(c) for c in (constants, baseline().defaults))
        assert made is not None
        assert theirs is not None
        assert rate == pytest.approx(4.0 * theirs.update_size / made.update_size)
        assert factor is None or rate == pytest.approx(factor)


def _rate_of_adamw(folder: Path, constants: tuple[float, ...]) -> float | None:
    """The rate of candidate 0, AdamW, where the ranking chose four times the baseline's."""
    rule = known_rule("adamw")
    (start,) = Evolution(RECORDED, [rule], Memory.in_ram()).breed(0, 1)
    assert start.entrant is not None
    order = [baseline().names.index(name) for name in start.entrant.family.names]
    own = tuned(tuple(constants[place] for place in order))
    theirs = tuned(baseline().defaults)
    for name, one in own.items():
        own[name] = replace(one, best=one.best._replace(rate=4.0))
    with StoreWriter.create(folder, RECORDED, to_text(rule)) as store:
        store.add_block([start], {0: Result(0.0, True, own)}, [0.0])
        measured = [(0, Measurement(1.0, 0.9, 1.1, {}))]
        store.add_stage(RANKING, measured, {BASELINE_ID: theirs, 0: own}, {})
    return resolve(f"{folder}#0").rate


def test_a_run_by_its_name_under_runs(tmp_path: Path) -> None:
    """A folder of that name here comes first."""
    record(tmp_path / "runs" / "mine")
    with open_run("mine") as store:
        assert store.folder == Path("runs") / "mine"
    StoreWriter.create(tmp_path / "mine", RECORDED, START).close()
    with open_run("mine") as store:
        assert store.folder == Path("mine")


def test_a_run_is_opened_for_reading_or_to_go_on() -> None:
    """Only whoever goes on with it may write."""
    record(Path("run"))
    with open_run("run") as store:
        assert not isinstance(store, StoreWriter)
    with open_run_to_resume("run") as store:
        assert isinstance(store, StoreWriter)


def test_a_run_with_operations_that_are_not_at_hand_stays_closed(tmp_path: Path) -> None:
    """Nothing is read that might call them."""
    added = bending("tanh(a)")
    StoreWriter.create(tmp_path / "run", make_config({}, "test", added), START).close()
    for opened in (open_run, open_run_to_resume):
        with pytest.raises(EvosearchError, match=r"file that is not loaded .*; add --primitives"):
            opened("run")
        with opened("run", added) as store:
            assert store.config.additions is added


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lyon", r"no known rule named 'lyon'; did you mean 'lion'\?; .*FILE:NAME or RUN#ID"),
        ("none.py", r"none\.py: cannot be read"),
        (".", r"\.: a folder; a run's rules are \.#best and \.#ID"),
        ("nowhere#1", r"nowhere: no such folder"),
        ("run#x", r"'#x': expected a candidate's number or #best"),
        ("run#99", r"run has no candidate 99"),
    ],
)
def test_what_is_no_program_is_said(text: str, message: str) -> None:
    """With what was expected."""
    record(Path("run"))
    with pytest.raises(EvosearchError, match=message):
        resolve(text)


def test_a_number_sign_in_a_path_is_part_of_it() -> None:
    """A file below such a folder is a file, and a run below it has its candidates."""
    Path("C#").mkdir()
    Path("C#/mine.py").write_text("def mine(g): return sign(g)", encoding="utf-8")
    assert resolve("C#/mine.py").program.name == "mine"
    assert resolve("C#/mine.py:mine").program.name == "mine"
    assert split_reference("C#/mine.py") == ("C#/mine.py", None)
    assert split_reference("C#/run#best") == ("C#/run", "best")
    assert split_reference("C#") == ("C#", None)
    assert split_reference("runs/first#3") == ("runs/first", "3")
    assert split_reference("lion") == ("lion", None)


def test_the_graph_of_the_best_program_is_had_without_its_text(finished: StoreReader) -> None:
    """Written and read, it is the program, for every candidate, tuned or not."""
    every = finished.candidates()
    assert {one.outcome for one in every} > {"duplicate", "trained"}
    for one in every:
        graph, program = best_graph(finished, one), best_program(finished, one)
        again = parse(readable(graph, program.name))
        assert digest(lower(again, bind=True)) == digest(lower(program, bind=True))
        assert graph.labels(HYPERPARAMETER) == lower(program).labels(HYPERPARAMETER)
