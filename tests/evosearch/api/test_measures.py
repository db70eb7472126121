"""What a validation is asked, where it is kept, and who may see the final tasks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evosearch.api import measures
from evosearch.api.measures import validate
from evosearch.errors import EvosearchError
from evosearch.validation.laboratory import Question
from evosearch.validation.openings import openings
from evosearch.validation.validate import Places, Terms
from proxies import PLAIN, SUITES
from tests.support.recorded_run import record


class Asked:
    """Is asked instead of training."""

    def __init__(self) -> None:
        self.question: Any = None
        self.terms: Any = None
        self.places: Any = None

    def __call__(
        self, question: Question, terms: Terms, _: object, places: Places, __: object
    ) -> None:
        self.question, self.terms, self.places = question, terms, places


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Nothing is compiled or trained."""
    monkeypatch.chdir(tmp_path)
    made = Asked()
    monkeypatch.setattr(measures, "carried_out", made)
    monkeypatch.setattr(measures, "gradients", lambda *_: PLAIN)
    return made


def rule_files(count: int) -> list[str]:
    for n in range(count):
        text = f"def r{n}(g, m):\n    m = lerp(g, m, 0.{n + 1})\n    return m + {n} * sign(m), m\n"
        Path(f"r{n}.py").write_text(text, encoding="utf-8")
    return [f"r{n}.py" for n in range(count)]


def test_what_is_asked_by_default(asked: Asked) -> None:
    """The suite that chooses among finalists, at the tasks' own steps, with published baselines."""
    validate(["grams"])
    assert [one.name for one in asked.question.contestants] == [
        *("adamw", "nadam", "lion", "cautious_adamw", "mars_adamw", "ademamix"),
        "grams",
    ]
    assert tuple(task.name for task in asked.question.tasks) == SUITES["select"]
    assert asked.question.horizons == (1.0,)
    assert asked.terms.opening is None
    assert asked.places.all == Path("runs/validation")
    assert asked.places.own.name.startswith("grams-select-")


@pytest.mark.slow
def test_each_question_has_a_folder_of_its_own(asked: Asked) -> None:
    """The same question has the same one, however many seeds it may take."""
    ways: list[dict[str, Any]] = [
        {},
        {"tasks": ["search"]},
        {"horizons": [1, 8]},
        {"budget": 7},
        {"seed": 1},
        {"baselines": []},
    ]
    folders = []
    for way in (*ways, {"seeds": 3}, {"sensitivity": False}):
        validate(["lion"], **way)
        folders.append(asked.places.own)
    assert len(set(folders)) == len(ways)
    assert folders[-1] == folders[-2] == folders[0]


@pytest.mark.slow
def test_the_final_tasks_are_opened_for_a_few_rules_at_a_time(asked: Asked) -> None:
    """Known rules were not chosen by a search, so that they cost nothing; one task is enough."""
    files = rule_files(9)
    validate(["lion", "grams"], ["final"])
    assert asked.terms.opening is None
    with pytest.raises(EvosearchError, match=r"9 rules: .* at most 8 at once; choose .* select"):
        validate(files, ["final"])
    assert openings(Path("runs/validation")) == []
    validate([*files[:8], "lion"], [SUITES["final"][-1]])
    assert asked.terms.opening.number == 1
    assert asked.terms.opening.rules == tuple(f"r{n}" for n in range(8))
    validate([*files[:8], "lion"], [SUITES["final"][-1]], seeds=20)
    assert asked.terms.opening.number == 1
    validate(files[:1], ["final"])
    assert asked.terms.opening.number == 2


def test_a_runs_rules_are_validated_beside_it(asked: Asked, tmp_path: Path) -> None:
    """And so are its openings; a task by which it chose is named."""
    record(tmp_path / "run")
    validate(["run#best"], ["digit_images", "final"])
    assert asked.places.all == Path("run/validation")
    assert asked.terms.seen == ("digit_images",)
    assert [one.suite for one in openings(Path("run/validation"))] == ["digit_images+final"]


def test_what_makes_no_sense_is_refused(asked: Asked) -> None:
    """In a line, before anything is trained."""
    assert asked.question is None
    for way, message in (
        ({"seeds": 1}, "seeds: expected 2 or more, got 1"),
        ({"budget": 0}, "budget: expected at least 1 training, got 0"),
        ({"horizons": [0.0]}, r"horizon: expected positive multiples, got \[0.0\]"),
        ({"horizons": [float("nan")]}, r"horizon: expected positive multiples, got \[nan\]"),
        (
            {"horizons": [1, 1.0001], "tasks": ["spirals"]},
            "horizon: 1 and 1.0001 are both 120 steps on spirals; give them further apart",
        ),
        ({"tasks": ["nothing"]}, "no task named 'nothing'"),
        ({"device": "tpu"}, "no device 'tpu'"),
    ):
        with pytest.raises(EvosearchError, match=message):
            validate(["lion"], **way)  # type: ignore[arg-type]
    Path("bad.py").write_text("def bad(g): return 1 + 0 * g\n", encoding="utf-8")
    with pytest.raises(EvosearchError, match="bad cannot be trained"):
        validate(["bad.py"])
