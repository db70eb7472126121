"""Training a rule and AdamW once more, with their losses on the way."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from evosearch.errors import EvosearchError
from evosearch.graph.lowering import lower
from evosearch.language.parser import parse
from evosearch.reports.page import curve_training
from evosearch.reports.page.curve_training import FILE, curves_of, marks, train_curves
from evosearch.reports.page.runners import Runner
from evosearch.reports.page.validations import Validations
from evosearch.scoring.setting import Setting
from evosearch.scoring.yardstick import baseline
from evosearch.screening.family import Family
from evosearch.search.schema import BASELINE_ID, DATABASE
from evosearch.search.store_reader import StoreReader
from proxies import PLAIN
from tests.support.small_search import copy_database
from tests.support.tiny_task import TINY

NONE = Validations()


@pytest.fixture
def copy(finished: StoreReader, tmp_path: Path) -> Iterator[StoreReader]:
    """The run in a folder of its own, where curves may be kept."""
    with StoreReader.open(copy_database(finished, tmp_path)) as store:
        yield store


def test_final_losses_are_those_of_the_report(copy: StoreReader) -> None:
    """Same settings, same seeds: what the finals stored comes out again, to the last bit."""
    (number, *_) = (number for number, _ in copy.finalists("report"))
    (curves,) = curves_of(copy, number, NONE, lambda _: None).tasks
    with closing(sqlite3.connect(copy.folder / DATABASE)) as database:

        def stored(candidate: int) -> dict[int, float]:
            return dict(
                database.execute(
                    "SELECT seed, loss FROM evaluations WHERE candidate = ? AND stage = 'report'",
                    (candidate,),
                )
            )

        (adamw,) = curves.baselines
        for candidate, curve in ((number, curves.rule), (BASELINE_ID, adamw)):
            assert dict(zip(curves.seeds, curve.final, strict=True)) == stored(candidate)


def test_a_second_time_nothing_is_trained(
    copy: StoreReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was kept is given, and nobody is told of trainings."""
    (number, *_) = (number for number, _ in copy.finalists("report"))
    told: list[str] = []
    once = curves_of(copy, number, NONE, told.append)
    assert len(told) == 1
    assert (copy.folder / FILE).is_file()

    def refuse(*_: object) -> None:
        raise AssertionError("trained")

    monkeypatch.setattr(curve_training, "train_curves", refuse)
    assert curves_of(copy, number, NONE, told.append) == once
    assert len(told) == 1


def test_on_a_task_that_changed_nothing_is_trained(copy: StoreReader, tmp_path: Path) -> None:
    """Nor where the run's device is not there; the reasons are told."""
    (number, *_) = (number for number, _ in copy.finalists("report"))
    changes = {
        "not what it was": 'UPDATE meta SET value = replace(value, \'"logistic": "\', '
        "'\"logistic\": \"x') WHERE key = 'circumstances'",
        "cuda:97": 'UPDATE meta SET value = replace(value, \'"device":"cpu"\', '
        "'\"device\":\"cuda:97\"') WHERE key = 'config'",
    }
    for place, (why, change) in enumerate(changes.items()):
        folder = tmp_path / str(place)
        folder.mkdir()
        with StoreReader.open(copy_database(copy, folder, change)) as store:
            curves = curves_of(store, number, NONE, pytest.fail)
        assert curves.tasks == ()
        assert why in curves.missing["logistic"]


def test_what_cannot_be_trained_any_more_is_said(
    copy: StoreReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page goes on without it, and nothing is kept."""

    def fail(*_: object) -> None:
        raise EvosearchError("not so")

    monkeypatch.setattr(curve_training, "train_curves", fail)
    (number, *_) = (number for number, _ in copy.finalists("report"))
    curves = curves_of(copy, number, NONE, lambda _: None)
    assert (curves.tasks, curves.missing) == ((), {"logistic": "not so"})
    assert not (copy.folder / FILE).exists()


def test_marks_are_even_and_end_with_the_last_step() -> None:
    """At most thirty, and no step twice."""
    assert marks(3) == (1, 2, 3)
    assert marks(60) == tuple(range(2, 61, 2))
    for steps in (1, 29, 31, 100, 1999):
        listed = marks(steps)
        assert list(listed) == sorted(set(listed))
        assert listed[-1] == steps
        assert len(listed) == min(steps, 30)


def test_losses_on_the_way_fall_and_a_rule_that_diverges_ends() -> None:
    """A rate beyond all measure diverges on every seed; the other rule is not touched by it."""
    good = baseline()
    wild = Family(lower(parse("def wild(g): return cube(g)")))
    runners = [
        Runner("good", good, tuple((Setting(0.1, good.defaults), seed) for seed in (0, 1))),
        Runner("wild", wild, tuple((Setting(1e6, ()), seed) for seed in (0, 1))),
    ]
    calm, diverged = train_curves(TINY, 16, runners, PLAIN)
    assert (calm.name, diverged.name) == ("good", "wild")
    means = np.mean(calm.losses, axis=1)
    assert means.shape == (16,)
    assert means[-1] < means[0]
    assert np.isinf(diverged.final).all()
    assert np.isinf(diverged.losses[-1]).all()
    (alone,) = train_curves(TINY, 16, runners[1:], PLAIN)
    assert (len(alone.losses), alone.final) == (16, diverged.final)
    (again,) = train_curves(TINY, 16, runners[:1], PLAIN)
    assert again == calm


def test_a_rule_that_cannot_train_is_refused() -> None:
    """In one line."""
    still = Family(lower(parse("def still(g): return 0.0 * g")))
    runner = Runner("still", still, ((Setting(1.0, ()), 0),))
    with pytest.raises(EvosearchError, match="the rule still cannot be trained at its setting"):
        train_curves(TINY, 4, [runner], PLAIN)


def test_each_training_has_a_setting_of_its_own() -> None:
    """It comes out as it does when another rule has that setting alone."""
    rule = baseline()
    slow, fast = Setting(1e-6, rule.defaults), Setting(0.1, rule.defaults)
    runners = [
        Runner("both", rule, ((slow, 0), (fast, 1))),
        *(Runner("alone", rule, ((setting, 0), (setting, 1))) for setting in (slow, fast)),
    ]
    both, always_slow, always_fast = train_curves(TINY, 16, runners, PLAIN)
    assert both.final == (always_slow.final[0], always_fast.final[1])
    assert always_slow.final[1] > 2 * always_fast.final[1]


def test_a_folder_that_cannot_be_written_costs_only_the_keeping(copy: StoreReader) -> None:
    """The curves are given all the same, and it is told that they are not kept."""
    (copy.folder / "report").write_text("in the way")
    (number, *_) = (number for number, _ in copy.finalists("report"))
    told: list[str] = []
    curves = curves_of(copy, number, NONE, told.append)
    assert len(curves.tasks) == 1
    assert "not kept" in told[-1]
