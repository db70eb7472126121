"""Looking for what an ablation measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from evosearch import known_rule
from evosearch.ablation.difference import Difference
from evosearch.ablation.journal import Journal, journal_name
from evosearch.ablation.judge import BUDGET, Means
from evosearch.ablation.measured import Measured
from evosearch.language.program import Program
from evosearch.plugins.additions import NOTHING_ADDED
from evosearch.reports.page import worths
from evosearch.reports.page.material import Material, gather
from evosearch.reports.page.worths import FOLDER, worths_of
from evosearch.scoring.yardstick_cache import save
from evosearch.search.folders import yardstick_folder
from evosearch.search.store_reader import StoreReader
from evosearch.simplification.result import Simplified
from tests.support.made_yardstick import made_yardstick

ADAMW = known_rule("adamw")
WHOLE = Difference(1.0, 0.9, 1.1, 3)


@pytest.fixture
def material(finished: StoreReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Material:
    """Of a run that lies elsewhere than the ablations, whose tasks have yardsticks here."""
    monkeypatch.chdir(tmp_path)
    (task,) = finished.config.training_tasks
    save(yardstick_folder(), task, made_yardstick(task))
    return gather(finished, NOTHING_ADDED)


def rule_of(material: Material) -> Program:
    assert material.best is not None
    reference = material.best.reference
    return replace(reference.program, name=reference.name)


def keep_journal(material: Material, program: Program) -> Path:
    """Begins the journal that `evosearch simplify --measure logistic` would write."""
    digests = [task.digest() for task in material.store.config.training_tasks]
    path = FOLDER / journal_name(program, digests, BUDGET, 0)
    path.parent.mkdir(parents=True)
    path.touch()
    return path


def test_without_a_journal_there_is_nothing(
    material: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the rule is not simplified, which takes seconds; another rule's journal is no matter."""
    monkeypatch.setattr(worths, "simplify", lambda _: pytest.fail("simplified"))
    assert worths_of(material) is None
    keep_journal(material, ADAMW)
    assert worths_of(material) is None


@pytest.mark.parametrize("simplified", [True, False])
def test_a_journal_is_read(
    material: Material, monkeypatch: pytest.MonkeyPatch, simplified: bool
) -> None:
    """That of the rule as it is, or of what `simplify` makes of it, as the command does."""
    rule = rule_of(material)
    shorter = replace(ADAMW, name=rule.name)
    monkeypatch.setattr(worths, "simplify", lambda p: Simplified(p, shorter, 1.0, ()))
    path = keep_journal(material, shorter if simplified else rule)
    result = Measured(("logistic",), Simplified(rule, rule, 1.0, ()), (), WHOLE, WHOLE)
    asked: list[Program] = []

    def measure(program: Program, means: Means, journal: Journal, tell: object) -> Measured:
        del journal, tell
        asked.append(program)
        assert [task.name for task, _ in means.tasks] == ["logistic"]
        return result

    monkeypatch.setattr(worths, "simplify_by_training", measure)
    assert worths_of(material) is result
    assert asked == [shorter if simplified else rule]
    assert path.read_text() == ""


def test_an_ablation_that_is_not_complete_is_not_completed(
    material: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first training that would be needed ends the attempt; nothing is added to the journal."""
    monkeypatch.setattr(worths, "simplify", lambda p: Simplified(p, ADAMW, 1.0, ()))
    path = keep_journal(material, rule_of(material))
    told = worths_of(material)
    assert isinstance(told, str)
    assert "not complete" in told
    assert path.read_text() == ""
