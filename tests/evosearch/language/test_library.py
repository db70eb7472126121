"""Every known rule against an implementation from outside, on three small problems."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib.resources import files
from itertools import combinations

import numpy as np
import pytest

from evosearch import Program, known_rule, lower, parse, rule_names, to_text
from evosearch.graph.digest import digest
from evosearch.screening.fingerprint import fingerprint
from evosearch.screening.fingerprint_index import FingerprintIndex
from evosearch.screening.gates import Evidence, first_rejection
from evosearch.screening.short_probe import run
from tests.support.outside_optimizers import ORACLES
from tests.support.side_by_side import PROBLEMS, Array, Problem, descend, descend_outside, deviation

TOLERANCE = 1e-9
"""Of the weights' movement, relative to the largest in their tensor, at any of 50 steps."""
SAME_DIRECTION = {frozenset({"adam", "adamw"})}
"""Rules that differ in what the trainer adds, the decay, and not in their direction."""

EVERY_PROBLEM = pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)


FIRST = 20
"""The steps in which every two different rules have parted; each is compared with each."""


@cache
def outside(name: str, problem_name: str) -> Array:
    """How the oracle of a rule moves the weights."""
    (problem,) = (problem for problem in PROBLEMS if problem.name == problem_name)
    return descend_outside(ORACLES[name].build, problem, ORACLES[name].lr)


@cache
def inside(name: str, lr: float, weight_decay: float) -> Array:
    """How a rule moves the weights of the first problem, in its first steps."""
    problem = replace(PROBLEMS[0], factors=PROBLEMS[0].factors[:FIRST])
    return descend(known_rule(name), problem, lr, weight_decay)


def disagreement(program: Program, name: str, problem: Problem) -> float:
    """How far a program deviates from the oracle of the rule `name`."""
    oracle = ORACLES[name]
    ours = descend(program, problem, oracle.lr, oracle.weight_decay)
    return deviation(ours, outside(name, problem.name), problem)


def perturbations(program: Program) -> Iterator[tuple[str, Program]]:
    """The program with each of its numbers in turn, zeros aside, one per cent smaller."""
    for name, value in program.hyperparameters:
        defaults = {**dict(program.hyperparameters), name: 0.99 * value}
        yield name, replace(program, hyperparameters=tuple(defaults.items()))
    for line, statement in enumerate(program.statements):
        for position, argument in enumerate(statement.arguments):
            if not isinstance(argument, str) and argument != 0:
                arguments = list(statement.arguments)
                arguments[position] = 0.99 * argument
                statements = list(program.statements)
                statements[line] = replace(statement, arguments=tuple(arguments))
                label = f"{argument:g} in {statement.primitive} to {statement.target}"
                yield label, replace(program, statements=tuple(statements))


def test_oracles_are_complete() -> None:
    """Every known rule has an oracle, and every oracle its rule."""
    assert list(ORACLES) == list(rule_names())


@EVERY_PROBLEM
@pytest.mark.parametrize("name", rule_names())
def test_rule_agrees_with_its_oracle(name: str, problem: Problem) -> None:
    """A rule moves the weights as the outside implementation does, in every tensor and step."""
    assert disagreement(known_rule(name), name, problem) < TOLERANCE


@EVERY_PROBLEM
@pytest.mark.parametrize("name", rule_names())
def test_oracle_moves_the_weights(name: str, problem: Problem) -> None:
    """Agreement is not that of weights which stay where they are, or leave for good."""
    movement = np.max(np.abs(outside(name, problem.name)), axis=0)
    size = np.max(np.abs(problem.start))
    assert np.max(movement) > 0.1 * size
    assert np.median(movement) < 10 * size


@pytest.mark.parametrize(
    ("name", "program"),
    [
        pytest.param(name, program, id=f"{name}: {label}")
        for name in rule_names()
        for label, program in perturbations(known_rule(name))
    ],
)
def test_every_number_of_a_rule_matters(name: str, program: Program) -> None:
    """A rule with one of its numbers off by one per cent no longer agrees on every problem."""
    assert any(disagreement(program, name, problem) > 100 * TOLERANCE for problem in PROBLEMS)


@pytest.mark.parametrize("name", rule_names())
def test_oracle_disagrees_with_every_other_rule(name: str) -> None:
    """What agrees with an oracle is its own rule, and none that is much like it."""
    (problem, *_) = PROBLEMS
    lr, weight_decay = ORACLES[name].lr, ORACLES[name].weight_decay
    theirs = outside(name, problem.name)[:FIRST]
    agreeing = {
        other
        for other in rule_names()
        if deviation(inside(other, lr, weight_decay), theirs, problem) < 1e-6
    }
    assert agreeing == {name}.union(*(pair for pair in SAME_DIRECTION if name in pair))


@pytest.mark.parametrize("name", [name for name in rule_names() if ORACLES[name].weight_decay])
def test_decay_is_decoupled(name: str) -> None:
    """A rule's direction does not hold the decay of its oracle, which the trainer adds."""
    (problem, *_) = PROBLEMS
    plain = descend(known_rule(name), problem, ORACLES[name].lr, 0.0)
    assert deviation(plain, outside(name, problem.name), problem) > 1e-3


@pytest.mark.parametrize("name", rule_names())
def test_rule_is_documented(name: str) -> None:
    """A rule is named as its file, cites where it was published, and keeps its lines short."""
    rule = known_rule(name)
    text = (files("evosearch.language") / "rules" / f"{name}.py").read_text(encoding="utf-8")
    assert rule.name == name
    assert re.search(r"arXiv \d{4}\.\d{4,5}|\b(19|20)\d\d\b", rule.doc)
    assert max(len(line) for line in text.splitlines()) <= 100


@pytest.mark.parametrize("name", rule_names())
def test_printed_rule_reads_back(name: str) -> None:
    """Parsing what a rule prints as gives the same rule, less its docstring."""
    rule = known_rule(name)
    assert parse(to_text(rule)) == replace(rule, doc="")


@pytest.mark.parametrize("name", rule_names())
def test_no_gate_rejects_a_known_rule(name: str) -> None:
    """A rule that is known to train passes every gate."""
    graph = lower(known_rule(name), bind=True)
    assert first_rejection(Evidence(graph)) is None


def test_known_rules_differ_in_digest_and_fingerprint() -> None:
    """Known rules share a digest, and a class, only for one direction."""
    index = FingerprintIndex()
    classes: dict[str, int] = {}
    digests: dict[str, str] = {}
    for name in rule_names():
        graph = lower(known_rule(name), bind=True)
        vector = fingerprint(run(graph))
        found = index.find(vector)
        classes[name] = index.add(vector) if found is None else found
        digests[name] = digest(graph)
    pairs = [frozenset(pair) for pair in combinations(rule_names(), 2)]
    assert {pair for pair in pairs if len({digests[name] for name in pair}) == 1} == SAME_DIRECTION
    assert {pair for pair in pairs if len({classes[name] for name in pair}) == 1} == SAME_DIRECTION
