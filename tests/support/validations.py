"""Validations of tasks that train in no time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from evosearch import known_rule, parse
from evosearch.export.notation.provenance import Reference
from evosearch.search.work import Executor, Inline, Pending
from evosearch.validation import trials
from evosearch.validation.contestants import contestants
from evosearch.validation.journal import Journal
from evosearch.validation.laboratory import Question, Trainings
from evosearch.validation.trials import Trial
from tests.support.tiny_task import TINY, TINY_TOO

TASKS = (TINY, TINY_TOO)
ASTRAY = "def astray(g):\n    return sin(g * 100000)\n"
"""A rule whose steps have little to do with the gradient, so that it hardly learns."""


def reference(name: str) -> Reference:
    """The known rule of this name, or the one that goes astray."""
    program = parse(ASTRAY) if name == "astray" else known_rule(name)
    return Reference(program, name, f"known rule {name}")


def question(*rules: str, **changes: Any) -> Question:
    """AdamW and momentum are its baselines."""
    listed = contestants([reference(name) for name in rules], ["momentum"])
    return Question(listed, **{"tasks": TASKS, "budget": 12} | changes)


def memory() -> Journal[Trial]:
    """A journal without files."""
    return Journal(write=trials.to_record, read=trials.from_record)


def laboratory(
    asked: Question, executor: Executor | None = None, journal: Journal[Trial] | None = None
) -> Trainings:
    """Trains in this process unless told otherwise."""
    return Trainings(asked, executor or Inline(), journal or memory(), lambda _: None)


@dataclass
class Counting:
    """Does the work in the reverse of the order in which it came, and counts it."""

    calls: list[tuple[Any, ...]] = field(default_factory=list)

    def submit(self, function: Any, *arguments: Any, **loads: Any) -> Pending[Any]:
        self.calls.append(arguments)
        return Inline().submit(function, *arguments, **loads)


def losses(made: Trainings, members: Sequence[int], number: int) -> list[float]:
    """The losses of some members in a trial on the first task."""
    task = made.question.tasks[0]
    return [
        loss
        for member in members
        for loss in made.trial(member, task, task.steps, number).losses.values()
    ]
