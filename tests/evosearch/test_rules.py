"""Every known rule against its published form: torch's own, or the formula written out here.

Both descend the same noisy quadratic, each with its own weights, so that the gradients depend on
all directions before. What is compared is how far the weights have moved from their start.
"""

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache, partial
from importlib.resources import files
from itertools import combinations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, optim

from evosearch import Program, known_rule, lower, parse, rule_names, to_text
from evosearch.digest import digest
from evosearch.fingerprint import FingerprintIndex, fingerprint
from evosearch.gates import first_rejection
from evosearch.interpreter import Interpreter
from evosearch.probe import run
from primitives import NumpySegments

Array = NDArray[np.float64]
State = defaultdict[str, Tensor]

TOLERANCE = 1e-6
STEPS = 20
SHAPES = ((1,), (7,), (3, 4), (40, 50))
SCALES = (1.0, 0.1, 1e-7, 1.0)
"""Of the gradient of each tensor: one is so small that an epsilon of 1e-8 shows."""
SPARSE_STEPS = (1, 10)
"""Here only the first element of each tensor has a gradient, a share below the masks' floor."""
SAME_DIRECTION = {frozenset({"adam", "adamw"})}
"""Rules that differ in what the trainer adds, the decay, and not in their direction."""

_SIZES = [math.prod(shape) for shape in SHAPES]
_FIRST = np.isin(np.arange(sum(_SIZES)), np.cumsum([0, *_SIZES[:-1]]))
_DRAW = np.random.default_rng(20)
_START, _TARGET = _DRAW.standard_normal((2, sum(_SIZES)))
_CURVATURE = _DRAW.uniform(0.1, 1.0, sum(_SIZES))
_NOISE = _DRAW.standard_normal((STEPS, sum(_SIZES)))

SCHEDULE = [(t, 0.1 * (1 - t / (2 * STEPS))) for t in range(1, STEPS + 1)]
"""Each step and its learning rate."""


def gradient(w: Array, t: int) -> Array:
    """`[D] -> [D]`, of a noisy quadratic at step `t`."""
    dense: Array = np.repeat(SCALES, _SIZES) * (_CURVATURE * (w - _TARGET) + 0.5 * _NOISE[t - 1])
    return dense * _FIRST if t in SPARSE_STEPS else dense


def split(flat: Array) -> list[Tensor]:
    parts = torch.split(torch.tensor(flat), _SIZES)
    return [part.reshape(shape).clone() for part, shape in zip(parts, SHAPES, strict=True)]


def flatten(tensors: Iterable[Tensor]) -> Array:
    return torch.cat([tensor.detach().flatten() for tensor in tensors]).numpy()


def descend(program: Program, weight_decay: float) -> Array:
    """`[STEPS, D]`: how far our interpreter moves the weights, by the trainer's convention."""
    interpreter = Interpreter(lower(program), NumpySegments(_SIZES))
    w, path = _START, []
    for t, lr in SCHEDULE:
        u = interpreter.step(w=w, g=gradient(w, t), lr=lr, t=t)
        w = (1 - lr * weight_decay) * w - lr * u
        path.append(w - _START)
    return np.stack(path)


def descend_torch(optimizer: Callable[..., optim.Optimizer], **options: float | bool) -> Array:
    """`[STEPS, D]`: how far one of torch's optimizers moves the weights."""
    weights = split(_START)
    rule = optimizer(weights, lr=1.0, **options)
    path = []
    for t, lr in SCHEDULE:
        for weight, part in zip(weights, split(gradient(flatten(weights), t)), strict=True):
            weight.grad = part
        rule.param_groups[0]["lr"] = lr
        rule.step()
        path.append(flatten(weights) - _START)
    return np.stack(path)


def descend_formula(direction: Callable[[Tensor, State, int], Tensor]) -> Array:
    """`[STEPS, D]`: how far a formula, given gradient, zero states and step, moves the weights."""
    weights = split(_START)
    states: list[State] = [defaultdict(partial(torch.zeros_like, weight)) for weight in weights]
    path = []
    for t, lr in SCHEDULE:
        gradients = split(gradient(flatten(weights), t))
        weights = [
            weight - lr * direction(g, state, t)
            for weight, g, state in zip(weights, gradients, states, strict=True)
        ]
        path.append(flatten(weights) - _START)
    return np.stack(path)


def signsgd(g: Tensor, _: State, __: int) -> Tensor:
    return g.sign()


def signum(g: Tensor, state: State, _: int) -> Tensor:
    state["m"] = 0.9 * state["m"] + 0.1 * g
    return state["m"].sign()


def lion(g: Tensor, state: State, _: int) -> Tensor:
    c = 0.9 * state["m"] + 0.1 * g
    state["m"] = 0.99 * state["m"] + 0.01 * g
    return c.sign()


def adam(g: Tensor, state: State, t: int) -> Tensor:
    state["m"] = 0.9 * state["m"] + 0.1 * g
    state["v"] = 0.999 * state["v"] + 0.001 * g**2
    return (state["m"] / (1 - 0.9**t)) / ((state["v"] / (1 - 0.999**t)) ** 0.5 + 1e-8)


def cautious(update: Tensor, compared: Tensor, g: Tensor) -> Tensor:
    kept = (compared * g > 0).double()
    return update * kept / max(kept.mean().item(), 0.001)


def cautious_adamw(g: Tensor, state: State, t: int) -> Tensor:
    update = adam(g, state, t)
    return cautious(update, state["m"], g)


def cautious_lion(g: Tensor, state: State, t: int) -> Tensor:
    update = lion(g, state, t)
    return cautious(update, update, g)


def grams(g: Tensor, state: State, t: int) -> Tensor:
    return adam(g, state, t).abs() * g.sign()


WEIGHT_DECAY = defaultdict(float, adamw=0.01)

ORACLES: dict[str, Callable[[], Array]] = {
    "adam": partial(descend_torch, optim.Adam),
    "adamw": partial(descend_torch, optim.AdamW, weight_decay=WEIGHT_DECAY["adamw"]),
    "cautious_adamw": partial(descend_formula, cautious_adamw),
    "cautious_lion": partial(descend_formula, cautious_lion),
    "grams": partial(descend_formula, grams),
    "lion": partial(descend_formula, lion),
    "momentum": partial(descend_torch, optim.SGD, momentum=0.9),
    "nesterov": partial(descend_torch, optim.SGD, momentum=0.9, nesterov=True),
    "rmsprop": partial(descend_torch, optim.RMSprop),
    "sgd": partial(descend_torch, optim.SGD),
    "signsgd": partial(descend_formula, signsgd),
    "signum": partial(descend_formula, signum),
}


@cache
def published(name: str) -> Array:
    return ORACLES[name]()


def deviation(program: Program, name: str) -> float:
    """The largest difference from the published form `name`, relative within each tensor."""
    expected = published(name)
    difference = np.abs(descend(program, WEIGHT_DECAY[name]) - expected)
    starts = np.cumsum([0, *_SIZES[:-1]])
    largest = np.maximum.reduceat(np.max(difference, axis=0), starts)
    return float(np.max(largest / np.maximum.reduceat(np.max(np.abs(expected), axis=0), starts)))


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
    """Every known rule has a published form to agree with, and every published form its rule."""
    assert sorted(ORACLES) == list(rule_names())


@pytest.mark.parametrize("name", rule_names())
def test_rule_agrees_with_its_published_form(name: str) -> None:
    """A rule moves the weights as its published form does, in every tensor and step."""
    assert deviation(known_rule(name), name) < TOLERANCE


@pytest.mark.parametrize(
    ("name", "program"),
    [
        pytest.param(name, program, id=f"{name}: {label}")
        for name in rule_names()
        for label, program in perturbations(known_rule(name))
    ],
)
def test_every_number_of_a_rule_matters(name: str, program: Program) -> None:
    """A rule with one of its numbers off by one per cent no longer agrees."""
    assert deviation(program, name) > 10 * TOLERANCE


def test_decay_is_decoupled() -> None:
    """AdamW's direction without the trainer's decay is not torch's AdamW."""
    decayed, plain = published("adamw"), descend(known_rule("adamw"), 0.0)
    assert np.max(np.abs(decayed - plain)) > 1e-3 * np.max(np.abs(decayed))


@pytest.mark.parametrize("name", rule_names())
def test_rule_is_documented(name: str) -> None:
    """A rule is named as its file, cites where it was published, and keeps its lines short."""
    rule = known_rule(name)
    text = (files("evosearch") / "rules" / f"{name}.py").read_text(encoding="utf-8")
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
    assert first_rejection(graph, run(graph)) is None


def test_known_rules_differ_in_digest_and_fingerprint() -> None:
    """No two known rules share a digest or a class, unless they have one and the same direction."""
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
