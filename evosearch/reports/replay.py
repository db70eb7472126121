"""Makes stored trainings again and says whether they agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from evosearch.language.parser import parse
from evosearch.scoring.trainings import Training, carry_out
from evosearch.search.genotype import family_of
from evosearch.search.schema import HAS_RESULT
from evosearch.search.store_reader import StoreReader

TOLERANCE = 1e-6
"""The largest relative difference of a loss that agrees.

On the machine and with the libraries that made a run, losses agree to the last bit.
"""


@dataclass(frozen=True, slots=True)
class Replayed:
    """Compares the trainings of one candidate on one task with those made again."""

    candidate: int
    task: str
    runs: int
    identical: int
    """The runs whose loss is the same to the last bit."""
    deviation: float
    """The largest relative difference of a loss."""

    @property
    def agrees(self) -> bool:
        """Tells whether every loss is within the tolerance."""
        return self.deviation <= TOLERANCE


def to_replay(store: StoreReader, limit: int) -> list[int]:
    """Names what was trained of the start rule and the best `limit` classes, in all their rounds.

    A limit of -1 stands for all classes.
    """
    chosen = dict.fromkeys([0, *(one.id for one in store.trained(limit))])
    rounds: dict[int, list[int]] = {}
    for one in store.candidates(HAS_RESULT):
        rounds.setdefault(one.representative, []).append(one.id)
    return [number for representative in chosen for number in rounds.get(representative, [])]


def replay(store: StoreReader, numbers: list[int]) -> Iterator[Replayed]:
    """Trains the candidates again; yields a result per candidate and task, as each is finished."""
    engine, additions = store.config.engine, store.config.additions
    for number in numbers:
        program = parse(store.candidate(number).text, table=additions.table)
        family = family_of(program, store.config.tunes_constants)
        stored = sorted(store.evaluations(number), key=lambda e: (e.task, e.steps))
        for (task, steps), group in groupby(stored, key=lambda e: (e.task, e.steps)):
            evaluations = list(group)
            trainings = []
            for e in evaluations:
                contender = family.contender(e.constants)
                assert contender is not None, f"{e.constants} were trained before"
                trainings.append(Training(contender, e.rate, e.seed))
            losses = [e.loss for e in carry_out(additions.tasks[task], steps, trainings, engine)]
            differences = [
                0.0 if e.loss == loss else abs(loss - e.loss) / max(abs(loss), abs(e.loss))
                for e, loss in zip(evaluations, losses, strict=True)
            ]
            yield Replayed(
                candidate=number,
                task=task,
                runs=len(evaluations),
                identical=sum(d == 0 for d in differences),
                # A run that diverged only once gives NaN, which agrees with nothing.
                deviation=max((d if d == d else float("inf")) for d in differences),
            )
