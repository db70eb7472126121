"""Makes the card of an optimizer: the record that gathers all sections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evosearch.card.advice import advice, advice_section
from evosearch.card.constants import constants, constants_section
from evosearch.card.cost import cost_section
from evosearch.card.invariance import scaling_section
from evosearch.card.kinship import kinship_section
from evosearch.card.low_precision import low_precision_section
from evosearch.card.section import Section
from evosearch.card.sweeps import Means, Rule, sweep
from evosearch.card.symmetry import symmetry_section
from evosearch.card.transfer import Transfer, transfer_section, transferred
from evosearch.card.update_sizes import measured_sizes, recorded, update_sizes_section
from evosearch.card.zeros_text import zeros_section
from evosearch.graph.digest import digest
from evosearch.graph.lowering import lower
from evosearch.language.library import known_rule
from evosearch.language.program import Program
from evosearch.scoring.yardstick import BASELINE
from evosearch.screening.trajectory import Inputs
from proxies import Task

TASK_SEEDS, TRANSFER_SEEDS = 6, 3
"""The seeds of each rate on a task, which make three tunings, and on the digits' family."""
_APART = 100
"""The distance between the seeds of two cards."""
_TRAINED = ("update_sizes", "constants", "advice", "transfer")
"""The sections that need trainings."""


@dataclass(frozen=True)
class Card:
    """Holds what was measured of a rule."""

    program: str
    """Its name."""
    digest: str
    sections: tuple[Section, ...]
    left_out: tuple[str, ...]
    """The keys of sections that were not measured."""

    def record(self) -> dict[str, Any]:
        """Gives the card as JSON has it."""
        return {
            "program": self.program,
            "digest": self.digest,
            "sections": [section.record() for section in self.sections],
            "left_out": list(self.left_out),
        }


def quick_card(program: Program) -> Card:
    """Makes the card without what needs trainings, in seconds."""
    sections = _untrained(program, None, "")
    return Card(program.name, _digest(program), tuple(sections), _TRAINED)


def full_card(program: Program, tasks: Sequence[Task], means: Means, seed: int = 0) -> Card:
    """Makes the whole card, in minutes; the program must have passed a search's gates.

    `seed` names the random seeds of trainings. The first of the tasks is the one on which trainings
    are recorded, and constants moved.

    Raises:
        EvosearchError: the program trains on one of the tasks at no learning rate.
    """
    own, adamw = Rule(program), Rule(known_rule(BASELINE))
    seeds = range(_APART * seed, _APART * seed + TASK_SEEDS)
    swept = []
    for task in tasks:
        means.tell(f"learning rates on {task.name}: {program.name}")
        mine = sweep(means, task, own, seeds)
        means.tell(f"learning rates on {task.name}: {BASELINE}")
        swept.append((task, mine, sweep(means, task, adamw, seeds)))
    first, mine, other = swept[0]
    means.tell(f"recording trainings on {first.name}")
    inputs = recorded(first, own, mine.best(), seeds[0], means.engine)
    others = recorded(first, adamw, other.best(), seeds[0], means.engine)
    updates = measured_sizes(first, (own, inputs), (adamw, others))
    ranges = constants(means, first, own, mine, seeds)
    few = range(_APART * seed, _APART * seed + TRANSFER_SEEDS)
    moved = Transfer(
        transferred(means, own, program.name, few), transferred(means, adamw, BASELINE, few)
    )
    sections = _untrained(program, inputs, f"a training on {first.name}")
    sections += [
        update_sizes_section(first, updates),
        constants_section(ranges, TASK_SEEDS),
        advice_section(advice(own, adamw, swept, updates)),
        transfer_section(moved, TRANSFER_SEEDS),
    ]
    return Card(program.name, _digest(program), tuple(sections), ())


def _untrained(program: Program, inputs: Inputs | None, where: str) -> list[Section]:
    """Makes the sections that need no trainings; a recorded one adds to them."""
    graph = lower(program, bind=True)
    return [
        kinship_section(program),
        scaling_section(graph),
        symmetry_section(graph),
        zeros_section(graph),
        low_precision_section(graph, inputs, where),
        cost_section(program),
    ]


def _digest(program: Program) -> str:
    return digest(lower(program, bind=True))
