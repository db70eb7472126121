"""Batched updates of several replicas against the reference interpreter, one replica at a time."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from evosearch import Program, known_rule, lower, parse, rule_names
from evosearch.graph.graph import HYPERPARAMETER, Graph
from evosearch.graph.interpreter import Interpreter
from evosearch.graph.structure import structure
from evosearch.graph.value_ranges import hyperparameter_domains
from evosearch.screening.contender import contender, plan, with_values
from primitives import NumpySegments, TorchSegments
from proxies import Plan
from proxies.updates.member import Member, Update
from proxies.updates.op_by_op import OperationByOperation
from proxies.updates.rule_by_rule import RuleByRule
from proxies.updates.update import update_of
from tests.support import random_programs as programs
from tests.support.direction_runners import WAYS, Directions
from tests.support.hand_written_programs import HAND_WRITTEN
from tests.support.other_constants import admits, constants_of

Array = NDArray[np.float64]

SHAPES: tuple[tuple[int, ...], ...] = ((3, 4), (1, 7), ())
SIZES = (12, 7, 1)
STEPS = 12
ZERO_STEP, SPARSE_STEP = 4, 6
RATES = (0.1, 0.003, 1.0)

PROGRAMS = {name: known_rule(name) for name in rule_names()} | HAND_WRITTEN


def gradients_of(replica: int) -> Array:
    """`[STEPS, D]`; one step is all zero, one mostly."""
    draw = np.random.default_rng(100 + replica)
    scale = np.repeat([0.02, 1.0, 30.0], SIZES)
    gradients: Array = scale * draw.standard_normal((STEPS, sum(SIZES)))
    gradients[ZERO_STEP - 1] = 0
    gradients[SPARSE_STEP - 1] *= np.arange(sum(SIZES)) % 5 == 1
    return gradients


def starts_of(replica: int) -> Array:
    return np.random.default_rng(replica).standard_normal(sum(SIZES))


def falling(rates: tuple[float, ...]) -> Array:
    """Learning rates that fall by the same amount each step, `[STEPS, k]`."""
    return np.outer(1 - np.arange(STEPS) / STEPS, rates)


def by_interpreter(graph: Graph, replica: int, rate: float) -> list[Array]:
    """The directions `[D]` of one replica, its weights moving along them."""
    interpreter = Interpreter(graph, NumpySegments(SHAPES))
    weights, rates = starts_of(replica), falling((rate,))[:, 0]
    directions = []
    for t, gradient in enumerate(gradients_of(replica), start=1):
        directions.append(interpreter.step(w=weights, g=gradient, lr=rates[t - 1], t=t))
        weights = weights - 0.01 * directions[-1]
    return directions


def by_updater(
    way: Callable[..., Directions],
    rule: Plan,
    rates: tuple[float, ...],
    constants: Array | None = None,
) -> list[Array]:
    """The directions `[k, D]`, the weights changing in place as the trainer's do."""
    updater = way(rule, SHAPES, falling(rates), torch.float64, constants)
    weights = torch.tensor(np.stack([starts_of(replica) for replica in range(len(rates))]))
    gradients = torch.tensor(np.stack([gradients_of(replica) for replica in range(len(rates))]))
    directions = []
    for t in range(1, STEPS + 1):
        direction = updater.direction(t, weights, gradients[:, t - 1])
        directions.append(direction.numpy())
        weights.sub_(0.01 * direction)
    return directions


every_way = pytest.mark.parametrize("way", WAYS)


@pytest.mark.parametrize("rates", [RATES, RATES[:1]], ids=["three replicas", "one replica"])
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
@every_way
def test_updater_agrees_with_the_interpreter(
    way: Callable[..., Directions], program: Program, rates: tuple[float, ...]
) -> None:
    """Replicas that differ in rate, weights and gradients each get the direction of their own."""
    graph = lower(program, bind=True)
    assert_own(by_updater(way, plan(graph), rates), [graph] * len(rates), rates)


def assert_own(batched: list[Array], graphs: list[Graph], rates: tuple[float, ...]) -> None:
    """Each replica got the directions that the interpreter has of its own graph."""
    for replica, (graph, rate) in enumerate(zip(graphs, rates, strict=True)):
        for t, expected in enumerate(by_interpreter(graph, replica, rate), start=1):
            assert np.isfinite(expected).all()
            np.testing.assert_allclose(
                batched[t - 1][replica],
                expected,
                rtol=1e-12,
                atol=1e-12 * np.abs(expected).max(),
                err_msg=f"replica {replica}, step {t}",
            )


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
@every_way
def test_replicas_have_constants_of_their_own(
    way: Callable[..., Directions], program: Program
) -> None:
    """Each gets the direction of the rule with its constants, at the edges of their domains too."""
    graph = structure(program).graph
    bound = [with_values(graph, values) for values in constants_of(graph)]
    rates = RATES[:1] * len(bound)
    values = np.array([contender(one).constants for one in bound]).T
    assert_own(by_updater(way, plan(graph), rates, values), bound, rates)
    if graph.labels(HYPERPARAMETER):
        first, *others = (by_interpreter(one, 0, RATES[0]) for one in bound)
        assert all(not np.array_equal(first, other) for other in others)


@every_way
@given(st.data())
def test_constants_of_random_programs_are_each_replicas_own(
    way: Callable[..., Directions], data: st.DataObject
) -> None:
    """Whatever the program, two replicas get what it computes with the constants of each."""
    program = data.draw(programs.programs())
    graph, given_steps = lower(program), programs.steps_of(data.draw(st.integers(0, 1000)))
    domains = hyperparameter_domains(graph)
    others = {
        name: data.draw(st.sampled_from([v for v in programs.LITERALS if admits(domains[name], v)]))
        for name in graph.labels(HYPERPARAMETER)
    }
    own = dict(program.hyperparameters)
    for values in (own, own | others):
        bound = replace(program, hyperparameters=tuple((n, values[n]) for n in own))
        assume(programs.well_conditioned(bound, given_steps) is not None)
    names = graph.labels(HYPERPARAMETER)
    columns = np.array([[own[name], others[name]] for name in names]).reshape(-1, 2)
    rates = np.array([[given.lr] * 2 for given in given_steps])
    updater = way(plan(graph), programs.SHAPES, rates, torch.float64, columns)
    interpreters = [
        Interpreter(with_values(graph, values), NumpySegments(programs.SHAPES))
        for values in columns.T
    ]
    for step in given_steps:
        w, g = np.array(step.w), np.array(step.g)
        weights, gradient = (torch.from_numpy(x).expand(2, -1) for x in (w, g))
        directions = updater.direction(step.t, weights, gradient)
        for direction, interpreter in zip(directions, interpreters, strict=True):
            expected = interpreter.step(w=w, g=g, lr=step.lr, t=step.t)
            assert programs.close(direction.tolist(), expected.tolist(), 1e-7)


@pytest.mark.parametrize(("width", "kind"), [(512, OperationByOperation), (513, RuleByRule)])
@pytest.mark.parametrize("count", [1, 20])
def test_the_way_depends_on_the_model_alone(width: int, kind: type, count: int) -> None:
    """Short rows move operation by operation, long ones rule by rule, for any number of rules."""
    rule = plan(lower(known_rule("lion"), bind=True))
    members = [Member(rule, np.full((2, 3), 0.1), np.zeros(3), np.zeros((0, 3)))] * count
    segments = TorchSegments([width - 1, 1])
    assert type(update_of(members, segments, torch.float32, 1)) is kind


@pytest.mark.parametrize("kind", [OperationByOperation, RuleByRule])
def test_weights_decay_apart_from_the_direction(kind: Callable[..., Update]) -> None:
    """w <- (1 - lr decay) w - lr u, with the rates and decay of each replica."""
    rates, decay = np.array([[0.1, 0.5], [0.2, 0.25]]), np.array([0.0, 0.3])
    rule = plan(lower(parse("def sgd(g):\n return g"), bind=True))
    member = Member(rule, rates, decay, np.zeros((0, 2)))
    update = kind([member], TorchSegments([2, 1], torch.float64), torch.float64, 1)
    weights = np.array([[1.0, -2.0, 3.0], [0.5, 0.0, -1.0]])
    update.weights[:] = torch.tensor(weights)
    draw = np.random.default_rng(0)
    for t in (1, 2):
        gradient = draw.standard_normal((2, 3))
        update.gradient[:] = torch.tensor(gradient)
        update.step(t)
        rate = rates[t - 1][:, None]
        weights = (1 - rate * decay[:, None]) * weights - rate * gradient
        np.testing.assert_allclose(update.weights.numpy(), weights, rtol=1e-14)


@pytest.mark.parametrize("kind", [OperationByOperation, RuleByRule])
def test_replicas_that_are_kept_go_on_as_if_alone(kind: Callable[..., Update]) -> None:
    """Weights and states of the rows that are left are as without the others, to the last bit."""
    programs = [HAND_WRITTEN["scalar_and_leaf_slots"], known_rule("adamw"), known_rule("lion")]
    graphs = [structure(program).graph for program in programs]
    segments = TorchSegments(SHAPES, torch.float32, align=16)
    rates, decay = falling(RATES), np.full(3, 0.01)
    constants = [np.array(constants_of(graph)[: len(RATES)]).T for graph in graphs]
    members = [
        Member(plan(graph), rates, decay, own) for graph, own in zip(graphs, constants, strict=True)
    ]
    update = kind(members, segments, torch.float32, 4)
    rows, numbers = len(programs) * len(RATES), sum(SIZES)
    assert update.weights.shape == (12, segments.width)  # nine rows, filled up to whole chunks
    draw = torch.Generator().manual_seed(0)
    starts = torch.randn(rows, numbers, generator=draw)
    gradients = torch.randn(STEPS, rows, numbers, generator=draw)
    chosen = [0, 2, 7]  # the rule in the middle is given up

    def run(update: Update, own: Sequence[int], steps: Iterable[int]) -> None:
        for t in steps:
            update.gradient[: len(own), :numbers] = gradients[t - 1, own]
            with np.errstate(all="ignore"):
                update.step(t)

    update.weights[:rows, :numbers] = starts
    run(update, range(rows), range(1, 6))
    update.keep(chosen)
    assert len(update.weights) == 4
    run(update, chosen, range(6, STEPS + 1))

    alone = kind([members[0].keep([0, 2]), members[2].keep([1])], segments, torch.float32, 4)
    alone.weights[:3, :numbers] = starts[chosen]
    run(alone, chosen, range(1, STEPS + 1))
    assert torch.isfinite(alone.weights[:3, :numbers]).all()
    assert torch.equal(update.weights[:3, :numbers], alone.weights[:3, :numbers])
    assert update.bytes == alone.bytes
