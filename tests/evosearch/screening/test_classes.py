"""Programs that mean the same are one class, and neighbours that train differently are two."""

import hashlib
import os
import random
import subprocess
import sys
from functools import cache

import pytest

from evosearch import Program, ProgramError, lower, parse, to_text
from evosearch.graph.digest import digest
from evosearch.screening.fingerprint import fingerprint
from evosearch.screening.short_probe import run
from primitives import OPERATIONS, Kind
from scripts.study_classes import study_precision, study_recall
from tests.support.bred_programs import EDITS, Bred, breed, neighbour
from tests.support.random_programs import Vector, close, evaluate, steps_of, well_conditioned
from tests.support.respellings import (
    DISGUISES,
    RESPELLINGS,
    SPELLINGS,
    VALUES,
    Disguise,
    assigned_once,
    with_scaled_direction,
)


@cache
def bred() -> Bred:
    return breed(1, 200)


def same_directions(a: list[Vector], b: list[Vector], relative: float = 1e-6) -> bool:
    """Whether all directions agree up to one positive factor."""
    sizes = [max(abs(x) for step in steps for x in step) for steps in (a, b)]
    if not all(sizes):
        return sizes[0] == sizes[1]
    scaled = [
        [[x / size for x in step] for step in steps]
        for steps, size in zip((a, b), sizes, strict=True)
    ]
    return all(
        close([*x, 1.0], [*y, 1.0], relative) for x, y in zip(scaled[0], scaled[1], strict=True)
    )


@pytest.mark.parametrize("step", [*DISGUISES, *RESPELLINGS], ids=lambda d: d.__name__)
def test_disguise_keeps_the_meaning(step: Disguise) -> None:
    """Executed statement by statement, the program does the same after the step."""
    compared = changed = 0
    for seed, program in enumerate(bred().programs[:60]):
        expected = well_conditioned(program, steps_of(seed))
        if expected is None:
            continue
        once = assigned_once(program)
        other = step(once, random.Random(seed))
        found = list(evaluate(other, steps_of(seed)))
        if step is not with_scaled_direction:
            assert all(close(a, b, 1e-6) for a, b in zip(expected, found, strict=True))
        assert same_directions(expected, found), f"{to_text(program)}\n{to_text(other)}"
        compared += 1
        changed += other != once
    assert compared > 20
    assert changed > 10


@pytest.mark.parametrize(
    ("name", "expression"), [(name, text) for name, texts in SPELLINGS.items() for text in texts]
)
def test_spelling_equals_its_operation(name: str, expression: str) -> None:
    """Each expression gives what the operation gives, zeros of the gradient included."""
    row = OPERATIONS[name]
    given = {Kind.TENSOR: iter(["g", "w", "lr * w"]), Kind.LEAF: iter(["0.7", "0.3"])}
    given[Kind.SCALAR] = given[Kind.LEAF]
    letters = "abcdef"[: row.arity]
    bound = "".join(
        f" {letter} = {next(given[kind])}\n"
        for letter, kind in zip(letters, row.accepts, strict=True)
    )
    texts = [f"{name}({', '.join(letters)})", expression]
    a, b = (parse(f"def f(g, w, lr):\n{bound} return {text} + 0 * g") for text in texts)
    for x, y in zip(evaluate(a, steps_of(7)), evaluate(b, steps_of(7)), strict=True):
        assert close(x, y, 1e-9), f"{x} {y}"


@pytest.mark.parametrize("expression", VALUES)
def test_detour_ends_where_it_began(expression: str) -> None:
    """Each expression of `a` equals it."""
    program = parse(f"def f(g):\n a = g\n return {expression}")
    for given, found in zip(steps_of(7), evaluate(program, steps_of(7)), strict=True):
        assert close(given.g, found, 1e-9)


def test_disguised_programs_share_a_class() -> None:
    """Of bred programs after chains of such steps, all are found among all the others."""
    recall = study_recall(bred(), seed=1)
    assert recall.programs == 200
    assert recall.same_class == 200, recall.failures[0]
    assert 60 < recall.same_digest < 200, "the disguises are too weak or too strong"


@pytest.mark.slow
def test_neighbours_that_train_differently_do_not() -> None:
    """Of pairs that end at different losses after 200 steps, none shares a class."""
    precision = study_precision(bred().first(60), seed=1)
    assert set(precision.by_edit) == set(EDITS)
    assert precision.different > 15
    assert not precision.failures, precision.failures[0]


def test_neighbours_of_one_digest_mean_the_same() -> None:
    """Where one edit leaves the digest, it leaves what the statements do."""
    compared = 0
    for seed, program in enumerate(bred().programs):
        _, other = neighbour(program, random.Random(seed))
        if digest(lower(program, bind=True)) != digest(lower(other, bind=True)):
            continue
        directions = [well_conditioned(p, steps_of(seed)) for p in (program, other)]
        if directions[0] is not None and directions[1] is not None:
            assert same_directions(*directions), f"{to_text(program)}\n{to_text(other)}"
            compared += 1
    assert compared > 20


@pytest.mark.parametrize("name", EDITS)
def test_neighbour_differs_in_one_place(name: str) -> None:
    """An edit changes one argument, one operation, one number or one returned value."""
    differing = 0
    for seed, program in enumerate(bred().programs[:40]):
        try:
            other = EDITS[name](program, random.Random(seed))
        except ProgramError:  # no longer of a fitting kind further down
            continue
        if other is None:
            continue
        places = list(zip(_places(program), _places(other), strict=True))
        changed = [(a, b) for a, b in places if a != b]
        assert len(changed) <= 1
        differing += len(changed)
        for a, b in changed if name == "constant" else ():
            assert isinstance(a, float)
            assert isinstance(b, float)
            assert abs(b - a) >= 0.00999 * abs(a)
    assert differing > 10


def _places(program: Program) -> list[object]:
    found: list[object] = [value for _, value in program.hyperparameters]
    for statement in program.statements:
        found += [statement.primitive, *statement.arguments]
    return [*found, *program.returns]


def hashes(programs: list[Program]) -> list[str]:
    """Digest and a hash of the fingerprint of each."""
    found = []
    for program in programs:
        graph = lower(program, bind=True)
        parts = fingerprint(run(graph))
        numbers = parts.short.tobytes() + (b"" if parts.long is None else parts.long.tobytes())
        found.append(f"{digest(graph)} {hashlib.sha256(numbers).hexdigest()}")
    return found


@pytest.mark.slow
def test_classes_are_the_same_in_every_process() -> None:
    """Python's random hashing of strings has no part in digest or fingerprint."""
    code = (
        "from tests.support.bred_programs import breed\n"
        "from tests.evosearch.screening.test_classes import hashes\n"
        "print(*hashes(breed(1, 20).programs), sep='\\n')"
    )
    process = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert process.stdout.splitlines() == hashes(bred().programs[:20])
