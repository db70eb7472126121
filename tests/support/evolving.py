"""Evolution with a made-up fitness and made-up settings, so that nothing is trained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evosearch.language.library import known_rule
from evosearch.scoring.evaluation import Result
from evosearch.scoring.setting import Setting, draw_setting
from evosearch.scoring.tuner import Tuned
from evosearch.search.candidate import Candidate
from evosearch.search.config_values import make_config
from evosearch.search.evolution import Evolution
from evosearch.search.memory import Memory
from proxies.keys import generator

TASK = "logistic"
"""A task that trains in no time."""
SPENT = 100
"""The replica-steps of each tuning."""


def made_result(
    candidate: Candidate,
    fitness: float,
    cleared: bool = True,
    constants: tuple[float, ...] | None = None,
    rungs: tuple[float, ...] = (),
    spent: int = SPENT,
) -> Result:
    """What tuning on one task might have given: its choice is drawn near the rule's defaults."""
    assert candidate.entrant is not None
    family = candidate.entrant.family
    draw = generator("made", candidate.id)
    best = draw_setting(family, Setting(1.0, family.defaults), draw, 0.1, usual=False)
    if constants is not None:
        best = best._replace(constants=constants)
    return Result(fitness, cleared, {TASK: Tuned(best, {}, (), spent, rungs=rungs)})


def advance(
    evolution: Evolution, block: int, places: int, score: Callable[[Candidate], float]
) -> tuple[list[Candidate], dict[int, Result], list[float]]:
    """Breeds a block and commits it: its candidates, their results by id, their fitness."""
    bred = evolution.breed(block, places)
    results = {c.id: made_result(c, score(c)) for c in bred if c.entrant}
    return bred, results, evolution.commit(bred, results)


def grow(score: Callable[[Candidate], float], blocks: int, **values: Any) -> list[Candidate]:
    """All candidates of the first blocks of a search for what scores high."""
    values = {"population": 20, "tournament": 3, "tasks": [TASK], **values}
    config = make_config(values, "test")
    evolution = Evolution(config, [known_rule("adamw")], Memory.in_ram())
    history: list[Candidate] = []
    for block in range(blocks):
        history += advance(evolution, block, config.block, score)[0]
    return history


def shortness(candidate: Candidate) -> float:
    """A fitness that is the higher the fewer primitives a rule has."""
    return -float(candidate.facts.size)
