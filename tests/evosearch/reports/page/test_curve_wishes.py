"""What is to be trained for the curves of a run's best rule."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from evosearch.reports.page.curve_training import curves_of
from evosearch.reports.page.curve_wishes import wishes
from evosearch.reports.page.validations import Validations, read_validations
from evosearch.reports.references import resolve
from evosearch.scoring.setting import Setting
from evosearch.search.store_reader import StoreReader
from evosearch.search.work import Inline
from evosearch.validation import validate as module
from evosearch.validation.contestants import contestants
from evosearch.validation.journal import TRIALS
from evosearch.validation.laboratory import Question
from evosearch.validation.outcome import FOLDER
from evosearch.validation.price import Price
from evosearch.validation.validate import Places, Terms, validate
from proxies import TASKS
from tests.support.small_search import copy_database

NONE = Validations()


@pytest.fixture
def copy(finished: StoreReader, tmp_path: Path) -> Iterator[StoreReader]:
    """The run in a folder of its own, where it may be validated."""
    with StoreReader.open(copy_database(finished, tmp_path)) as store:
        yield store


def test_before_the_finals_the_settings_are_the_searchs(copy: StoreReader, tmp_path: Path) -> None:
    """And AdamW's are its yardstick's; a task on which the rule was not tuned is left out."""
    number = copy.trained(1)[0].id
    folder = tmp_path / "unranked"
    folder.mkdir()
    change = "DELETE FROM settings WHERE stage = 'ranking'"
    with StoreReader.open(copy_database(copy, folder, change)) as store:
        ((wanted,), missing) = wishes(store, number, NONE)
        (yardstick,) = store.yardsticks()
        rule, adamw = wanted.runners
        own = Setting(yardstick.own.rate, yardstick.own.constants)
        assert {setting for setting, _ in rule.trainings} == {
            store.best_settings(number)[wanted.task]
        }
        assert {setting for setting, _ in adamw.trainings} == {own}
        assert "yardstick" in wanted.source
        assert missing == {}
    folder = tmp_path / "untuned"
    folder.mkdir()
    with StoreReader.open(copy_database(copy, folder, "DELETE FROM settings")) as store:
        assert wishes(store, number, NONE) == ([], {"logistic": "the rule was not tuned there"})
    folder = tmp_path / "unmeasured"
    folder.mkdir()
    with StoreReader.open(copy_database(copy, folder, "DELETE FROM yardsticks")) as store:
        assert wishes(store, number, NONE) == ([], {"logistic": "AdamW was not tuned there yet"})


@pytest.fixture
def validated(copy: StoreReader, monkeypatch: pytest.MonkeyPatch) -> tuple[StoreReader, int]:
    """The run's best rule on its own task and on another one, beside AdamW and Lion."""
    monkeypatch.setattr(module, "price", lambda _: Price(8.0, 1.0))
    (number, *_) = (number for number, _ in copy.finalists("report"))
    asked = Question(
        contestants([resolve(f"{copy.folder}#{number}")], ["lion"]),
        (TASKS["logistic"], TASKS["quadratic"]),
        budget=12,
    )
    folder = copy.folder / FOLDER
    places = Places(folder, folder / "mine", folder / "shared")
    terms = Terms(2, "mine", None, (), False, ("torch",))
    validate(asked, terms, Inline(), places, lambda _: None)
    return copy, number


def test_where_a_validation_tuned_all_take_part(validated: tuple[StoreReader, int]) -> None:
    """At the settings of its first trials: what these gave comes out again, to the last bit."""
    store, number = validated
    validations = read_validations(store.folder)
    curves = curves_of(store, number, validations, lambda _: None)
    assert curves.missing == {}
    assert [one.task for one in curves.tasks] == ["logistic", "quadratic"]
    text = (store.folder / FOLDER / "mine" / TRIALS).read_text()
    trials = [json.loads(line) for line in text.splitlines()]
    keys = {
        one.name: one.key for one in contestants([resolve(f"{store.folder}#{number}")], ["lion"])
    }
    for one in curves.tasks:
        assert one.source == "the trials of validation mine, with one budget for all"
        names = [curve.name for curve in (one.rule, *one.baselines)]
        assert names == [f"candidate {number}", "adamw", "lion"]
        for key, curve in zip(
            [list(keys.values())[-1], keys["adamw"], keys["lion"]],
            (one.rule, *one.baselines),
            strict=True,
        ):
            losses = {
                int(seed): loss
                for trial in trials
                if trial["address"][0] == key
                and trial["address"][1] == one.task
                and trial["address"][3] == one.marks[-1]
                for seed, loss in trial["losses"].items()
            }
            assert dict(zip(one.seeds, curve.final, strict=True)) == losses


def test_without_the_trials_it_is_said(validated: tuple[StoreReader, int]) -> None:
    """The finals' settings serve on the search's task; on the other one nothing can be trained."""
    store, number = validated
    (store.folder / FOLDER / "mine" / TRIALS).unlink()
    ((wanted,), missing) = wishes(store, number, read_validations(store.folder))
    assert (wanted.task, [one.name for one in wanted.runners]) == (
        "logistic",
        [f"candidate {number}", "adamw"],
    )
    assert list(missing) == ["quadratic"]
    assert "the trials of validation mine are not beside it" in missing["quadratic"]


def test_a_validation_of_other_rules_has_no_say(validated: tuple[StoreReader, int]) -> None:
    """What was validated is another candidate, or a task that is not at hand."""
    store, number = validated
    (mine,) = read_validations(store.folder).every
    rule, *baselines = mine.outcome.standings
    other = replace(rule, origin="candidate 100000 of run other")
    changed = replace(mine.outcome, standings=(other, *baselines))
    ((wanted,), missing) = wishes(store, number, Validations((replace(mine, outcome=changed),)))
    assert ("finals" in wanted.source, missing) == (True, {})
    elsewhere = replace(mine.outcome, tasks=("mine_alone",))
    ((wanted,), missing) = wishes(store, number, Validations((replace(mine, outcome=elsewhere),)))
    assert "finals" in wanted.source
    assert missing == {"mine_alone": "the task is not at hand"}
