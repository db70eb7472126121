"""Reading a run: while it goes on, and without being able to write."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from evosearch.errors import EvosearchError
from evosearch.scoring.rounds import fresh_seeds
from evosearch.search.schema import DATABASE, HAS_RESULT, RANKING
from evosearch.search.store_reader import StoreReader
from tests.support.small_search import TASK, config, create


def test_a_class_is_ranked_by_its_latest_round(finished: StoreReader) -> None:
    """Which is on other seeds than the one before, and twice as many fresh ones."""
    again = finished.candidates("outcome = 'retuned'")
    assert again
    by_id = {row.id: row for row in finished.trained()}
    for row in again:
        members = finished.candidates(f"twin = {row.representative} AND {HAS_RESULT}")
        assert [member.round for member in members] == list(range(len(members)))
        seeds = [{e.seed for e in finished.evaluations(member.id)} for member in members]
        assert sum(map(len, seeds)) == len(set().union(*seeds))
        ranked = by_id[row.representative]
        assert (ranked.fitness, ranked.cleared) == (members[-1].fitness, members[-1].cleared)


def test_trained_classes_come_best_first(finished: StoreReader) -> None:
    """Ordered by fitness, then size, then age; a limit takes the first of them. None comes twice,
    and no two have one structure.
    """
    trained = finished.trained()
    keys = [(-(one.fitness or 0.0), one.size, one.id) for one in trained]
    assert keys == sorted(keys)
    assert all(one.outcome == "trained" for one in trained)
    assert finished.trained(3) == trained[:3]
    assert len({one.structure for one in trained}) == len(trained) == finished.counts()["trained"]


def test_some_of_the_trained_come_besides_the_best(finished: StoreReader) -> None:
    """Each once, those that are wanted by number after those that are wanted for their rank."""
    trained = finished.trained()
    wanted = {trained[0].id, trained[5].id, trained[-1].id}
    assert finished.trained(2, wanted) == [*trained[:2], trained[5], trained[-1]]
    assert finished.trained(0, {trained[3].id}) == [trained[3]]
    assert finished.trained(0) == []


def test_columns_are_those_of_the_candidates(finished: StoreReader) -> None:
    """In the order of ids, of those for which a condition holds."""
    every = finished.candidates()
    assert finished.columns("id, digest") == [(one.id, one.digest) for one in every]
    some = finished.columns("id", "outcome = 'duplicate'")
    assert some == [(one.id,) for one in every if one.outcome == "duplicate"]


def test_the_best_settings_of_a_class_are_the_latest(finished: StoreReader) -> None:
    """Of the ranking, where it came so far; else of its last round in the search."""
    ranked = {number for number, _ in finished.finalists(RANKING)}
    assert ranked
    for number in ranked:
        assert finished.best_settings(number) == finished.settings(number, RANKING)
    checked = 0
    for row in finished.candidates("outcome = 'retuned'"):
        first, last = (finished.settings(n, "search") for n in (row.representative, row.id))
        if row.representative not in ranked:
            assert finished.best_settings(row.representative) == last
            checked += first != last
    assert checked
    untuned = finished.candidates("outcome = 'duplicate'")[0].id
    assert finished.best_settings(untuned) == {}


def test_the_result_of_a_candidate_is_all_that_was_measured_of_it(finished: StoreReader) -> None:
    """In the search, and on its seeds."""
    for candidate in finished.candidates(HAS_RESULT):
        result = finished.result(candidate)
        assert result.fitness == candidate.fitness
        assert result.cleared == candidate.cleared
        tuned = result.tuned[TASK]
        assert list(tuned.evaluations) == finished.evaluations(candidate.id)
        assert tuned.best == finished.settings(candidate.id, "search")[TASK]
        # What ran to the end passed both rungs and was measured on fresh seeds.
        assert not result.cleared or len(tuned.rungs) == 2
        assert bool(tuned.losses) == (not tuned.given_up)
        assert set(tuned.losses) <= set(fresh_seeds(candidate.round or 0, 1))
        assert tuned.spent > 0


def test_replica_steps_are_those_of_the_search(finished: StoreReader) -> None:
    """The finals are not in what a configuration limits."""
    own = {one.id: finished.result(one).spent for one in finished.candidates(HAS_RESULT)}
    assert finished.counts()["replica_steps"] == finished.spent() == sum(own.values())
    some = [number for number in own if 3 <= number <= 20]
    assert finished.spent(3, 20) == sum(own[number] for number in some) > 0


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    """Not by any method, and not by its connection either."""
    create(tmp_path / "run").close()
    with StoreReader.open(tmp_path / "run") as store:
        assert not [name for name in dir(store) if name.startswith(("add", "finish", "create"))]
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            store._db.execute("UPDATE meta SET value = 'done' WHERE key = 'state'")
        assert not store.done


def test_a_run_is_read_while_it_is_written(tmp_path: Path) -> None:
    """A reader sees what is committed, and holds nobody up; it leaves no file behind."""
    with create(tmp_path / "run") as writer, StoreReader.open(tmp_path / "run") as reader:
        before = reader.start
        with writer.transaction():
            writer._set("start", "another")
            assert (writer.start, reader.start) == ("another", before)
        assert reader.start == "another"
        writer.finish()
        assert reader.done
        assert reader.config == config()
    assert [path.name for path in (tmp_path / "run").iterdir()] == [DATABASE]


def test_a_closed_reader_answers_no_more(tmp_path: Path) -> None:
    """The end of the block closes the database."""
    create(tmp_path / "run").close()
    with StoreReader.open(tmp_path / "run") as store:
        assert store.candidates() == []
    with pytest.raises(sqlite3.ProgrammingError, match="closed database"):
        store.candidates()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"run: no run; expected a folder that `evosearch search` wrote, with a run\.sqlite"),
        (b"no database, but a text" * 100, r"run\.sqlite: not a run's database \(file is not"),
        (b"", r"run\.sqlite: not a run's database \(no such table: meta\)"),
    ],
)
def test_what_is_no_run_is_refused_and_closed(
    content: bytes | None, message: str, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    """The message names the folder or the file; no connection stays open."""
    (tmp_path / "run").mkdir()
    if content is not None:
        (tmp_path / "run" / DATABASE).write_bytes(content)
    with pytest.raises(EvosearchError, match=message):
        StoreReader.open(tmp_path / "run")
    with pytest.raises(EvosearchError, match="nowhere: no such folder"):
        StoreReader.open(tmp_path / "nowhere")
    assert not recwarn.list


def test_another_format_is_refused(tmp_path: Path) -> None:
    """The version that wrote it can read it."""
    create(tmp_path / "run").close()
    with closing(sqlite3.connect(tmp_path / "run" / DATABASE)) as database:
        database.execute("UPDATE meta SET value = '77' WHERE key = 'format'")
        database.commit()
    with pytest.raises(EvosearchError, match="format 77, expected 5; use the version that wrote"):
        StoreReader.open(tmp_path / "run")


@pytest.mark.parametrize("number", [999, -5, 10**30])
def test_a_candidate_that_is_not_there_is_said(number: int, finished: StoreReader) -> None:
    """Whatever its number."""
    with pytest.raises(EvosearchError, match=rf"has no candidate {number}; `evosearch top"):
        finished.candidate(number)
