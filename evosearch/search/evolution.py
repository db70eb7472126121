"""Evolves in blocks, by regularized evolution.

Each block is bred from the population, trained, and committed to it. A block depends on the
population alone, so a search is the same however long its trainings take.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from evosearch.errors import EvosearchError
from evosearch.graph.lowering import lower
from evosearch.language.program import Program
from evosearch.scoring.evaluation import Result
from evosearch.search.breeding import Breeder
from evosearch.search.candidate import REJECTED, TRAINED, Candidate, Individual
from evosearch.search.catalogue import Catalogue
from evosearch.search.config import SearchConfig
from evosearch.search.flight import candidate_from, flight_record
from evosearch.search.funnel import RECENT, Funnel
from evosearch.search.islands import Islands
from evosearch.search.memory import Memory
from evosearch.search.rung_limits import RecentRungs
from evosearch.search.space import prepare

_MOST_BRED_PER_PLACE = 200
_PROMOTIONS = 4
"""At most one of so many places goes to a class that was tuned before."""


class Evolution:
    """Holds the state of a search between blocks; goes on from what `memory` knows of one."""

    def __init__(self, config: SearchConfig, start: Sequence[Program], memory: Memory) -> None:
        self._config, self._memory = config, memory
        self._start = [prepare(program, config.spare_slots) for program in start]
        self._most_bred = _MOST_BRED_PER_PLACE * config.block
        self._most_promoted = max(1, config.block // _PROMOTIONS)
        self._busy: set[int] = set()
        """The classes that are in training."""
        self.tuned = 0
        """The structures that are tuned and committed, further rounds counted too."""
        self._spent = self._bred_spent = self._bred_tuned = 0
        """The replica-steps of what was committed; those of what was bred, and how many it were."""
        self._next_block, self._wanted = 0, config.evaluations
        """The number of the next block, and the structures that are still to be tuned."""
        table = config.additions.table
        self._catalogue = Catalogue(memory, config.tunes_constants, config.spare_slots, table)
        self._breeder = Breeder(config, self._catalogue)
        self._rungs = RecentRungs(config.tasks, config.rung_quantile)
        self._funnel = Funnel(config.micro_share)
        founders = [
            Individual(number, program, number, lower(program).size)
            for number, program in enumerate(self._start)
        ]
        self._islands = Islands(config, founders, memory, self._catalogue.fitness)
        self._load()

    def next_block(self) -> list[Candidate]:
        """Breeds the next block; it is empty where no more is to be tuned."""
        config = self._config
        spent = config.replica_steps and self.expected_spending >= config.replica_steps
        if spent or (config.candidates and self._breeder.next_id >= config.candidates):
            self.stop()
        if not self._wanted:
            return []
        block = self.breed(self._next_block, min(config.block, self._wanted))
        chosen = sum(candidate.entrant is not None for candidate in block)
        # A block of duplicates only means that nothing new is within reach.
        self._wanted = max(0, self._wanted - chosen) if chosen else 0
        self._next_block += 1
        self._save()
        return block

    def stop(self) -> None:
        """Sees to it that no block is bred any more, nor after a resume."""
        self._wanted = 0
        self._save()

    @property
    def exhausted(self) -> bool:
        """Tells whether no block is to be bred any more, as far as is known."""
        return not self._wanted

    def in_flight(self) -> list[list[Candidate]]:
        """Gives the blocks that are bred and not committed yet, in their order."""
        blocks: dict[int, list[Candidate]] = {}
        for number, block, record in self._memory.in_flight():
            one = candidate_from(number, block, record, self._config)
            blocks.setdefault(block, []).append(one)
        return list(blocks.values())

    def breed(self, block: int, places: int) -> list[Candidate]:
        """Breeds candidates, in order of their ids, of which at most `places` are to be trained.

        A few places go to classes that have earned a further round of tuning. Breeding ends when
        the places are taken, or after many that were duplicates or rejected. Block 0 is the start
        rules alone.

        Raises:
            EvosearchError: two start rules are one, or one is rejected.
        """
        if block == 0:
            bred = [self._breeder.first(program) for program in self._start]
            _require_different(bred)
        else:
            most = min(self._most_promoted, places)
            promoted = self._catalogue.promoted(self._busy, self._funnel.rounds.share, most)
            bred = [self._breeder.again(one, block, by_lot) for one, by_lot in promoted]
            places -= len(bred)
            while places and len(bred) < self._most_bred:
                candidate = self._breeder.next(self._islands.of(block), block)
                places -= candidate.entrant is not None
                bred.append(candidate)
        pass_mark = self._funnel.micro.pass_mark
        bred = [self._limited(candidate, pass_mark) for candidate in bred]
        self._busy |= {one.representative for one in bred if one.entrant}
        self._memory.add_in_flight(block, [(one.id, flight_record(one)) for one in bred])
        return bred

    @property
    def expected_spending(self) -> float:
        """Counts the replica-steps of what was committed and, at its mean, of what is in training.

        The start rule, which always is tuned to the end, has no part in the mean.
        """
        return self._spent + len(self._busy) * self._bred_spent / max(1, self._bred_tuned)

    def commit(self, candidates: Sequence[Candidate], results: Mapping[int, Result]) -> list[float]:
        """Takes a block into the population; `results` are those of its trained candidates, by id.

        Every valid candidate enters and the oldest individual leaves; on a plateau, evolution
        starts anew. Gives the fitness of each candidate: what its own tuning gave, for a
        duplicate that of its class, and minus infinity where it was rejected.
        """
        for candidate in candidates:
            if candidate.entrant is not None:
                self._record(candidate, results[candidate.id])
        fitness = [self._enter(candidate, results.get(candidate.id)) for candidate in candidates]
        block = candidates[0].block
        self._islands.end_of(block)
        self._memory.land(block)
        self._save()
        return fitness

    def _limited(self, candidate: Candidate, pass_mark: float) -> Candidate:
        """Holds a new candidate to what those committed so far had on `micro` and at the rungs.

        A rule that is tuned in a further round is trained to the end.
        """
        if candidate.entrant is None or candidate.outcome != TRAINED:
            return candidate
        entrant = replace(candidate.entrant, limits=self._rungs.limits(), pass_mark=pass_mark)
        return replace(candidate, entrant=entrant)

    def _record(self, candidate: Candidate, result: Result) -> None:
        representative = candidate.representative
        self._busy.discard(representative)
        self.tuned += 1
        self._spent += result.spent
        if candidate.id >= len(self._start):
            self._bred_spent += result.spent
            self._bred_tuned += 1
        self._funnel.record(candidate, result, self._catalogue.fitness(representative))
        self._catalogue.record(representative, result)
        if candidate.outcome == TRAINED:
            # A good rule that starts from its best settings would be too high a limit for new ones.
            self._rungs.record({task: tuned.rungs for task, tuned in result.tuned.items()})
        self._islands.note(candidate.block, self._catalogue.fitness(representative))
        # In its first round, the best of many is the luckiest.
        confirmed = result.cleared and self._catalogue.rounds(representative) > 1
        if confirmed and 0 < self._config.target <= 2**result.fitness:
            self.stop()

    def _enter(self, candidate: Candidate, result: Result | None) -> float:
        """Lets a valid candidate into the population; gives its fitness."""
        if candidate.outcome == REJECTED:
            return -np.inf
        individual = Individual(
            candidate.id, candidate.program, candidate.representative, candidate.facts.size
        )
        self._islands.born(candidate.block, individual)
        if result is None:
            return self._catalogue.fitness(candidate.representative)
        return result.fitness

    def _save(self) -> None:
        self._memory.save_progress(
            {
                "next_candidate": self._breeder.next_id,
                "next_block": self._next_block,
                "wanted": self._wanted,
                "tuned": self.tuned,
                "spent": self._spent,
                "bred_spent": self._bred_spent,
                "bred_tuned": self._bred_tuned,
                "islands": self._islands.state(),
            }
        )

    def _load(self) -> None:
        """Takes up the state in which the last transaction left the search, if there was one."""
        known = self._memory.progress
        if known is None:
            return
        self._breeder.next_id = known["next_candidate"]
        self._next_block, self._wanted = known["next_block"], known["wanted"]
        self.tuned, self._spent = known["tuned"], known["spent"]
        self._bred_spent, self._bred_tuned = known["bred_spent"], known["bred_tuned"]
        self._busy = {one.representative for own in self.in_flight() for one in own if one.entrant}
        self._islands.restore(known["islands"])
        self._rungs.restore(self._memory.recent_rungs)
        self._funnel = Funnel(
            self._config.micro_share,
            self._memory.recent_on_micro(RECENT),
            self._memory.recent_in_rounds(RECENT),
        )


def require_start(config: SearchConfig, start: Sequence[Program]) -> None:
    """Refuses rules from which a search cannot begin, before anything is trained.

    Raises:
        EvosearchError: two start rules are one, or one is rejected.
    """
    Evolution(config, start, Memory.in_ram()).breed(0, len(start))


def _require_different(start: Sequence[Candidate]) -> None:
    """Refuses start rules that are one rule, or that no search can begin with.

    Raises:
        EvosearchError: that is so.
    """
    for one in start:
        if one.facts.gate:
            raise EvosearchError(
                f"cannot start from {one.program.name}: the gate '{one.facts.gate}' rejects it"
            )
        if one.representative != one.id:
            other = start[one.representative].program.name
            raise EvosearchError(
                f"the start rules {other} and {one.program.name} are one structure, or do the "
                "same; give one of them"
            )
