"""Batched training against a plain torch loop, and replicas that do not feel each other."""

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn, optim

from evosearch import known_rule, lower, optimizer, parse
from evosearch.screening.contender import plan
from proxies import TASKS, Engine, Plan, Replica, Task, train
from proxies.keys import generator, torch_seed
from proxies.training import trainer
from proxies.training.gradients import layout
from proxies.training.trainer import Cohort, Rungs
from tests.support.tiny_task import TINY
from tests.support.torch_calls import Calls

STEPS = 15
PEAKS = {"digit_images": 0.03, "byte_text": 0.01, "tiny": 0.1, "spirals": 0.03}
"""AdamW's rates."""
MOMENTUM_PEAKS = {"digit_images": 1.0, "byte_text": 0.3, "tiny": 0.03}

every_task = pytest.mark.parametrize(
    "task", [TASKS["digit_images"], TASKS["byte_text"], TINY], ids=lambda task: task.name
)

READS_EVERYTHING = parse("""
def reads_everything(w, g, lr, t, m, s, l):
    m = lerp(m, g, exp(-lr * t))
    s = s + lr
    l = lerp(l, rms(g), 0.1)
    scale = (l ** 0.7 + 1e-8) * (s + t) ** 0.3
    push = 0.1 * cosine_sim(w, g) * arctan(w) * s + 0.01 * abs(m) ** (1.5 - lr)
    return m / scale * tanh(norm(w)) + push, m, s, l
""")


@cache
def rule(name: str) -> Plan:
    program = READS_EVERYTHING if name == READS_EVERYTHING.name else known_rule(name)
    return plan(lower(program, bind=True))


HAS_CONSTANTS = parse("""
def has_constants(w, g, lr, t, m, s, l, *, b=0.9, c=0.1, p=0.5, q=0.7, eps=1e-8):
    m = lerp(g, m, b)
    s = lerp(lr ** p, s, b)
    l = lerp(l, rms(g), c)
    return m / (1 - b ** t) / (l ** q + eps) + s ** p * sign(w) * t ** -q, m, s, l
""")
CONSTANTS = [  # each with its own, some at an edge, and exponents for which there is other code
    (0.9, 0.1, 0.5, 0.7, 1e-8),
    (0.0, 0.3, 2.0, 0.5, 1e-3),
    (0.99, 0.0, 0.5, 0.5, 1.0),
    (0.5, 0.9, 0.3, 1.0, 1e-8),
    (0.9, 0.1, 1.0, 0.5, 1e-8),
]
ADAMW_CONSTANTS = [(0.9, 0.999, 1e-8), (0.0, 0.9, 1e-3), (0.5, 0.0, 1e-8), (0.99, 0.99, 0.1)]

Optimizer = Callable[[Iterable[nn.Parameter], float, float], optim.Optimizer]
"""What makes an optimizer from parameters, rate and weight decay."""


def adamw(parameters: Iterable[nn.Parameter], rate: float, decay: float) -> optim.Optimizer:
    return optim.AdamW(parameters, rate, betas=(0.9, 0.999), eps=1e-8, weight_decay=decay)


def momentum(parameters: Iterable[nn.Parameter], rate: float, decay: float) -> optim.Optimizer:
    assert decay == 0  # torch's is not decoupled
    return optim.SGD(parameters, rate, momentum=0.9)


def rate_factor(t: int, steps: int, warmup: float) -> float:
    rising = max(1.0, warmup * steps)
    if t < rising:
        return t / rising
    return 0.5 + 0.5 * math.cos(math.pi * (t - rising) / (steps - rising))


def train_plainly(task: Task, replica: Replica, make: Optimizer, dtype: torch.dtype) -> float:
    """The held-out loss of one module trained by one of torch's own optimizers."""

    def tensors(batch: tuple[Any, Any]) -> list[Tensor]:
        parts = [torch.tensor(part) for part in batch]
        return [part.to(dtype) if part.is_floating_point() else part for part in parts]

    data = task.data()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(torch_seed("weights", task.name, replica.seed))
        model = task.model().to(dtype)
    optimizer = make(model.parameters(), replica.rate, replica.weight_decay)
    for t in range(1, STEPS + 1):
        for group in optimizer.param_groups:
            group["lr"] = replica.rate * rate_factor(t, STEPS, task.warmup)
        draw = generator("batch", task.name, replica.seed, t)
        inputs, targets = tensors(data.sample(draw, task.batch_size))
        optimizer.zero_grad()
        task.loss(model(inputs), targets).backward()
        optimizer.step()
    inputs, targets = tensors(data.held_out())
    with torch.no_grad():
        return float(task.loss(model(inputs), targets))


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float64, 1e-9), (torch.float32, 1e-4)], ids=["f64", "f32"]
)
@pytest.mark.parametrize(
    ("name", "make", "peaks", "decay"),
    [("adamw", adamw, PEAKS, 0.1), ("momentum", momentum, MOMENTUM_PEAKS, 0.0)],
    ids=["adamw", "momentum"],
)
@every_task
def test_losses_are_those_of_a_plain_loop(
    task: Task,
    name: str,
    make: Optimizer,
    peaks: dict[str, float],
    decay: float,
    dtype: torch.dtype,
    tolerance: float,
    device: str,
) -> None:
    """Replicas end where torch's own optimizer takes one module with the same data and rates."""
    peak = peaks[task.name]
    runs = [(peak, 0), (peak / 3, 0), (peak, 4)]
    replicas = [Replica(rule(name), rate, seed, decay) for rate, seed in runs]
    expected = [train_plainly(task, replica, make, dtype) for replica in replicas]
    (untrained,) = train(task, [Replica(rule(name), 0.0, 0)], 1, Engine(dtype, device))
    assert expected[0] < 0.95 * untrained  # there is something to compare
    np.testing.assert_allclose(
        train(task, replicas, STEPS, Engine(dtype, device)), expected, rtol=tolerance
    )


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float64, 1e-9), (torch.float32, 1e-4)], ids=["f64", "f32"]
)
@pytest.mark.parametrize("name", ["adamax", "lamb", "ademamix", "nadam"])
@every_task
def test_losses_are_those_of_the_exported_optimizer(
    task: Task, name: str, dtype: torch.dtype, tolerance: float, device: str
) -> None:
    """What a search measures is what a user of the exported file gets.

    Rules that take signs are left out: a key's bias in attention has a gradient that is zero but
    for rounding, and its sign differs between any two ways to compute it.
    """
    exported = optimizer(name)

    def make(parameters: Iterable[nn.Parameter], rate: float, decay: float) -> optim.Optimizer:
        return exported(parameters, lr=rate, weight_decay=decay)

    peak = PEAKS[task.name] / 3
    replicas = [Replica(rule(name), rate, seed, 0.1) for rate, seed in [(peak, 0), (peak / 4, 3)]]
    expected = [train_plainly(task, replica, make, dtype) for replica in replicas]
    losses = train(task, replicas, STEPS, Engine(dtype, device))
    np.testing.assert_allclose(losses, expected, rtol=tolerance)


def mixed_cohort(task: Task) -> list[Replica]:
    """Seven rules, equal ones apart from each other, with rates and seeds of their own."""
    names = ("adamw", "lion", READS_EVERYTHING.name, "cautious_adamw", "sgd", "grams", "rmsprop")
    peak = PEAKS[task.name]
    return [
        Replica(rule(name), rate, seed, 0.01)
        for rate, seed in [(peak, 0), (peak, 1), (peak / 8, 1)]
        for name in names
    ]


@pytest.mark.parametrize(
    "task",
    [*map(TASKS.__getitem__, ("digit_images", "byte_text", "spirals")), TINY],
    ids=lambda task: task.name,
)
def test_loss_does_not_depend_on_the_company(task: Task, engine: Engine) -> None:
    """A replica's loss is the same to the last bit alone, beside any others, in any order."""
    replicas = mixed_cohort(task)
    together = train(task, replicas, 8, engine)
    assert np.isfinite(together).all()
    for position in (0, 1, 2, 3, 6, 9, 12, 19, 20):
        (alone,) = train(task, [replicas[position]], 8, engine)
        assert alone == together[position]
    shuffled = np.random.default_rng(3).permutation(len(replicas))
    losses = train(task, [replicas[position] for position in shuffled], 8, engine)
    assert losses.tolist() == together[shuffled].tolist()
    for chosen in (shuffled[:5], shuffled[5:8]):
        losses = train(task, [replicas[position] for position in chosen], 8, engine)
        assert losses.tolist() == together[chosen].tolist()


def with_own_constants(task: Task) -> list[Replica]:
    """Two rules, replicas of each with constants of their own; others of neither between them."""
    peak, decay = PEAKS[task.name] / 4, 0.01
    pairs = [
        (graph, dict(zip(names, values, strict=True)))
        for program, names, rows in (
            (HAS_CONSTANTS, "bcpq", CONSTANTS),
            (known_rule("adamw"), ("beta1", "beta2"), ADAMW_CONSTANTS),
        )
        for graph in [lower(program)]
        for names in [[*names, "eps"]]
        for values in rows
    ]
    replicas = [
        Replica(rule, rate, seed, decay, tuple(own[name] for name in rule.constants))
        for rate, seed in [(peak, 0), (peak / 3, 1)]
        for graph, own in pairs
        for rule in [plan(graph)]
    ]
    return [*replicas[::2], Replica(rule("lion"), peak / 10, 1), *replicas[1::2]]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["f32", "f64"])
@pytest.mark.parametrize(
    ("task", "by_operation"), [(TINY, True), (TASKS["digit_images"], False)], ids=["tiny", "digits"]
)
def test_loss_does_not_depend_on_the_constants_of_others(
    task: Task, by_operation: bool, dtype: torch.dtype, engine: Engine
) -> None:
    """It is the same to the last bit alone, in any order, and after others are stopped."""
    engine = replace(engine, dtype=dtype)
    assert layout(task, engine).calls_dominate == by_operation
    replicas = with_own_constants(task)
    together = train(task, replicas, 8, engine)
    assert np.isfinite(together).all()
    assert len(set(together.tolist())) == len(replicas)
    for position, replica in enumerate(replicas):
        assert train(task, [replica], 8, engine) == together[position]
    shuffled = np.random.default_rng(5).permutation(len(replicas))
    for chosen in (shuffled, shuffled[:6], shuffled[6:]):
        losses = train(task, [replicas[position] for position in chosen], 8, engine)
        assert losses.tolist() == together[chosen].tolist()
    for left in (shuffled[:6], shuffled[6:10]):
        going = np.isin(np.arange(len(replicas)), left)
        rungs = Rungs((3,), lambda _rung, _losses, going=going: going)
        losses = train(task, replicas, 8, engine, rungs)
        assert losses[going].tolist() == together[going].tolist()
        assert np.isnan(losses[~going]).all()


@every_task
def test_a_rule_with_constants_trains_as_the_rule_with_these_numbers(
    task: Task, device: str
) -> None:
    """A replica's constants mean what they mean in the text, but for rounding."""
    program, rate = known_rule("adamw"), PEAKS[task.name] / 4
    free = plan(lower(program))
    names = ("beta1", "beta2", "eps")
    together, apart = [], []
    for values in ADAMW_CONSTANTS:
        own = dict(zip(names, values, strict=True))
        bound = replace(program, hyperparameters=tuple(own.items()))
        constants = tuple(own[name] for name in free.constants)
        together.append(Replica(free, rate, 0, 0.01, constants))
        apart.append(Replica(plan(lower(bound, bind=True)), rate, 0, 0.01))
    engine = Engine(torch.float64, device)
    losses = train(task, together, STEPS, engine)
    assert len({round(loss, 6) for loss in losses.tolist()}) == len(losses)
    np.testing.assert_allclose(losses, train(task, apart, STEPS, engine), rtol=1e-9)


@pytest.mark.parametrize("task", [TINY, TASKS["digit_images"]], ids=lambda task: task.name)
def test_replicas_that_differ_in_constants_move_in_the_calls_of_one(
    task: Task, device: str
) -> None:
    """A step of 16 takes as many calls of torch as a step of one; 16 rules in turn take more."""

    def calls(replicas: list[Replica]) -> int:
        cohort = Cohort(task, replicas, 4, Engine(device=device))
        cohort.step(1)
        cohort.compute_gradients(2)
        with Calls() as counted:
            cohort.update(2)
        return counted.count

    for program in (known_rule("adamw"), HAS_CONSTANTS):
        free = plan(lower(program))
        draw = np.random.default_rng(0)
        vectors = [tuple(draw.uniform(0.1, 0.9, len(free.constants)).tolist()) for _ in range(16)]
        replicas = [Replica(free, 0.01, 0, 0.01, constants) for constants in vectors]
        assert 0 < calls(replicas) == calls(replicas[:1])
        bound = [
            replace(program, hyperparameters=tuple(zip(free.constants, constants, strict=True)))
            for constants in vectors
        ]
        apart = [Replica(plan(lower(one, bind=True)), 0.01, 0, 0.01) for one in bound]
        if not layout(task, Engine(device=device)).calls_dominate:
            assert calls(apart) > 10 * calls(replicas)


@every_task
def test_diverged_replica_is_infinite_and_disturbs_no_other(task: Task, engine: Engine) -> None:
    """A replica whose weights overflow has an infinite loss; its neighbours are as without it."""
    peak = PEAKS[task.name]
    sound = [Replica(rule("sgd"), peak, 0), Replica(rule("adamw"), peak, 1)]
    diverging = [Replica(rule("sgd"), 1e30, 0), Replica(rule("adamw"), 1e30, 1)]
    losses = train(task, [sound[0], diverging[0], sound[1], diverging[1]], 6, engine)
    assert losses.tolist()[1::2] == [math.inf, math.inf]
    assert losses.tolist()[::2] == train(task, sound, 6, engine).tolist()
    assert np.isfinite(losses[::2]).all()


@every_task
def test_rows_of_stopped_replicas_are_given_up(task: Task, engine: Engine) -> None:
    """Diverged and stopped replicas are computed no longer; the others end as without them."""
    replicas = mixed_cohort(task)
    undisturbed = train(task, replicas, 8, engine)
    diverging = [Replica(rule("sgd"), 1e30, seed) for seed in range(8)]
    told: list[tuple[int, np.ndarray]] = []

    def judge(rung: int, losses: np.ndarray) -> np.ndarray:
        told.append((rung, losses))
        return np.arange(len(losses)) % 3 != rung

    sizes = []

    class Counted(Cohort):
        def step(self, t: int) -> np.ndarray:
            sizes.append(len(self.weights))
            return super().step(t)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trainer, "Cohort", Counted)
        losses = train(task, [*replicas, *diverging], 8, engine, rungs=Rungs((4, 6), judge))
    everyone = np.arange(len(replicas))
    assert np.isnan(losses[: len(replicas)][everyone % 3 < 2]).all()
    left = everyone[everyone % 3 == 2]
    assert losses[left].tolist() == undisturbed[left].tolist()
    assert np.isinf(losses[len(replicas) :]).all()
    assert sizes[0] == len(replicas) + 8
    assert sizes[4] == len(replicas) * 2 // 3  # after the first rung, and without the diverged
    assert sizes[6] == len(replicas) // 3
    assert [rung for rung, _ in told] == [0, 1]
    assert np.isinf(told[0][1][len(replicas) :]).all()
    assert np.isfinite(told[0][1][: len(replicas)]).all()
    assert np.isnan(told[1][1][: len(replicas)][everyone % 3 == 0]).all()


def test_the_judge_is_told_recent_training_losses(engine: Engine) -> None:
    """At a rung after step 20 it sees the mean loss before steps 19 and 20."""
    told = []

    def judge(_: int, losses: np.ndarray) -> np.ndarray:
        told.append(losses)
        return np.ones(len(losses), dtype=bool)

    replicas = [Replica(rule("adamw"), 0.1, 3), Replica(rule("sgd"), 0.03, 0)]
    train(TINY, replicas, 24, engine, rungs=Rungs((20,), judge))
    cohort = Cohort(TINY, replicas, 24, engine)
    losses = np.array([cohort.step(t) for t in range(1, 21)])
    np.testing.assert_array_equal(told[0], losses[18:].mean(axis=0))


@pytest.mark.parametrize("task", [TASKS["digit_images"], TASKS["byte_text"]])
def test_memory_is_weights_gradients_states_and_live_values(task: Task, device: str) -> None:
    """Replicas x numbers x (slots + live buffers + 2), up to the padding of rows.

    That is where rules take turns in the same buffers; small models hold all values of a step.
    """
    numbers = sum(parameter.numel() for parameter in task.model().parameters())
    # Momentum needs no buffer but its slot and the gradient's; the last rule a few.
    for name, slots, live in (("adamw", 2, 1), ("lion", 1, 1), ("sgd", 0, 0)):
        replicas = [Replica(rule(name), 0.01, seed) for seed in range(16)]
        cohort = Cohort(task, replicas, 4, Engine(device=device))
        cohort.step(1)
        expected = 4 * 16 * -(-numbers // 16) * 16 * (slots + live + 2)
        assert expected <= cohort.bytes <= expected + 4 * 16 * 100


@every_task
def test_seeds_matter_and_only_seeds_matter(task: Task, engine: Engine) -> None:
    """The seed changes the loss; repeating does not, whatever the global generators drew."""
    first = train(task, [Replica(rule("adamw"), 0.01, seed) for seed in range(3)], 4, engine)
    assert len(set(first.tolist())) == 3
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1234)
        again = train(task, [Replica(rule("adamw"), 0.01, seed) for seed in range(3)], 4, engine)
    assert again.tolist() == first.tolist()


def test_seed_names_both_the_initial_weights_and_the_batches(engine: Engine) -> None:
    """At rate 0 the loss is that of the seed's weights; from equal weights, seeds still differ."""
    still = train(TINY, [Replica(rule("sgd"), 0.0, seed) for seed in (0, 1)], 3, engine)
    assert still[0] != still[1]

    class FromZero(nn.Linear):
        def reset_parameters(self) -> None:
            nn.init.zeros_(self.weight)
            nn.init.zeros_(self.bias)

    task = replace(TINY, name="from_zero", model=lambda: FromZero(3, 1))
    still = train(task, [Replica(rule("sgd"), 0.0, seed) for seed in (0, 1)], 3, engine)
    assert still[0] == still[1]
    moved = train(task, [Replica(rule("sgd"), 0.1, seed) for seed in (0, 1)], 3, engine)
    assert moved[0] != moved[1]
