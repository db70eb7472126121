"""The answer that a page begins with, and what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from evosearch.plugins.additions import NOTHING_ADDED
from evosearch.reports.page.material import Material, gather
from evosearch.reports.page.validations import read_validations
from evosearch.reports.page.verdict import NO, UNKNOWN, YES, Verdict, leading, verdict
from evosearch.scoring.statistics import Measurement
from evosearch.search.store_reader import StoreReader
from evosearch.search.store_writer import StoreWriter
from evosearch.validation.outcome import BETTER, WORSE, Gain, Outcome, Standing
from tests.support.made_outcome import outcome, standing, two_rules, validate
from tests.support.recorded_run import RECORDED, START, record


@pytest.fixture
def material(tmp_path: Path) -> Material:
    """Of a run whose finals found a rule 1.5 times as fast, on digit_images."""
    with StoreReader.open(record(tmp_path / "run")) as store:
        return gather(store, NOTHING_ADDED)


FOUND = "candidate 3 of run run"


def judged(material: Material) -> Verdict:
    """The verdict, read from the store anew."""
    with StoreReader.open(material.store.folder) as store:
        return verdict(replace(material, store=store))


def validated(material: Material, **named: Outcome) -> Material:
    """The same run with validations of these names."""
    for name, what in named.items():
        validate(material.store.folder, name, what)
    return replace(material, validations=read_validations(material.store.folder))


def test_finals_speak_with_their_caveats(material: Material) -> None:
    """They are on the search's own tasks, and are said to be."""
    answer = judged(material)
    assert (answer.answer, answer.basis) == (YES, "finals")
    assert (answer.speedup, answer.low, answer.high) == (1.5, 1.25, 1.75)
    told = " ".join(answer.sentences)
    assert "1.50 [1.25, 1.75]" in answer.sentences[0]
    assert "Other tasks were not tried." in answer.sentences[0]
    assert "digit_images, on 8 seeds" in told
    assert "not corrected" in told
    assert "luck of tuning" not in told


@pytest.mark.parametrize(
    ("low", "answer", "says"),
    [(0.99, NO, "Nothing better than tuned AdamW was found"), (1.01, YES, "luck of tuning")],
)
def test_a_small_lead_is_called_one(material: Material, low: float, answer: str, says: str) -> None:
    """And an interval that reaches 1 is no lead at all."""
    (number,) = material.reported
    measured = Measurement(1.05, low, 1.2, {"digit_images": 1.05})
    told = judged(replace(material, reported={number: measured}))
    assert told.answer == answer
    assert says in " ".join(told.sentences)


def test_the_best_of_several_is_not_the_answer(material: Material) -> None:
    """The rule that the ranking put first is; another that leads is told of, as luck may be."""
    (number,) = material.reported
    reported = {
        number: Measurement(0.9, 0.8, 1.01, {}),
        77: Measurement(1.3, 1.2, 1.4, {}),
        78: Measurement(1.3, 0.9, 1.9, {}),
    }
    told = judged(replace(material, reported=reported))
    assert (told.answer, told.speedup) == (NO, 0.9)
    assert "candidate 77 has 1.30 [1.20, 1.40]; the ranking had not" in told.sentences[-1]
    assert "78" not in " ".join(told.sentences)


def test_a_validation_goes_before_the_finals(material: Material) -> None:
    """It says where it was measured, for how many rules it is corrected, and at what level."""
    told = judged(validated(material, late=outcome(two_rules("run"))))
    assert (told.answer, told.basis, told.rule) == (YES, "validation late", "rule_1")
    assert told.sentences[0] == "Yes: rule_1 is faster than tuned AdamW, 1.20 [1.15, 1.25] times."
    text = " ".join(told.sentences)
    assert "on spirals_wide, digits_wide: the final tasks, which chose nothing" in text
    assert "for 2 rules at once and after every seed" in text
    assert "at most 0.025" in text
    assert "opening 2 of the final tasks, which were opened 2 times" in text
    assert "Over nadam, the best of the baselines, it has 1.18 [1.13, 1.23]: not disti" in text
    assert "by a factor 0.97 [0.96, 0.98]: the gain shrinks" in text


def test_the_most_trustworthy_validation_leads(material: Material) -> None:
    """The final tasks before others that chose nothing, and these before the search's own."""
    rules = two_rules("run")
    own = outcome(rules, tasks=("digit_images",), opening=None)
    mixed = outcome(rules, tasks=("digit_images", "digits_wide"), opening=None)
    other = outcome(rules, opening=None)
    nobody = outcome(())
    known = validated(material, a=own, b=mixed, c=other, d=outcome(rules), e=nobody)
    tasks = ("digit_images",)
    for name in ("d", "c", "a"):
        chosen = leading(known.validations, tasks)
        assert chosen is not None
        assert chosen.name == name
        left = tuple(one for one in known.validations.every if one.name not in (name, "b"))
        known = replace(known, validations=replace(known.validations, every=left))
    assert leading(known.validations, tasks) is None


def test_tasks_that_chose_the_rules_are_told(material: Material) -> None:
    """All of them, or those among others."""
    rules = two_rules("run")
    own = judged(validated(material, own=outcome(rules, tasks=("digit_images",), opening=None)))
    assert (
        "digit_images: the search's own tasks, on which the rules were chosen" in own.sentences[1]
    )
    assert "opening" not in " ".join(own.sentences)
    both = ("digit_images", "digits_wide")
    mixed = judged(validated(material, a_mixed=outcome(rules, tasks=both, opening=None)))
    assert "of these digit_images is one of the search's own" in mixed.sentences[1]


@pytest.mark.parametrize(
    ("rules", "first"),
    [
        (
            (replace(two_rules("run")[1], origin=FOUND),),
            "Nothing better than tuned AdamW was found: other, with 1.01 [0.00, ∞]",
        ),
        (
            (standing("slow", FOUND, 0.8, WORSE), standing("slower", FOUND, 0.7, WORSE)),
            "No: tuned AdamW is faster than each of the 2 rules; the nearest, slow, has 0.80",
        ),
        (
            (standing("slow", FOUND, 1.3, WORSE), replace(two_rules("run")[1], origin=FOUND)),
            "Nothing better than tuned AdamW was found: slow",
        ),
    ],
)
def test_nothing_better_is_said_plainly(
    material: Material, rules: Sequence[Standing], first: str
) -> None:
    """And what is worse for certain is told from what cannot be told from AdamW."""
    told = judged(validated(material, late=outcome(rules)))
    assert told.answer == NO
    assert told.sentences[0].startswith(first)


def test_what_the_run_did_not_find_is_not_its_answer(material: Material) -> None:
    """A known rule or a file that was validated beside a run's rule may be better than AdamW."""
    known = standing("cautious_adamw", "known rule cautious_adamw", 1.4, BETTER)
    (ours, _), slow = two_rules("run"), standing("slow", FOUND, 0.8, WORSE)
    told = judged(validated(material, late=outcome((known, slow))))
    assert (told.answer, told.rule, told.speedup) == (NO, "slow", 0.8)
    assert told.sentences[0].startswith("No: tuned AdamW is faster than the rule; the nearest, sl")
    both = judged(validated(material, early=outcome((known, ours))))
    assert (both.answer, both.rule) == (YES, "rule_1")
    assert "other rule" not in both.sentences[0]


def test_before_the_finals_nothing_is_claimed(material: Material, tmp_path: Path) -> None:
    """A run that goes on, or has only begun, names the command that goes on with it."""
    running = judged(replace(material, reported={}, ranked={}, done=False))
    assert (running.answer, running.basis, running.speedup) == (UNKNOWN, None, None)
    assert running.sentences[0].startswith("Nothing was measured on fresh seeds yet")
    assert "leads with 2.00 in the search" in running.sentences[1]
    assert running.sentences[-1] == f"Go on with `evosearch resume {tmp_path / 'run'}`."
    StoreWriter.create(tmp_path / "fresh", RECORDED, START).close()
    with StoreReader.open(tmp_path / "fresh") as store:
        fresh = verdict(gather(store, NOTHING_ADDED))
    assert fresh.answer == UNKNOWN
    assert "No candidate was trained yet." in fresh.sentences
    empty = judged(replace(material, reported={}, ranked={}))
    assert empty.answer == NO
    assert "No rule came through all" in empty.sentences[1]


def test_a_rule_that_was_validated_beside_the_runs_is_not_what_it_found(
    material: Material,
) -> None:
    """A known rule that is better makes no discovery of the search."""
    own, _ = two_rules("run")
    slow = replace(own, verdict=WORSE, gain=Gain(0.9, 0.85, 0.95))
    known = replace(own, name="lion", origin="known rule lion")
    told = judged(validated(material, late=outcome((slow, known))))
    assert (told.answer, told.rule) == (NO, own.name)
    assert told.sentences[0].startswith("No: tuned AdamW is faster than the rule")
