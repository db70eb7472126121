"""Checkpoints of torch's own optimizers go on in exported ones, and the other way round."""

from __future__ import annotations

import copy
import io
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor, optim

from evosearch import known_rule, lower, optimizer, parse, rule_names
from evosearch.export.pytorch.counterparts import COUNTERPARTS, counterpart_of

ADAM = {"lr": 0.02, "betas": (0.8, 0.95), "eps": 1e-6}
CASES: dict[str, tuple[Any, dict[str, Any], dict[str, Any]]] = {
    "adamw": (optim.AdamW, ADAM | {"weight_decay": 0.1}, {}),
    "adam": (optim.Adam, ADAM | {"weight_decay": 0.0}, {}),
    "amsgrad": (optim.AdamW, ADAM | {"weight_decay": 0.1}, {"amsgrad": True}),
    "nadam": (
        optim.NAdam,
        ADAM | {"weight_decay": 0.1, "momentum_decay": 0.01},
        {"decoupled_weight_decay": True},
    ),
    "radam": (optim.RAdam, ADAM | {"weight_decay": 0.1}, {"decoupled_weight_decay": True}),
    "adamax": (optim.Adamax, ADAM | {"weight_decay": 0.0}, {}),
    "momentum": (optim.SGD, {"lr": 0.02, "momentum": 0.7, "weight_decay": 0.0}, {}),
    "nesterov": (
        optim.SGD,
        {"lr": 0.02, "momentum": 0.7, "weight_decay": 0.0},
        {"nesterov": True},
    ),
    "rmsprop": (optim.RMSprop, {"lr": 0.02, "alpha": 0.8, "eps": 1e-6, "weight_decay": 0.0}, {}),
    "adagrad": (optim.Adagrad, {"lr": 0.2, "eps": 1e-6, "weight_decay": 0.0}, {}),
    "adadelta": (optim.Adadelta, {"lr": 2.0, "rho": 0.7, "eps": 1e-4, "weight_decay": 0.0}, {}),
}
"""By rule: torch's class, options that both take, and those that torch alone needs for it."""


def start(dtype: torch.dtype = torch.float64) -> list[Tensor]:
    draw = torch.Generator().manual_seed(0)
    return [torch.randn(shape, generator=draw, dtype=dtype) for shape in ((3, 4), (5,), ())]


def advance(made: Any, weights: Sequence[Tensor], first: int, last: int) -> None:
    """Steps along gradients that depend on the weights and on the step."""
    for t in range(first, last):
        for number, weight in enumerate(weights):
            weight.grad = 0.3 * weight + torch.sin(torch.tensor(1.7 * t * (number + 1)))
        made.step()


def through_a_file(state: Any) -> Any:
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file)


def test_every_counterpart_is_tried() -> None:
    """Those that torch has twice aside, each is a case here."""
    assert {one.rule for one in COUNTERPARTS} == CASES.keys() - {"adam"}


@pytest.mark.parametrize("foreach", [False, True])
@pytest.mark.parametrize("ours_first", [False, True])
@pytest.mark.parametrize("rule", CASES)
def test_checkpoints_load_both_ways(rule: str, ours_first: bool, foreach: bool) -> None:
    """Five steps by one and five by the other are ten by torch's; also with other constants."""
    theirs, options, more = CASES[rule]
    kind = optimizer(rule)

    def make(ours: bool, weights: Sequence[Tensor]) -> Any:
        if ours:
            return kind(weights, **options, foreach=foreach)
        return theirs(weights, **options, **more, foreach=foreach)

    whole = start()
    advance(theirs(whole, **options, **more, foreach=False), whole, 0, 10)
    weights = start()
    first = make(ours_first, weights)
    advance(first, weights, 0, 5)
    second = make(not ours_first, weights)
    second.load_state_dict(through_a_file(first.state_dict()))
    advance(second, weights, 5, 10)
    torch.testing.assert_close(weights, whole, rtol=1e-7, atol=1e-9)


def test_adamw_goes_to_and_fro_in_single_precision() -> None:
    """torch, exported, torch: ten steps each, to 1e-7 of ones that torch takes alone."""
    theirs, options, _ = CASES["adamw"]
    kind = optimizer("adamw")
    whole, weights = start(torch.float32), start(torch.float32)
    advance(theirs(whole, **options), whole, 0, 30)
    state = None
    for part, make in enumerate((theirs, kind, theirs)):
        made = make(weights, **options)
        if state is not None:
            made.load_state_dict(state)
        advance(made, weights, 10 * part, 10 * part + 10)
        state = copy.deepcopy(made.state_dict())
    torch.testing.assert_close(weights, whole, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("rule", CASES)
def test_states_have_torchs_names_and_shapes(rule: str) -> None:
    """All that torch keeps is kept, and nothing else."""
    theirs, options, more = CASES[rule]
    kept = []
    for make in (lambda w: theirs(w, **options, **more), lambda w: optimizer(rule)(w, **options)):
        weights = start()
        made = make(weights)
        advance(made, weights, 0, 2)
        kept.append([{n: tuple(x.shape) for n, x in made.state[w].items()} for w in weights])
    assert kept[0] == kept[1]


@pytest.mark.parametrize("rule", ["momentum", "rmsprop", "adagrad", "adadelta", "adamax", "adam"])
def test_coupled_weight_decay_is_refused(rule: str) -> None:
    """torch adds it to the gradient there, which decoupled decay does not go on with."""
    theirs, options, more = CASES[rule]
    weights = start()
    first = theirs(weights, **options | {"weight_decay": 0.1}, **more)
    advance(first, weights, 0, 2)
    second = optimizer(rule)(weights, **options)
    before = copy.deepcopy(second.state_dict())
    with pytest.raises(ValueError, match="weight decay is part of the gradient"):
        second.load_state_dict(first.state_dict())
    assert second.state_dict() == before


@pytest.mark.parametrize(
    ("rule", "theirs", "message"),
    [
        ("adamw", lambda w: optim.AdamW(w, amsgrad=True), "amsgrad=True is another rule's"),
        ("amsgrad", lambda w: optim.AdamW(w), "amsgrad=False is another rule's"),
        ("momentum", lambda w: optim.SGD(w, momentum=0.9, nesterov=True), "nesterov=True is"),
        ("momentum", lambda w: optim.SGD(w, momentum=0.9, dampening=0.5), "dampening=0.5 is"),
        ("rmsprop", lambda w: optim.RMSprop(w, momentum=0.9), "momentum=0.9 is another rule's"),
        ("rmsprop", lambda w: optim.RMSprop(w, centered=True), "centered=True is another rule's"),
        ("lion", lambda w: optim.AdamW(w), r"exp_avg, .* keeps m: it is another optimizer's"),
        ("adamw", lambda w: optim.SGD(w, momentum=0.9), "has momentum_buffer of a parameter"),
        ("sgd", lambda w: optim.SGD(w, momentum=0.9), "this keeps nothing"),
    ],
)
def test_what_does_not_fit_is_refused(rule: str, theirs: Any, message: str) -> None:
    """At once and in a sentence, and nothing is changed."""
    weights = start()
    first = theirs(weights)
    advance(first, weights, 0, 2)
    second = optimizer(rule)(weights)
    before = copy.deepcopy(second.state_dict())
    with pytest.raises(ValueError, match=message):
        second.load_state_dict(first.state_dict())
    assert second.state_dict() == before


def test_a_state_of_another_shape_is_refused() -> None:
    """Where torch would fail at the next step."""
    kind = optimizer("adamw")
    weights, others = start(), [weight.flatten() for weight in start()]
    first, second = kind(weights), kind(others)
    advance(first, weights, 0, 1)
    with pytest.raises(ValueError, match=r"exp_avg of shape \(3, 4\) for a .* \(12,\)"):
        second.load_state_dict(first.state_dict())


ADAMW_OF_A_RUN = """
def rule_20(g, m, v, t, *, beta1=0.64, beta2=0.996, eps=1e-8):
    m = lerp(g, m, beta1)
    v = lerp(square(g), v, beta2)
    return m / (1 - beta1 ** t) / (sqrt(v / (1 - beta2 ** t)) + eps), m, v
"""


@pytest.mark.parametrize("theirs", [optimizer("adamw"), optim.AdamW])
def test_another_rules_constants_are_told(theirs: Any) -> None:
    """Its state dict fits, and brings constants that nobody set here."""
    weights = start()
    first = theirs(weights)
    advance(first, weights, 0, 1)
    second = optimizer(parse(ADAMW_OF_A_RUN))(weights)
    with pytest.warns(UserWarning, match=r"another rule's, .*: betas=.* for \(0\.64, 0"):
        second.load_state_dict(first.state_dict())
    assert second.param_groups[0]["betas"] == (0.9, 0.999)
    same = optimizer(parse(ADAMW_OF_A_RUN))(weights, betas=(0.9, 0.999))
    same.load_state_dict(first.state_dict())


def test_betas_of_another_number_are_refused() -> None:
    """Though states are called alike."""
    head = "def f(g, m, *, beta1=0.9, beta2=0.8"
    two = optimizer(parse(f"{head}): return lerp(g, m, beta1), beta2 * g"))
    three = optimizer(parse(f"{head}, beta3=0.7): return lerp(g, m, beta1) * beta3, beta2 * g"))
    weights = start()
    first = three(weights)
    advance(first, weights, 0, 1)
    with pytest.raises(ValueError, match="expected 2 numbers"):
        two(weights).load_state_dict(first.state_dict())


def test_a_rules_own_constants_are_no_news() -> None:
    """What was set before, or cycled by a scheduler, goes on, as with torch's."""
    kind = optimizer("adamw")
    weights = start()
    first = kind(weights, betas=(0.5, 0.9))
    advance(first, weights, 0, 1)
    second = kind(weights)
    second.load_state_dict(through_a_file(first.state_dict()))
    assert second.param_groups[0]["betas"] == (0.5, 0.9)
    assert second.param_groups[0].keys() == first.param_groups[0].keys()


def test_a_rule_is_known_by_its_structure() -> None:
    """Whatever its names and constants; a rule that differs is not."""
    text = (
        "def mine(g, average, spread, t, *, b=0.8, c=0.99, tiny=1e-6):\n"
        "    average = lerp(g, average, b)\n"
        "    spread = lerp(g * g, spread, c)\n"
        "    corrected = sqrt(spread / (1 - c ** t)) + tiny\n"
        "    return average / (1 - b ** t) / corrected, average, spread\n"
    )
    match = counterpart_of(lower(parse(text)))
    assert match is not None
    one, names = match
    assert one.kind == "AdamW"
    assert (names["average"], names["spread"]) == ("exp_avg", "exp_avg_sq")
    others = set(rule_names()) - {one.rule for one in COUNTERPARTS} - {"adam"}
    assert not [name for name in others if counterpart_of(lower(known_rule(name)))]
