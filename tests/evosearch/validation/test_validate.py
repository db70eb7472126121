"""A whole validation of small tasks: resumed, on other executors, with known winners."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from evosearch.search.executor import executor
from evosearch.search.work import Executor, Inline
from evosearch.validation import validate as module
from evosearch.validation.openings import record_opening
from evosearch.validation.outcome import OPEN, OUTCOME, WORSE, Outcome, read_outcome, to_record
from evosearch.validation.price import Price
from evosearch.validation.validate import Places, Terms, validate
from tests.support.validations import Counting, question

TERMS = Terms(7, "tiny", None, (), False, ("torch",))


@pytest.fixture(autouse=True)
def _timeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times are not reproducible."""
    monkeypatch.setattr(module, "price", lambda _: Price(4.0, 1.0))


def places(folder: Path) -> Places:
    return Places(folder, folder / "own", folder / "shared")


def carried_out(
    folder: Path, terms: Terms = TERMS, executor: Executor | None = None, *rules: str
) -> Outcome:
    asked = question(*(rules or ("astray", "adamw")))
    return validate(asked, terms, executor or Inline(), places(folder), lambda _: None)


def test_adamw_is_as_fast_as_itself_and_a_rule_gone_astray_is_not(tmp_path: Path) -> None:
    """AdamW is tuned twice, with other draws, so its speed-up is one within the interval alone."""
    outcome = carried_out(tmp_path)
    astray, adamw = outcome.standings[:2]
    assert (astray.verdict, adamw.verdict) == (WORSE, OPEN)
    assert adamw.gain.low < 1 < adamw.gain.high
    assert adamw.gain.speedup != 1
    assert astray.seeds < adamw.seeds == 7
    assert (tmp_path / "own" / OUTCOME).is_file()
    assert read_outcome(tmp_path / "own" / OUTCOME) == outcome


def test_what_was_interrupted_goes_on(tmp_path: Path) -> None:
    """The same outcome, and nothing is trained twice; then baselines are known to others."""

    class Killed(Counting):
        def submit(self, function, *arguments, **loads):  # type: ignore[no-untyped-def]
            if len(self.calls) == 12:
                raise KeyboardInterrupt
            return super().submit(function, *arguments, **loads)

    whole, first, second = Counting(), Killed(), Counting()
    outcome = carried_out(tmp_path / "whole", executor=whole)
    with pytest.raises(KeyboardInterrupt):
        carried_out(tmp_path / "cut", executor=first)
    assert carried_out(tmp_path / "cut", executor=second) == outcome
    # What was submitted but not done when the kill came is done again, at most one round of it.
    assert len(second.calls) < len(whole.calls)
    again = Counting()
    carried_out(tmp_path / "cut", TERMS, again)
    assert not again.calls
    shared = (tmp_path / "cut" / "shared" / "baselines.jsonl").read_text(encoding="utf-8")
    assert {json.loads(line)["address"][0][:8] for line in shared.splitlines()} == {"baseline"}


@pytest.mark.slow
@pytest.mark.ray
def test_workers_change_nothing(tmp_path: Path) -> None:
    """To the last bit."""
    from proxies import TASKS

    asked = replace(question("sgd"), tasks=(TASKS["logistic"],), budget=6)
    terms = replace(TERMS, limit=2)
    alone = validate(asked, terms, Inline(), places(tmp_path / "a"), lambda _: None)
    with executor(2) as ready:
        beside = validate(asked, terms, ready, places(tmp_path / "b"), lambda _: None)
    assert alone == beside


def test_ranges_are_kept_as_trials_are(tmp_path: Path) -> None:
    """Asked for again, nothing is trained; without them the rest is the same."""
    terms = replace(TERMS, limit=2, sensitivity=True)
    work = Counting()
    outcome = carried_out(tmp_path, terms, work)
    assert work.calls
    names = [one.name for one in outcome.standings[1].on_tasks[0].sensitivity]
    assert names[0] == "rate"
    assert {"beta1", "beta2", "eps", "weight_decay"} == set(names[1:])
    again = Counting()
    assert carried_out(tmp_path, terms, again) == outcome
    assert not again.calls
    bare = carried_out(tmp_path, replace(terms, sensitivity=False))
    assert [one.gain for one in bare.standings] == [one.gain for one in outcome.standings]


def test_a_second_opening_shows_and_has_less_of_the_level(tmp_path: Path) -> None:
    """Its intervals are wider than those of the first on the same trials."""
    outcomes = []
    for identity in ("a", "b"):
        opening = record_opening(tmp_path, identity, "final", ["astray"], "2026-01-01")
        outcomes.append(carried_out(tmp_path, replace(TERMS, opening=opening, limit=6)))
    first, second = outcomes
    assert [(one.opening, one.openings) for one in outcomes] == [(1, 1), (2, 2)]
    assert (first.level, second.level) == (0.05 / 2, 0.05 / 6)
    assert second.standings[1].gain.high > first.standings[1].gain.high
    assert to_record(second)["opening"] == 2
