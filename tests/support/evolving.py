"""Evolution with a made-up fitness, so that nothing is trained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evosearch.language.library import known_rule
from evosearch.scoring.evaluation import Result
from evosearch.search.candidate import Candidate
from evosearch.search.config import make_config
from evosearch.search.evolution import Evolution


def grow(score: Callable[[Candidate], float], blocks: int, **values: Any) -> list[Candidate]:
    """All candidates of the first blocks of a search for what scores high."""
    config = make_config({"population": 20, "tournament": 3, **values}, "test")
    evolution = Evolution(config, known_rule("adamw"))
    history: list[Candidate] = []
    for block in range(blocks):
        bred = evolution.breed(block, config.block)
        results = {c.id: Result(score(c), True, ()) for c in bred if c.contender}
        evolution.commit(bred, results)
        history += bred
    return history


def shortness(candidate: Candidate) -> float:
    """A fitness that is the higher the fewer primitives a rule has."""
    return -float(candidate.facts.size)
