"""Remembers every rule that a search met: its facts, its class, and what tuning gave.

A program is looked up by its digest, then by its structure; where both are new, it is screened and
looked up by its fingerprint. Programs of one structure, or that do the same, are a class, and its
first member represents it: scores and settings are kept under the representative's id. Where
constants are not tuned, a class is of programs that do the same alone.

What is remembered lies in the run's database; a fingerprint is taken again of the program that had
it when another comes near.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import replace
from functools import cached_property
from heapq import merge
from itertools import chain

from evosearch.graph.graph import Graph
from evosearch.graph.structure import Structure, structure
from evosearch.language.parser import parse
from evosearch.language.printer import to_text
from evosearch.language.program import Program
from evosearch.scoring.evaluation import Result
from evosearch.scoring.rounds import ROUNDS
from evosearch.scoring.setting import Setting
from evosearch.screening.family import Family
from evosearch.screening.fingerprint import Fingerprint, near
from evosearch.screening.fingerprint_index import home, reached
from evosearch.screening.screen import Facts, screen, screen_graph
from evosearch.search.genotype import Genotype, family_of, tuned_program
from evosearch.search.memory import Memory, Tunings
from evosearch.search.recent import Recent
from evosearch.search.space import prepare
from primitives import BUILT_IN, Table

_MOST_OTHERS = 2
_AT_HAND = 4096
"""The classes that are kept at hand, of all that the database knows."""


class _Class:
    """Is what is known of a class that is tuned, or was."""

    def __init__(
        self, program: Program, shape: Structure, tunings: Tunings, tunes_constants: bool
    ) -> None:
        self.program, self.structure = program, shape
        """The representative's, as it was bred."""
        self.tunings = tunings
        self._tunes_constants = tunes_constants

    @cached_property
    def family(self) -> Family:
        if self._tunes_constants:
            return Family(self.structure.named)
        return family_of(self.program, tunes_constants=False)

    @property
    def tuned(self) -> Program:
        """Gives the program with its constants at the middle of their best values."""
        return tuned_program(self.family, list(self.tunings.best.values()), self.program)


class Catalogue:
    """Knows the rules that were met so far; it draws nothing and trains nothing."""

    def __init__(
        self, memory: Memory, tunes_constants: bool, spare_slots: int, table: Table = BUILT_IN
    ) -> None:
        self._memory, self._table = memory, table
        self._tunes_constants, self._spare_slots = tunes_constants, spare_slots
        self._classes: Recent[int, _Class] = Recent(_AT_HAND)
        self._genotypes: Recent[int, Genotype] = Recent(_AT_HAND)
        self._fingerprints: Recent[str, Fingerprint] = Recent(_AT_HAND)

    def look_up(
        self, graph: Graph, digest: str, structure: Structure, program: Program, candidate: int
    ) -> tuple[Facts, int]:
        """Gives a canonical form's facts and its representative, which may be the candidate.

        `program` is one that has the form. A rejected form is in no class: it is represented by the
        first candidate that had it.
        """
        known = self._memory.form(digest)
        if known is not None:
            return known
        alike = self._memory.structure(structure.digest) if self._tunes_constants else None
        if alike is not None:
            facts, representative = replace(alike[0], digest=digest), alike[1]
        else:
            facts, representative = self._screened(graph, digest, structure, program, candidate)
        self._memory.add_form(facts, representative)
        if alike is None and not facts.gate:
            self._memory.add_structure(structure.digest, facts, representative)
        return facts, representative

    def enter(self, representative: int, program: Program, structure: Structure, lot: bool) -> None:
        """Notes that a class is tuned for the first time; the structure is the program's.

        `lot` tells whether it goes on to a second round whatever comes of it.
        """
        tunings = Tunings(to_text(program), lot=lot)
        known = _Class(program, structure, tunings, self._tunes_constants)
        self._classes.put(representative, known)
        self._memory.save_tunings(representative, known.tunings)

    def add_starts(
        self, representative: int, structure: Structure, starts: Mapping[str, Setting]
    ) -> None:
        """Notes the settings of another program of the same structure, for the next round.

        Their constants are in the order of the family of that program's structure.
        """
        known = self._class(representative)
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
        others = (*known.tunings.others, translated)[-_MOST_OTHERS:]
        self._save(representative, replace(known.tunings, others=others))

    def record(self, representative: int, result: Result) -> None:
        """Files what a round of tuning gave."""
        known = self._class(representative)
        best = {task: tuned.best for task, tuned in result.tuned.items()}
        self._save(
            representative,
            replace(
                known.tunings,
                rounds=known.tunings.rounds + 1,
                fitness=result.fitness,
                cleared=result.cleared,
                best={**known.tunings.best, **best},
            ),
        )
        if not self._tunes_constants:
            return
        if not (known.family.names and known.tunings.best):
            self._genotypes.drop(representative)
            return
        tuned = known.tuned
        self._keep_genotype(representative, known, tuned)
        # So that a child which does what its tuned parent does is recognised.
        screened = screen(tuned)
        if screened.fingerprint is not None:
            self._memory.add_form(screened.facts, representative)
            if self._who_does(screened.fingerprint) is None:
                self._file(screened.fingerprint, tuned, representative)

    def fitness(self, representative: int) -> float:
        """Gives a class's score of its latest round, so that no lucky one lasts."""
        # Before the first commit the start rule, which is all there is, has no score yet.
        return self._memory.fitness(representative)

    def rounds(self, representative: int) -> int:
        """Counts the rounds in which a class was tuned."""
        return self._class(representative).tunings.rounds

    def family(self, representative: int) -> Family:
        """Gives the rules of a class that was tuned."""
        return self._class(representative).family

    def program(self, representative: int) -> Program:
        """Gives the representative's program as it was bred."""
        return self._class(representative).program

    def starts(self, representative: int) -> dict[str, tuple[Setting, ...]]:
        """Gives, by task, the best setting of a class and what later members brought."""
        known = self._class(representative).tunings
        return {
            task: tuple(dict.fromkeys([best, *(o[task] for o in known.others if task in o)]))
            for task, best in known.best.items()
        }

    def genotype(self, representative: int) -> Genotype | None:
        """Gives what a class passes on; None where its members pass on their own programs."""
        kept = self._genotypes.get(representative)
        if kept is not None or not self._tunes_constants:
            return kept
        if self._memory.tunings(representative) is None:
            return None
        known = self._class(representative)
        if not known.tunings.rounds:
            return None
        if not (known.family.names and known.tunings.best):
            genotype = Genotype(known.program, (), known.tunings.best)
            return self._genotypes.put(representative, genotype)
        return self._keep_genotype(representative, known, known.tuned)

    def _keep_genotype(self, representative: int, known: _Class, tuned: Program) -> Genotype:
        program = prepare(tuned, self._spare_slots)
        genotype = Genotype(program, known.family.names, known.tunings.best)
        return self._genotypes.put(representative, genotype)

    def promoted(self, busy: Container[int], share: float, most: int) -> list[tuple[int, bool]]:
        """Names the classes that are to be tuned in a further round, the fittest first.

        After each round the best `share` goes on, as soon as that is known (asynchronous
        successive halving, Li et al., arXiv 1810.05934), and so do some by lot, for which the
        second value is true; `busy` ones are in training. No more than `most` are named.
        """
        earned = merge(
            *(self._memory.best_of(rounds, share) for rounds in range(1, ROUNDS)),
            key=lambda pair: (-pair[1], pair[0]),
        )
        going: dict[int, bool] = {}
        # Asked for no more than is wanted: a large run has many who wait.
        for one, by_lot in chain(
            ((one, False) for one, _ in earned),
            ((one, True) for one in self._memory.drawn_by_lot()),
        ):
            if len(going) == most:
                break
            if one not in busy:
                going.setdefault(one, by_lot)
        return list(going.items())

    def _screened(
        self, graph: Graph, digest: str, structure: Structure, program: Program, candidate: int
    ) -> tuple[Facts, int]:
        screened = screen_graph(graph, digest)
        if screened.fingerprint is None:
            return screened.facts, candidate
        representative = self._who_does(screened.fingerprint)
        if representative is None:
            self._file(screened.fingerprint, program, candidate)
            return screened.facts, candidate
        if self._tunes_constants and self._memory.tunings(representative) is not None:
            known = self._class(representative)
            if len(structure.constants) > len(known.structure.constants):
                # At its present constants it does what a simpler rule does, at others it may do
                # more.
                return screened.facts, candidate
        return screened.facts, representative

    def _who_does(self, fingerprint: Fingerprint) -> int | None:
        """Gives the representative of the rules that do the same; None where there are none."""
        for cell in reached(fingerprint):
            for representative, text in self._memory.in_cell(cell):
                if near(self._fingerprint(text), fingerprint):
                    return representative
        return None

    def _file(self, fingerprint: Fingerprint, program: Program, representative: int) -> None:
        text = to_text(program)
        self._memory.add_fingerprint(home(fingerprint), representative, text)
        self._fingerprints.put(text, fingerprint)

    def _fingerprint(self, text: str) -> Fingerprint:
        kept = self._fingerprints.get(text)
        if kept is None:
            kept = screen(parse(text, table=self._table)).fingerprint
            assert kept is not None, f"a gate let this pass before: {text}"
            self._fingerprints.put(text, kept)
        return kept

    def _class(self, representative: int) -> _Class:
        kept = self._classes.get(representative)
        if kept is None:
            tunings = self._memory.tunings(representative)
            assert tunings is not None, f"class {representative} was entered"
            program = parse(tunings.text, table=self._table)
            kept = _Class(program, structure(program), tunings, self._tunes_constants)
            self._classes.put(representative, kept)
        return kept

    def _save(self, representative: int, tunings: Tunings) -> None:
        self._class(representative).tunings = tunings
        self._memory.save_tunings(representative, tunings)
