"""Writing a run: all of a block or nothing, and what is written is read back."""

from __future__ import annotations

import math
import sqlite3
from pathlib import Path

import pytest

from evosearch.errors import EvosearchError
from evosearch.language.library import known_rule
from evosearch.language.parser import parse
from evosearch.language.printer import to_text
from evosearch.scoring.evaluation import Result
from evosearch.scoring.setting import Setting
from evosearch.scoring.statistics import Measurement
from evosearch.scoring.trainings import Evaluation
from evosearch.scoring.tuner import Tuned
from evosearch.search.candidate import Candidate
from evosearch.search.evolution import Evolution
from evosearch.search.memory import Memory
from evosearch.search.schema import BASELINE_ID, DATABASE, HAS_RESULT, RANKING, REPORT
from evosearch.search.store_reader import StoreReader
from evosearch.search.store_writer import StoreWriter
from tests.support.evolving import advance
from tests.support.small_search import TASK, config, create


def first_blocks() -> list[list[Candidate]]:
    """The start rule, and a block of its children."""
    evolution = Evolution(config(), [known_rule("adamw")], Memory.in_ram())
    return [advance(evolution, 0, 1, lambda _: 0.0)[0], evolution.breed(1, 3)]


def training(loss: float, seed: int = 0, constants: tuple[float, ...] = (0.1,)) -> Evaluation:
    return Evaluation(TASK, 100, seed, 0.1, loss, constants)


def tunings(constants: tuple[float, ...]) -> list[Tuned]:
    """One that was measured on the seed 0, one that was hopeless, one that was halted."""
    best = Setting(0.1, constants)
    tuned = training(math.inf, 100, (0.2, *constants[1:])), training(0.5, 100, constants)
    return [
        Tuned(best, {0: 0.4}, (*tuned, training(0.4, 0, constants)), 900, rungs=(1.0, 0.7)),
        Tuned(best, {}, tuned, 300, given_up=True, rungs=(1.0, math.inf)),
        Tuned(best, {}, (), 100, given_up=True, halted=True, rungs=(1.0,)),
    ]


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """Candidates with their text, results with infinite losses, settings, rungs and scores."""
    start, block = first_blocks()
    trained = [c for c in block if c.entrant]
    results = {
        c.id: Result(float(c.id), c.id % 2 == 0, {TASK: own})
        for c, own in zip(trained, tunings((0.1, 0.25, 1e-8)), strict=True)
    }
    fitness = [results[c.id].fitness if c.id in results else -math.inf for c in block]
    with create(tmp_path / "run") as store:
        store.add_block(start, {}, [0.0])
        store.add_block(block, results, fitness)
    with StoreReader.open(tmp_path / "run") as store:
        tuned = store.candidates(f"block = 1 AND {HAS_RESULT}")
        stored = {one.id: store.result(one) for one in tuned}
        assert stored == results
        for candidate, value in zip(block, fitness, strict=True):
            stored = store.candidate(candidate.id)
            assert parse(stored.text) == candidate.program
            assert stored.mutations == candidate.mutations
            assert (stored.parent, stored.block) == (candidate.parent, 1)
            assert (stored.digest, stored.gate) == (candidate.facts.digest, candidate.facts.gate)
            assert (stored.outcome, stored.representative) == (
                candidate.outcome,
                candidate.representative,
            )
            assert stored.structure == candidate.structure
            assert stored.round == (candidate.entrant.round if candidate.entrant else None)
            assert (stored.size, stored.slots) == (candidate.facts.size, candidate.facts.slots)
            assert stored.fitness == (value if math.isfinite(value) else None)


def test_a_block_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """Where one of its candidates cannot be written, none is."""
    start, block = first_blocks()
    with create(tmp_path / "run") as store:
        store.add_block(start, {}, [0.0])
        with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
            store.add_block([*block, block[0]], {}, [0.0] * (len(block) + 1))
        assert [one.id for one in store.candidates()] == [0]
        store.add_block(block, {}, [0.0] * len(block))
        assert len(store.candidates()) == 1 + len(block)


def test_stages_keep_their_order_their_settings_and_their_trainings(tmp_path: Path) -> None:
    """Those of the baseline too; the stages do not mix."""
    best, other = Measurement(2.0, 1.5, 2.5, {TASK: 2.0}), Measurement(1.0, 0.5, 1.5, {})
    own, baseline = tunings((0.1,))[0], tunings((0.7,))[0]
    with create(tmp_path / "run") as store:
        tuned = {7: {TASK: own}, BASELINE_ID: {TASK: baseline}}
        store.add_stage(RANKING, [(7, best), (3, other)], tuned, {})
        store.add_stage(REPORT, [(7, other)], {}, {BASELINE_ID: [training(0.2)]})
        assert store.finalists(RANKING) == [(7, best), (3, other)]
        assert store.finalists(REPORT) == [(7, other)]
        assert store.settings(7, RANKING) == {TASK: own.best}
        assert store.settings(BASELINE_ID, RANKING) == {TASK: baseline.best}
        assert store.settings(7, REPORT) == {}
        assert store.evaluations(7, RANKING) == list(own.evaluations)
        assert store.evaluations(7, REPORT) == []
        assert store.evaluations(BASELINE_ID, REPORT) == [training(0.2)]


def test_a_run_begins_unfinished_and_can_be_gone_on_with(tmp_path: Path) -> None:
    """With the configuration and the start rule that it was begun with."""
    create(tmp_path / "run").close()
    with StoreWriter.open(tmp_path / "run") as store:
        assert store.config == config()
        assert store.start == to_text(known_rule("adamw"))
        assert not store.done
        store.finish()
        assert store.done


def test_a_run_folder_in_use_is_refused(tmp_path: Path) -> None:
    """A new search never writes into an old one's folder."""
    create(tmp_path / "run").close()
    with pytest.raises(EvosearchError, match="not empty; choose another --out"):
        create(tmp_path / "run")


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """The reason is the system's."""
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(EvosearchError, match=r"cannot write a run there \(.*\); choose another"):
        create(tmp_path / "file" / "run")


def test_a_second_driver_is_refused(tmp_path: Path) -> None:
    """Readers are not; when the first is done, another may go on."""
    with create(tmp_path / "run"):
        with pytest.raises(EvosearchError, match="another process carries this run out"):
            StoreWriter.open(tmp_path / "run")
        StoreReader.open(tmp_path / "run").close()
    StoreWriter.open(tmp_path / "run").close()


def test_a_transaction_within_another_is_a_part_of_it(tmp_path: Path) -> None:
    """What went wrong after it takes it back too."""
    with create(tmp_path / "run") as store:

        def stopped() -> None:
            with store.transaction():
                store.finish()
                assert store.done
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            stopped()
        assert not store.done


def test_a_database_that_is_gone_is_not_written(tmp_path: Path) -> None:
    """Nobody would find what is written into a file without a name."""
    with create(tmp_path / "run") as store:
        (tmp_path / "run" / DATABASE).rename(tmp_path / "elsewhere")
        with pytest.raises(EvosearchError, match="removed or replaced while the run went on"):
            store.finish()
        (tmp_path / "run" / DATABASE).write_bytes(b"another")
        with pytest.raises(EvosearchError, match="removed or replaced"):
            store.finish()


def test_a_full_disk_is_told_in_one_line_and_loses_nothing(tmp_path: Path) -> None:
    """By SQLite's own limit on pages; with room again, the same store goes on."""
    start, block = first_blocks()
    with create(tmp_path / "run") as store:
        store.add_block(start, {}, [0.0])
        (pages,) = store._db.execute("PRAGMA page_count").fetchone()
        store._db.execute(f"PRAGMA max_page_count = {pages}")

        def write_much() -> None:
            with store.transaction():
                store.finish()
                store._set("filler", "x" * 10**6)

        message = r"run: the run's database cannot be written \(database or disk is full\)"
        with pytest.raises(EvosearchError, match=message):
            write_much()
        assert not store.done
        assert [one.id for one in store.candidates()] == [0]
        store._db.execute("PRAGMA max_page_count = 100000")
        store.add_block(block, {}, [0.0] * len(block))
        assert len(store.candidates()) == 1 + len(block)
