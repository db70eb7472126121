"""A search with all stages of its funnel, on the smallest of real tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evosearch.errors import EvosearchError
from evosearch.language.library import known_rule
from evosearch.language.printer import to_text
from evosearch.reports import funnel as told
from evosearch.reports.frame import frame
from evosearch.reports.leaderboard import leaderboard
from evosearch.reports.summary import render
from evosearch.scoring.curve import SLOWEST
from evosearch.scoring.remeasurement import RANKING_SEEDS, report_seeds, train_at, tune_again
from evosearch.scoring.yardstick_cache import save
from evosearch.screening.family import Family
from evosearch.search import checks
from evosearch.search.check_table import Check
from evosearch.search.checks import families_of
from evosearch.search.config_values import make_config
from evosearch.search.executor import executor
from evosearch.search.funnel import BY_LOT, PASSED, STOPPED, by_lot
from evosearch.search.loop import search
from evosearch.search.schema import (
    BASELINE_ID,
    MICRO,
    RANKING,
    REPORT,
    SEARCH,
    SEARCHING,
    SELECT,
    SELECT_REPORT,
)
from evosearch.search.store_reader import StoreReader
from evosearch.search.store_writer import StoreWriter
from evosearch.search.tally import Tally
from evosearch.search.work import Executor, Inline, Load, Pending, T, WorkFailed, in_words
from proxies import TASKS
from tests.support.made_yardstick import made_yardstick
from tests.support.small_search import (
    LOSSES,
    RATE,
    VALUES,
    Interrupting,
    Silent,
    copy_database,
    dump,
)

OTHERS = {
    **VALUES,
    "micro": ["quadratic"],
    "micro_share": 0.5,
    "micro_budget": 6,
    "select": ["digit_images"],
    "select_after": 4,
    "evaluations": 60,
    "hurdle": 0.5,
}
EVERY = 4
"""Blocks after which the best are measured again."""


def begun(folder: Path) -> StoreWriter:
    return StoreWriter.create(folder, make_config(OTHERS, "test"), to_text(known_rule("adamw")))


def carry_on(folder: Path, ready: Executor, yardsticks: Path) -> None:
    with StoreWriter.open(folder) as store:
        search(store, ready, Silent(), yardsticks)


@pytest.fixture(scope="module", autouse=True)
def _little() -> Iterator[None]:
    """To tune the best again costs little; the budget goes to the workers with the work."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checks, "BUDGET", 8)
        yield


@pytest.fixture(scope="module")
def yardsticks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("yardsticks")
    save(folder, TASKS["logistic"], made_yardstick(TASKS["logistic"], LOSSES, RATE))
    quadratic = (0.07, 0.027, 0.0146, 0.0084, 0.0052)
    save(folder, TASKS["quadratic"], made_yardstick(TASKS["quadratic"], quadratic))
    images = (1.575, 1.351, 1.115, 0.9412, 0.8172)
    save(folder, TASKS["digit_images"], made_yardstick(TASKS["digit_images"], images))
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, yardsticks: Path) -> Iterator[StoreReader]:
    folder = tmp_path_factory.mktemp("funnel") / "whole"
    begun(folder).close()
    with executor(0) as ready:
        carry_on(folder, ready, yardsticks)
    with StoreReader.open(folder) as store:
        yield store


def test_micro_stops_those_below_the_mark(whole: StoreReader) -> None:
    """They are not trained on the search's tasks, and are worth no more than the hurdle; those that
    a lot lets pass are.
    """
    new = whole.candidates("outcome = 'trained'")
    ways = [one.passed for one in new]
    assert {STOPPED, PASSED} <= set(ways) <= {STOPPED, PASSED, BY_LOT}
    assert STOPPED not in ways[: ways.index(STOPPED)][:20]
    for one in new:
        assert one.micro is not None
        assert whole.evaluations(one.id, MICRO)
        assert bool(whole.spendings(one.id, SEARCH)) == (one.passed != STOPPED)
        if one.passed == STOPPED:
            assert one.fitness == pytest.approx(min(one.micro, np.log2(0.5)))
            assert not one.cleared
            assert not by_lot(0, one.id)
        if one.passed == BY_LOT:
            assert by_lot(0, one.id)
    stopped = [one.micro for one in new if one.passed == STOPPED]
    passed = [one.micro for one in new if one.passed == PASSED]
    assert np.mean(stopped) < np.mean(passed)


def test_who_is_stopped_on_micro_was_not_given_up(whole: StoreReader) -> None:
    """That is for those that bring workers down."""
    tally = Tally()
    tally.look(whole)
    assert tally.given_up == []
    assert tally.counts() == whole.counts()


def test_a_further_round_is_not_on_micro(whole: StoreReader) -> None:
    """It is asked for by a score in the search, or by lot."""
    again = whole.candidates("outcome = 'retuned'")
    assert again
    for one in again:
        assert one.micro is None
        assert not whole.evaluations(one.id, MICRO)
        assert one.passed in (PASSED, BY_LOT)


def test_the_first_round_has_half_of_the_budget(whole: StoreReader) -> None:
    """In replica-steps; nothing is stopped by a race in trainings as few as these."""
    steps = TASKS["logistic"].steps
    spent = {
        outcome: max(whole.spendings(one.id, SEARCH)["logistic"] for one in own)
        for outcome in ("trained", "retuned")
        if (own := whole.candidates(f"outcome = '{outcome}' AND passed > 0"))
    }
    assert spent["trained"] <= spent["retuned"]
    assert whole.config.means.in_round(0) == 3
    assert whole.config.means.in_round(1) == 6
    assert spent["retuned"] >= 6 * steps / 2


def test_the_best_are_measured_again_while_the_search_goes_on(whole: StoreReader) -> None:
    """After every so many blocks those that were best then, with what they had then."""
    made = [Check(*row) for row in whole._db.execute("SELECT * FROM checks ORDER BY tuned")]
    assert made[0].candidate == BASELINE_ID
    blocks = [one.block for one in made]
    during = [block for block in blocks if block is not None]
    assert len(set(during)) > 1
    assert all((block + 1) % EVERY == 0 for block in during)
    assert blocks[len(during) :] == [None] * (len(blocks) - len(during))
    for one in made[1:]:
        if one.block is not None:
            until = f"twin = {one.candidate} AND fitness IS NOT NULL AND block <= {one.block}"
            rounds = [r for r in whole.candidates(until) if r.outcome in ("trained", "retuned")]
            assert one.fitness == rounds[-1].fitness
            tuned = f"outcome IN ('trained', 'retuned') AND block <= {one.block}"
            assert one.tuned == len(whole.candidates(tuned))


def test_they_are_tuned_on_both_suites_on_seeds_of_their_own(whole: StoreReader) -> None:
    """Like AdamW, which is tuned once; the report's are others again."""
    measured = [number for number, _ in whole.finalists(RANKING)]
    assert [number for number, _ in whole.finalists(SELECT)] == measured
    assert len(measured) > OTHERS["finalists"]
    for number in (BASELINE_ID, *measured):
        for stage, task in ((RANKING, "logistic"), (SELECT, "digit_images")):
            assert list(whole.settings(number, stage)) == [task]
            seeds = {one.seed for one in whole.evaluations(number, stage)}
            assert set(RANKING_SEEDS) <= seeds
            assert not seeds & {one.seed for one in whole.evaluations(number, SEARCH)}
    for stage in (REPORT, SELECT_REPORT):
        for number, _ in whole.finalists(stage):
            seeds = {one.seed for one in whole.evaluations(number, stage)}
            assert seeds == set(report_seeds(2))


def test_the_best_of_the_run_is_the_best_on_select(whole: StoreReader) -> None:
    """Of all that were measured there, whenever; the report is in that order."""
    speedups = [measured.speedup for _, measured in whole.finalists(SELECT)]
    assert speedups == sorted(speedups, reverse=True)
    order = [number for number, _ in whole.finalists(SELECT)]
    for stage in (REPORT, SELECT_REPORT):
        assert [number for number, _ in whole.finalists(stage)] == order[:1]
    best = leaderboard(whole, 1)[0]
    assert best.id == order[0]
    ((_, measured),) = whole.finalists(SELECT_REPORT)
    assert (best.select, best.select_interval) == (measured.speedup, (measured.low, measured.high))
    text = render(whole)
    assert f"{best.select:.2f} [{measured.low:.2f}, {measured.high:.2f}]" in text
    assert "on the tasks of select" in text


def test_the_stages_are_told(whole: StoreReader) -> None:
    """Who came and went on, as the database counts them; and what the best had each time."""
    stages = {one.stage: one for one in told.funnel(whole)}
    assert list(stages) == ["micro", "search", "select"]
    new = whole.candidates("outcome = 'trained'")
    micro = stages["micro"]
    assert micro.came == len(new)
    assert micro.passed == sum(one.passed == PASSED for one in new)
    assert micro.by_lot == sum(one.passed == BY_LOT for one in new)
    again = whole.candidates("outcome = 'retuned' AND round = 1")
    assert stages["search"].came == sum(one.passed != STOPPED for one in new)
    assert stages["search"].passed + stages["search"].by_lot == len(again)
    assert stages["select"].came == len(whole.finalists(SELECT))
    measured = told.record(whole)["measured"]
    select = {number: m.speedup for number, m in whole.finalists(SELECT)}
    fresh = {number: m.speedup for number, m in whole.finalists(RANKING)}
    assert {one["candidate"]: (one["select"], one["fresh"]) for one in measured} == {
        number: (select[number], fresh[number]) for number in select
    }
    lines = told.lines(whole)
    assert lines[0].startswith(f"micro: {micro.came} came, {micro.passed} went on")
    assert any(line.startswith("best after ") and "on select" in line for line in lines)


def test_tables_have_the_stages(whole: StoreReader) -> None:
    """A row's columns are what the database has of the class."""
    table = frame(whole, leaderboard(whole, None))
    micro = {one.id: one.micro for one in whole.candidates("outcome = 'trained'")}
    on_select = dict(whole.finalists(SELECT)) | dict(whole.finalists(SELECT_REPORT))
    for row in table.rows:
        number = int(str(row["id"]))
        assert row["micro"] == 2 ** (micro[number] or 0.0)
        measured = on_select.get(number)
        assert row["select"] == (measured and measured.speedup)
        assert row["select_low"] == (measured and measured.low)
        assert row["select_high"] == (measured and measured.high)


@pytest.mark.slow
def test_wherever_it_is_interrupted_the_database_is_the_same(
    whole: StoreReader, yardsticks: Path, tmp_path: Path
) -> None:
    """Also while the best are measured, and again and again."""
    folder = tmp_path / "run"
    begun(folder).close()
    with executor(0) as ready:
        for results in (3, 5, 7, 4):
            with suppress(KeyboardInterrupt):
                carry_on(folder, Interrupting(ready, results), yardsticks)
        carry_on(folder, ready, yardsticks)
    with StoreReader.open(folder) as store:
        assert dump(store) == dump(whole)


@pytest.mark.slow
def test_ray_actors_measure_the_same(whole: StoreReader, yardsticks: Path, tmp_path: Path) -> None:
    """In whatever order they finish."""
    folder = tmp_path / "run"
    begun(folder).close()
    with executor(2) as ready:
        carry_on(folder, ready, yardsticks)
    with StoreReader.open(folder) as store:
        assert dump(store) == dump(whole)


class Fatal:
    """Works in this process; on one task, work of some kind with one of the rules never ends."""

    def __init__(self, function: Callable[..., Any], families: Sequence[Family], task: str) -> None:
        self._function, self._families, self._task = function, families, task
        self._inline = Inline()

    def submit(
        self, function: Callable[..., T], *arguments: Any, loads: Sequence[Load] = ()
    ) -> Pending[T]:
        if (
            function is self._function
            and any(load.task.name == self._task for load in loads)
            and any(family in arguments[0] for family in self._families)
        ):
            return _Failing(loads)
        return self._inline.submit(function, *arguments, loads=loads)


class _Failing:
    def __init__(self, loads: Sequence[Load]) -> None:
        self._loads = loads

    def result(self) -> Any:
        raise WorkFailed("each of 3 workers died", in_words(self._loads))


@pytest.mark.slow
def test_a_rule_that_brings_workers_down_on_select_is_the_slowest_there(
    whole: StoreReader, yardsticks: Path, tmp_path: Path
) -> None:
    """The search goes on, a warning names it, and all others have what they have without it."""
    ((bad, _), *_) = whole.finalists(SELECT_REPORT)
    fatal = Fatal(tune_again, families_of(whole, [bad]), "digit_images")
    begun(tmp_path / "run").close()
    with pytest.warns(UserWarning, match=rf"^candidates that .* on digit_images .*: {bad}$"):
        carry_on(tmp_path / "run", fatal, yardsticks)
    with StoreReader.open(tmp_path / "run") as store:
        assert store.done
        assert [one.text for one in store.candidates()] == [o.text for o in whole.candidates()]
        assert dict(store.finalists(RANKING)) == dict(whole.finalists(RANKING))
        here, there = dict(store.finalists(SELECT)), dict(whole.finalists(SELECT))
        assert len(here) > 2
        assert here[bad].speedup < 2 * SLOWEST < there[bad].speedup
        assert {**here, bad: None} == {**there, bad: None}
        assert store.finalists(SELECT_REPORT)[0][0] != bad


def test_one_that_does_so_in_the_end_is_reported_as_the_slowest(
    whole: StoreReader, yardsticks: Path, tmp_path: Path
) -> None:
    """Its place stays that of the order which chose it, and the rest of the report as it is."""
    ((bad, chosen), *_) = whole.finalists(SELECT_REPORT)
    fatal = Fatal(train_at, families_of(whole, [bad]), "digit_images")
    stages = f"stage IN ('{REPORT}', '{SELECT_REPORT}')"
    copy_database(
        whole,
        tmp_path,
        f"DELETE FROM finalists WHERE {stages}; DELETE FROM evaluations WHERE {stages};"
        f"UPDATE meta SET value = '{SEARCHING}' WHERE key = 'state'",
    )
    with pytest.warns(UserWarning, match=rf"^candidates that .* in the select report .*: {bad}$"):
        carry_on(tmp_path, fatal, yardsticks)
    with StoreReader.open(tmp_path) as store:
        assert store.finalists(REPORT) == whole.finalists(REPORT)
        (number, measured), *others = store.finalists(SELECT_REPORT)
        assert number == bad
        assert measured.speedup < 2 * SLOWEST < chosen.speedup
        assert others == whole.finalists(SELECT_REPORT)[1:]
        losses = {one.loss for one in store.evaluations(bad, SELECT_REPORT)}
        assert losses == {np.inf}


@pytest.mark.slow
def test_where_adamw_does_so_the_task_is_to_blame(
    whole: StoreReader, yardsticks: Path, tmp_path: Path
) -> None:
    """It is named, and the search can be resumed."""
    fatal = Fatal(tune_again, families_of(whole, [BASELINE_ID]), "digit_images")
    begun(tmp_path / "run").close()
    with pytest.raises(EvosearchError, match=r"^AdamW: .* digit_images; .*, then resume$"):
        carry_on(tmp_path / "run", fatal, yardsticks)
    with executor(0) as ready:
        carry_on(tmp_path / "run", ready, yardsticks)
    with StoreReader.open(tmp_path / "run") as store:
        assert dump(store) == dump(whole)
