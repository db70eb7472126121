"""Programs as a search breeds them, and neighbours that differ from a program in one place."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from evosearch import Program, ProgramError, known_rule, rule_names
from evosearch.language.program import Argument, walk_kinds
from evosearch.screening.screen import Screened, screen
from evosearch.search.config import SearchConfig
from evosearch.search.mutations import MUTATION_NAMES, mutate
from evosearch.search.space import SearchSpace, prepare
from primitives import OPERATIONS, fits
from proxies.keys import generator

_LONGEST_CHAIN = 12
_ALL_OPERATIONS_SHARE = 0.25


@dataclass
class Bred:
    """Programs that pass the gates; `dropped` counts the others by the gate that rejects them."""

    programs: list[Program] = field(default_factory=list)
    screened: list[Screened] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)

    def first(self, count: int) -> "Bred":
        """The first so many of them."""
        return Bred(self.programs[:count], self.screened[:count], self.dropped)


def breed(seed: int, count: int) -> Bred:
    """`count` programs: known rules after 1 to 12 mutations, those that pass the gates.

    A quarter of them are mutated with all operations, the others with what a search draws.
    """
    config = SearchConfig()
    languages = (
        SearchSpace(config.primitives, config.longest, MUTATION_NAMES),
        SearchSpace(tuple(OPERATIONS), config.longest, MUTATION_NAMES),
    )
    bred = Bred()
    number = 0
    while len(bred.programs) < count:
        draw = generator("bred", seed, number)
        number += 1
        rule = known_rule(rule_names()[draw.integers(len(rule_names()))])
        program = prepare(rule, config.spare_slots)
        language = languages[int(draw.random() < _ALL_OPERATIONS_SHARE)]
        for _ in range(1 + draw.integers(_LONGEST_CHAIN)):
            program, _ = mutate(program, draw, language)
        found = screen(program)
        if found.facts.gate:
            bred.dropped[found.facts.gate] += 1
        else:
            bred.programs.append(program)
            bred.screened.append(found)
    return bred


def neighbour(program: Program, rng: random.Random) -> tuple[str, Program]:
    """A program that differs in one place, and what differs there: a key of `EDITS`."""
    while True:
        name = rng.choice(tuple(EDITS))
        try:
            other = EDITS[name](program, rng)
        except ProgramError:
            continue
        if other is not None and other != program:
            return name, other


def with_other_argument(program: Program, rng: random.Random) -> Program | None:
    """One argument, or one returned value, is another value of a fitting kind."""
    count = len(program.statements)
    index = rng.randrange(count + 1)
    bound = next(islice(walk_kinds(program, program.slot_kinds), index, None))
    if index == count:
        returns = list(program.returns)
        returns[rng.randrange(len(returns))] = rng.choice(list(bound))
        return replace(program, returns=tuple(returns))
    statement = program.statements[index]
    if not statement.arguments:
        return None
    position = rng.randrange(len(statement.arguments))
    largest = OPERATIONS[statement.primitive].accepts[position]
    fitting: list[Argument] = [name for name, kind in bound.items() if fits(kind, largest)]
    return _with_argument(program, index, position, rng.choice([*fitting, 0.0, 1.0]))


def with_other_primitive(program: Program, rng: random.Random) -> Program | None:
    """One operation is another of the same signature."""
    if not program.statements:
        return None
    index = rng.randrange(len(program.statements))
    statement = program.statements[index]
    old = OPERATIONS[statement.primitive]
    fitting = [
        row.name
        for row in OPERATIONS.values()
        if (row.accepts, row.reduces_to) == (old.accepts, old.reduces_to) and row is not old
    ]
    if not fitting:
        return None
    statements = list(program.statements)
    statements[index] = replace(statement, primitive=rng.choice(fitting))
    return replace(program, statements=tuple(statements))


def with_other_constant(program: Program, rng: random.Random) -> Program | None:
    """One number is changed by 1% to 100%, zero to between 0.01 and 1 in magnitude."""
    return _with_changed_number(
        program, rng, lambda value, change: value * (1 + change) if value else change
    )


def with_other_decay(program: Program, rng: random.Random) -> Program | None:
    """The distance from 1 of a number from 0.5 to 1 is changed by 1% to 100%."""
    return _with_changed_number(
        program, rng, lambda v, change: 1 - (1 - v) * (1 + change) if 0.5 <= v < 1 else v
    )


EDITS: dict[str, Callable[[Program, random.Random], Program | None]] = {
    "argument": with_other_argument,
    "primitive": with_other_primitive,
    "constant": with_other_constant,
    "decay": with_other_decay,
}
"""The ways in which a neighbour differs."""


def _with_changed_number(
    program: Program, rng: random.Random, changed: Callable[[float, float], float]
) -> Program | None:
    change = rng.choice((-1, 1)) * 10 ** rng.uniform(-2, 0)
    places = list(_numbers(program))
    if not places:
        return None
    index, position, value = rng.choice(places)
    if index < 0:
        hyperparameters = list(program.hyperparameters)
        hyperparameters[position] = hyperparameters[position][0], changed(value, change)
        return replace(program, hyperparameters=tuple(hyperparameters))
    return _with_argument(program, index, position, changed(value, change))


def _numbers(program: Program) -> Iterator[tuple[int, int, float]]:
    """Statement, position and value of each literal; statement -1 for hyperparameters."""
    for position, (_, value) in enumerate(program.hyperparameters):
        yield -1, position, value
    for index, statement in enumerate(program.statements):
        for position, argument in enumerate(statement.arguments):
            if not isinstance(argument, str):
                yield index, position, argument


def _with_argument(program: Program, index: int, position: int, value: Argument) -> Program:
    statement = program.statements[index]
    arguments = list(statement.arguments)
    arguments[position] = value
    statements = list(program.statements)
    statements[index] = replace(statement, arguments=tuple(arguments))
    return replace(program, statements=tuple(statements))
