"""Regularized (aging) evolution (Real et al., arXiv 1802.01548): who breeds, who lives.

Candidates are bred in blocks. A block depends on the population alone, and every candidate draws
from its own generator, so a search is the same however long its trainings take.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evosearch.graph.digest import digest
from evosearch.graph.graph import Graph
from evosearch.graph.lowering import lower
from evosearch.language.program import Program
from evosearch.scoring.evaluation import Hurdles, Result
from evosearch.scoring.racing import RUNGS
from evosearch.scoring.yardstick import SEEDS
from evosearch.screening.contender import Contender, plan
from evosearch.screening.fingerprint import Fingerprint
from evosearch.screening.fingerprint_index import FingerprintIndex
from evosearch.screening.screen import Facts, screen_graph
from evosearch.search.config import SearchConfig
from evosearch.search.mutations import Language, mutate, prepare
from proxies.keys import generator

TRAINED, REMEASURED = "trained", "remeasured"
DUPLICATE, REJECTED = "duplicate", "rejected"
_MOST_MUTATIONS = 50
_COMPARED, _FEWEST_COMPARED = 200, 20  # candidates that a new one is compared with at a rung
_MOST_BRED_PER_PLACE = 200


@dataclass(frozen=True)
class Candidate:
    """One bred program and what became of it."""

    id: int
    block: int
    parent: int | None
    mutations: tuple[str, ...]
    program: Program
    facts: Facts
    outcome: str
    """`TRAINED`, `REMEASURED` (a duplicate of a rule that is trained again), `DUPLICATE` or
    `REJECTED`."""
    twin: int
    """The first candidate that did the same, which stands for their class; often itself."""
    contender: Contender | None
    """Only where it is to be trained."""
    seeds: tuple[int, ...]
    """With which it is to be trained."""


@dataclass(frozen=True, slots=True)
class _Mutant:
    """A child, how it was made, and its canonical form."""

    program: Program
    mutations: tuple[str, ...]
    graph: Graph
    digest: str


class Evolution:
    """The state of a search between blocks."""

    def __init__(self, config: SearchConfig, start: Program) -> None:
        self._config = config
        self._start = prepare(start, config.spare_slots)
        self._language = Language(config.primitives, config.longest)
        self._population: deque[int] = deque([0] * config.population, maxlen=config.population)
        self._programs = {0: self._start}
        self._keys: dict[int, str] = {0: digest(lower(self._start, bind=True))}
        self._scores: dict[int, list[float]] = {}
        """Of each class, by its first candidate: what its trainings gave."""
        self._hits: dict[int, int] = {}
        self._rungs: dict[str, list[deque[float]]] = {
            task: [deque(maxlen=_COMPARED) for _ in RUNGS] for task in config.tasks
        }
        """Of the last trained candidates, on each task, the loss at each rung."""
        self._twin: dict[int, int] = {}
        self._known: dict[str, tuple[Facts, int]] = {}
        self._classes = FingerprintIndex()
        self._class_owner: list[int] = []
        self._next_id = 0
        self._best = -np.inf
        self._since_best = 0

    def breed(self, block: int, places: int) -> list[Candidate]:
        """Candidates, in order of their ids, of which at most `places` are to be trained.

        Breeding ends when that many were found, or after many that were duplicates or rejected.
        Block 0 is the start rule alone.
        """
        if block == 0:
            graph = lower(self._start, bind=True)
            return [self._judge(_Mutant(self._start, (), graph, digest(graph)), block, None)]
        bred: list[Candidate] = []
        while places and len(bred) < _MOST_BRED_PER_PLACE * self._config.block:
            draw = generator("candidate", self._config.seed, self._next_id)
            parent = self._choose_parent(draw)
            mutant = self._mutant(parent, draw)
            candidate = self._judge(mutant, block, parent)
            places -= candidate.contender is not None
            bred.append(candidate)
        return bred

    def commit(self, candidates: Sequence[Candidate], results: dict[int, Result]) -> list[float]:
        """Takes a block into the population; `results` are those of its trained candidates.

        Returns the fitness of each candidate, minus infinity where rejected: what its own training
        gave, and for a duplicate the mean of its class. Every valid child enters and the oldest
        individual leaves.
        """
        for candidate in candidates:
            if candidate.contender is not None:
                self._record(candidate.twin, results[candidate.id])
        fitness = []
        for candidate in candidates:
            if candidate.outcome == REJECTED:
                fitness.append(-np.inf)
                continue
            self._twin[candidate.id] = candidate.twin
            self._programs[candidate.id] = candidate.program
            self._keys[candidate.id] = candidate.facts.digest
            self._population.append(candidate.id)
            own = results.get(candidate.id)
            fitness.append(self._class_fitness(candidate.twin) if own is None else own.fitness)
        if self._since_best >= self._config.restart_after:
            self._population.extend([0] * self._config.population)
            self._best, self._since_best = self._class_fitness(0), 0
        alive = {0, *self._population}
        self._programs = {k: v for k, v in self._programs.items() if k in alive}
        self._keys = {k: v for k, v in self._keys.items() if k in alive}
        self._twin = {k: v for k, v in self._twin.items() if k in alive}
        return fitness

    def hurdles(self) -> Hurdles:
        """What the next block's new candidates must reach, by those committed so far."""
        return {
            task: tuple(
                float(np.quantile(losses, self._config.rung_quantile, method="lower"))
                if len(losses) >= _FEWEST_COMPARED and self._config.rung_quantile < 1
                else np.inf
                for losses in rungs
            )
            for task, rungs in self._rungs.items()
        }

    def _record(self, twin: int, result: Result) -> None:
        self._scores.setdefault(twin, []).append(result.fitness)
        for task, losses in result.rungs.items():
            for known, loss in zip(self._rungs[task], losses, strict=False):
                known.append(loss)
        self._since_best += 1
        if self._class_fitness(twin) > self._best:
            self._best, self._since_best = self._class_fitness(twin), 0

    def _class_fitness(self, twin: int) -> float:
        """The mean over the trainings of a class, so that no lucky one lasts."""
        # Before the first commit the start rule, which is all there is, has no fitness yet.
        scores = self._scores.get(twin, [0.0])
        return sum(scores) / len(scores)

    def _choose_parent(self, draw: np.random.Generator) -> int:
        """The fittest of a random few."""
        entrants = draw.integers(len(self._population), size=self._config.tournament)
        chosen = (self._population[entrant] for entrant in entrants)
        return max(chosen, key=lambda i: self._class_fitness(self._twin.get(i, 0)))

    def _mutant(self, parent: int, draw: np.random.Generator) -> _Mutant:
        """Mutates until the canonical form changes; neutral edits on the way are kept."""
        child, names = self._programs[parent], []
        for _ in range(_MOST_MUTATIONS):
            child, name = mutate(child, draw, self._language)
            names.append(name)
            graph = lower(child, bind=True)
            key = digest(graph)
            if key != self._keys[parent]:
                break
        return _Mutant(child, tuple(names), graph, key)

    def _judge(self, mutant: _Mutant, block: int, parent: int | None) -> Candidate:
        """Numbers a program and looks it up: by canonical form, then by fingerprint."""
        number = self._next_id
        self._next_id += 1
        key = mutant.digest
        contender = None
        seeds: tuple[int, ...] = ()
        if key in self._known:
            facts, twin = self._known[key]
        else:
            screened = screen_graph(mutant.graph, key)
            facts, twin = screened.facts, number
            if screened.fingerprint is not None:
                twin = self._classify(screened.fingerprint, number)
            self._known[key] = facts, twin
        if facts.rejection:
            outcome, twin = REJECTED, number
        elif twin == number:
            outcome, seeds = TRAINED, tuple(range(self._config.seeds))
        else:
            seeds = self._seeds_to_remeasure(twin)
            outcome = REMEASURED if seeds else DUPLICATE
        if seeds:
            contender = Contender(plan(mutant.graph), facts.update_size)
        return Candidate(
            id=number,
            block=block,
            parent=parent,
            mutations=mutant.mutations,
            program=mutant.program,
            facts=facts,
            outcome=outcome,
            twin=twin,
            contender=contender,
            seeds=seeds,
        )

    def _seeds_to_remeasure(self, twin: int) -> tuple[int, ...]:
        """Counts a hit of a class; the seeds of its next training, if that is due.

        There are as many trainings as the yardstick has seeds for, since scores are paired.
        """
        hits = self._hits[twin] = self._hits.get(twin, 0) + 1
        every, size = self._config.remeasure_after, self._config.seeds
        if not every or hits % every:
            return ()
        start = hits // every * size
        return tuple(range(start, start + size)) if start + size <= SEEDS else ()

    def _classify(self, fingerprint: Fingerprint, number: int) -> int:
        """The first candidate that does the same on the probe; this one if it is the first."""
        found = self._classes.find(fingerprint)
        if found is None:
            found = self._classes.add(fingerprint)
            self._class_owner.append(number)
        return self._class_owner[found]
