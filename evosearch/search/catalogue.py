"""Remembers every rule that a search met: its facts, its class, and what tuning gave.

A program is looked up by its digest, then by its structure; where both are new, it is screened and
looked up by its fingerprint. Programs of one structure, or that do the same, are a class, and its
first member represents it: scores and settings are kept under the representative's id. Where
constants are not tuned, a class is of programs that do the same alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from evosearch.graph.graph import Graph
from evosearch.graph.structure import Structure
from evosearch.language.program import Program
from evosearch.scoring.evaluation import Result
from evosearch.scoring.rounds import ROUNDS
from evosearch.scoring.setting import Setting
from evosearch.screening.family import Family
from evosearch.screening.fingerprint_index import FingerprintIndex
from evosearch.screening.screen import Facts, screen, screen_graph
from evosearch.search.genotype import Genotype, tuned_program
from evosearch.search.space import prepare

PROMOTED = 8
"""One of so many classes is tuned in a further round: those of the highest fitness."""
_MOST_OTHERS = 2


@dataclass
class _Class:
    """Is what is known of a class whose representative was trained."""

    program: Program
    """The representative's, as it was bred."""
    structure: Structure
    family: Family
    others: list[dict[str, Setting]] = field(default_factory=list)
    """Settings by task that later members of the class brought, the latest last."""
    scores: list[float] = field(default_factory=list)
    """The fitness that each round of tuning gave."""
    cleared: bool = True
    best: dict[str, Setting] = field(default_factory=dict)
    """The best setting by task, of the latest round that came so far."""
    genotype: Genotype | None = None


class Catalogue:
    """Keeps the rules met so far; it draws nothing and trains nothing."""

    def __init__(self, tunes_constants: bool, spare_slots: int) -> None:
        self._tunes_constants, self._spare_slots = tunes_constants, spare_slots
        self._known: dict[str, tuple[Facts, int]] = {}
        """The facts and the representative, by digest."""
        self._structures: dict[str, int] = {}
        """The representative, by the structure's digest."""
        self._facts: dict[int, Facts] = {}
        """The facts of each representative."""
        self._index = FingerprintIndex()
        self._representatives: list[int] = []
        """The representative of each class of the index."""
        self._classes: dict[int, _Class] = {}

    def look_up(
        self, graph: Graph, digest: str, structure: Structure, candidate: int
    ) -> tuple[Facts, int]:
        """Gives a canonical form's facts and its representative, which may be the candidate.

        A rejected form is in no class: it is represented by the first candidate that had it.
        """
        known = self._known.get(digest)
        if known is None:
            alike = self._structures.get(structure.digest) if self._tunes_constants else None
            if alike is not None:
                facts, representative = self._facts[alike], alike
                known = replace(facts, digest=digest), representative
            else:
                known = self._screened(graph, digest, structure, candidate)
                if not known[0].gate:
                    self._structures.setdefault(structure.digest, known[1])
                    self._facts.setdefault(known[1], known[0])
            self._known[digest] = known
        return known

    def enter(
        self, representative: int, program: Program, structure: Structure, family: Family
    ) -> None:
        """Notes that a class is tuned for the first time."""
        self._classes[representative] = _Class(program, structure, family)

    def add_starts(
        self, representative: int, structure: Structure, starts: Mapping[str, Setting]
    ) -> None:
        """Notes the settings of another program of the same structure, for the next round.

        Their constants are in the order of the family of that program's structure.
        """
        known = self._classes[representative]
        if not starts or structure.digest != known.structure.digest:
            return
        theirs = Family(structure.named).names
        translated = {}
        for task, setting in starts.items():
            by_name = dict(zip(theirs, setting.constants, strict=True))
            # Constants of equal structures are in one order in `Structure.names`.
            ours = {
                own: by_name[other]
                for own, other in zip(known.structure.names, structure.names, strict=True)
            }
            constants = tuple(ours[name] for name in known.family.names)
            translated[task] = setting._replace(constants=constants)
        known.others = [*known.others, translated][-_MOST_OTHERS:]

    def record(self, representative: int, result: Result) -> None:
        """Files what a round of tuning gave."""
        known = self._classes[representative]
        known.scores.append(result.fitness)
        known.cleared = result.cleared
        known.best |= {task: tuned.best for task, tuned in result.tuned.items()}
        if not self._tunes_constants:
            return
        if not (known.family.names and known.best):
            known.genotype = Genotype(known.program, (), dict(known.best))
            return
        program = tuned_program(known.family, list(known.best.values()), known.program)
        known.genotype = Genotype(
            prepare(program, self._spare_slots), known.family.names, dict(known.best)
        )
        # So that a child which does what its tuned parent does is recognised.
        screened = screen(program)
        if screened.fingerprint is not None:
            self._known.setdefault(screened.facts.digest, (screened.facts, representative))
            if self._index.find(screened.fingerprint) is None:
                self._index.add(screened.fingerprint)
                self._representatives.append(representative)

    def fitness(self, representative: int) -> float:
        """Gives a class's score of its latest round, so that no lucky one lasts."""
        # Before the first commit the start rule, which is all there is, has no score yet.
        known = self._classes.get(representative)
        return known.scores[-1] if known and known.scores else 0.0

    def rounds(self, representative: int) -> int:
        """Counts the rounds in which a class was tuned."""
        return len(self._classes[representative].scores)

    def family(self, representative: int) -> Family:
        """Gives the rules of a class that was tuned."""
        return self._classes[representative].family

    def program(self, representative: int) -> Program:
        """Gives the representative's program as it was bred."""
        return self._classes[representative].program

    def starts(self, representative: int) -> dict[str, tuple[Setting, ...]]:
        """Gives, by task, the best setting of a class and what later members brought."""
        known = self._classes[representative]
        return {
            task: tuple(dict.fromkeys([best, *(o[task] for o in known.others if task in o)]))
            for task, best in known.best.items()
        }

    def genotype(self, representative: int) -> Genotype | None:
        """Gives what a class passes on; None where its members pass on their own programs."""
        known = self._classes.get(representative)
        return known.genotype if known else None

    def promoted(self, busy: Iterable[int]) -> list[int]:
        """Names the classes that have earned a further round, the fittest first.

        After each round the best of every `PROMOTED` go on, as soon as that is known
        (asynchronous successive halving, Li et al., arXiv 1810.05934); `busy` ones are in training.
        """
        waiting = []
        for number in range(1, ROUNDS):
            pool = [r for r, known in self._classes.items() if len(known.scores) >= number]
            pool.sort(key=lambda r: (-self.fitness(r), r))
            waiting += [
                r
                for r in pool[: len(pool) // PROMOTED]
                if self.rounds(r) == number and self._classes[r].cleared
            ]
        free = set(waiting) - set(busy)
        return sorted(free, key=lambda r: (-self.fitness(r), r))

    def _screened(
        self, graph: Graph, digest: str, structure: Structure, candidate: int
    ) -> tuple[Facts, int]:
        screened = screen_graph(graph, digest)
        if screened.fingerprint is None:
            return screened.facts, candidate
        place = self._index.find(screened.fingerprint)
        if place is None:
            self._index.add(screened.fingerprint)
            self._representatives.append(candidate)
            return screened.facts, candidate
        representative = self._representatives[place]
        known = self._classes.get(representative)
        more = known is not None and len(structure.constants) > len(known.structure.constants)
        # At its present constants it does what a simpler rule does, at others it may do more.
        return screened.facts, candidate if self._tunes_constants and more else representative
