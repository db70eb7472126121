"""Exported optimizers behave as torch's own do, and the checks that say so can fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch.autograd.gradcheck import GradcheckError

from evosearch import Program, known_rule, lower, optimizer, to_source
from evosearch.export.pytorch.loading import class_in
from evosearch.graph.graph import SOURCES
from evosearch.graph.interpreter import Interpreter
from evosearch.graph.value_ranges import hyperparameter_domains
from primitives import PRIMITIVES, Kind, NumpySegments
from tests.support.bred_programs import breed
from tests.support.optimizer_contract import (
    CHECKS,
    DECAY,
    SHAPES,
    START,
    STEPS,
    Subject,
    flat,
    give,
    gradient,
    rate,
    reference,
    simple,
    tensors,
)
from tests.support.rule_options import as_options

RULES = ("adamw", "lion", "cautious_adamw", "ademamix", "mars_lion")
RANDOM = 20
_DISTURBANCE = 1e-13


def _path(program: Program, disturbance: float) -> np.ndarray[Any, Any] | None:
    """The last weights, where every step is disturbed; None where a number explodes."""
    interpreter = Interpreter(lower(program), NumpySegments(SHAPES))
    draw = np.random.default_rng(1)
    w = START
    for t in range(1, STEPS + 1):
        w = w * (1 + disturbance * draw.standard_normal(w.size))
        u = interpreter.step(w=w, g=gradient(w, t), lr=rate(t), t=t)
        w = (1 - rate(t) * DECAY) * w - rate(t) * u
        if not np.all(np.abs(w) < 1e4):
            return None
    return w


def amplification(program: Program) -> float:
    """How much of a disturbance's size the last weights differ by; infinite where they explode."""
    plain, disturbed = _path(program, 0.0), _path(program, _DISTURBANCE)
    if plain is None or disturbed is None:
        return np.inf
    return float(np.max(np.abs(plain - disturbed)) / np.max(np.abs(plain)) / _DISTURBANCE)


def subject_of(
    program: Program, kind: Callable[..., Any] | None = None, *, smooth: bool = False
) -> Subject:
    """`smooth` says that the rule has derivatives where they are looked for."""
    graph = lower(program)
    domains = hyperparameter_domains(graph)
    defaults = dict(program.hyperparameters)
    reductions = [
        PRIMITIVES[node.op].reduces_to
        for node in graph.nodes
        if node.op not in SOURCES and PRIMITIVES[node.op].reduces
    ]
    bounded = [name for name, domain in domains.items() if domain.high == 1.0]
    positive = [name for name, domain in domains.items() if domain.low == 0.0 and domain.low_open]
    changed = {
        name: 0.5 * defaults[name]
        for name in bounded
        if _differ(program, _with(program, {name: 0.5 * defaults[name]}))
    }
    return Subject(
        kind=kind or optimizer(program),
        program=program,
        changed=as_options(program, changed),
        other=_with(program, changed),
        invalid=[
            *(as_options(program, {name: 1.0}) for name in bounded),
            *(as_options(program, {name: -0.5}) for name in positive),
        ],
        precise=amplification(program) < 20,
        elementwise=not reductions,
        independent=Kind.SCALAR not in reductions,
        smooth=smooth,
    )


def _with(program: Program, changed: Mapping[str, float]) -> Program:
    """The program with other defaults."""
    values = {**dict(program.hyperparameters), **changed}
    return replace(program, hyperparameters=tuple(values.items()))


def _differ(one: Program, other: Program) -> bool:
    return bool(np.max(np.abs(reference(other) - reference(one))) > 1e-3)


def random_programs() -> Iterator[Program]:
    """Programs as a search breeds them, those whose paths rounding does not decide."""
    for program in breed(seed=31, count=3 * RANDOM).programs:
        if amplification(program) < 20:
            yield program


@cache
def subjects() -> dict[str, Subject]:
    found = {name: subject_of(known_rule(name), smooth=True) for name in RULES}
    random = list(random_programs())[:RANDOM]
    return found | {f"random {n}": subject_of(p) for n, p in enumerate(random)}


NAMES = [*RULES, *(f"random {number}" for number in range(RANDOM))]


@pytest.mark.parametrize("check", CHECKS)
def test_torchs_own_adamw_passes(check: str) -> None:
    """So that what is asked of ours is what torch gives."""
    CHECKS[check](
        Subject(
            kind=torch.optim.AdamW,
            program=known_rule("adamw"),
            changed={"betas": (0.5, 0.9)},
            other=_with(known_rule("adamw"), {"beta1": 0.5, "beta2": 0.9}),
            invalid=[{"betas": (1.0, 0.9)}, {"eps": -1.0}],
        )
    )


@pytest.mark.parametrize("name", NAMES)
def test_exported_optimizers_pass(name: str) -> None:
    """All that torch's AdamW passes, they pass."""
    subject = subjects()[name]
    failed = {}
    for title, check in CHECKS.items():
        try:
            check(subject)
        except Exception as error:
            failed[title] = f"{type(error).__name__}: {str(error)[:200]}"
    assert not failed


@dataclass(frozen=True)
class Fault:
    """A fault planted in the file of an exported Lion: `new` for the first occurrence of `old`."""

    old: str
    new: str
    caught_by: str
    """The check that is there for it."""
    symptom: type[BaseException] = AssertionError
    """What that check raises; where torch itself cannot go on, torch's error."""


FAULTS = {
    "another beta": Fault(
        "torch.lerp(g, m, beta1)", "torch.lerp(g, m, beta2)", "follows_the_rule_single"
    ),
    "another beta in the state": Fault(
        "m.lerp_(g, 1 - beta2)", "m.lerp_(g, 1 - beta1)", "follows_the_rule_single"
    ),
    "another beta in lists": Fault(
        "_foreach_lerp(grads, ms, beta1)",
        "_foreach_lerp(grads, ms, beta2)",
        "follows_the_rule_foreach",
    ),
    "a beta turned round": Fault(
        "m.lerp_(g, 1 - beta2)", "m.lerp_(g, beta2)", "follows_the_rule_single"
    ),
    "a beta turned round in lists": Fault(
        "lerp_(ms, grads, 1 - beta2)", "lerp_(ms, grads, beta2)", "follows_the_rule_foreach"
    ),
    "a constant for a beta": Fault(
        "torch.lerp(g, m, beta1)",
        "torch.lerp(g, m, 0.9)",
        "follows_the_rule_with_other_options_single",
    ),
    "no sign": Fault(".sign_()", "", "follows_the_rule_single"),
    "no sign in lists": Fault("torch._foreach_sign_(updates)", "pass", "follows_the_rule_foreach"),
    "descends upwards": Fault(
        "alpha=-lr)\n        del update\n",
        "alpha=lr)\n        del update\n",
        "follows_the_rule_single",
    ),
    "descends upwards with a tensor rate": Fault(
        "p.addcmul_(update, -lr)", "p.addcmul_(update, lr)", "the_rate_may_be_a_tensor"
    ),
    "descends upwards in lists": Fault(
        "updates, alpha=-lr)", "updates, alpha=lr)", "follows_the_rule_foreach"
    ),
    "no weight decay": Fault(
        "p.mul_(1 - lr * weight_decay)", "pass", "weight_decay_is_decoupled_single"
    ),
    "no weight decay in lists": Fault(
        "torch._foreach_mul_(params, 1 - lr * weight_decay)",
        "pass",
        "weight_decay_is_decoupled_foreach",
    ),
    "weight decay grows": Fault(
        "p.mul_(1 - lr * weight_decay)",
        "p.mul_(1 + lr * weight_decay)",
        "weight_decay_is_decoupled_single",
    ),
    "weight decay without the rate": Fault(
        "p.mul_(1 - lr * weight_decay)",
        "p.mul_(1 - weight_decay)",
        "rate_zero_moves_nothing_single",
    ),
    "coupled weight decay": Fault(
        "p.mul_(1 - lr * weight_decay)\n        if",
        "m.add_(p, alpha=weight_decay)\n        if",
        "weight_decay_is_decoupled_single",
    ),
    "weight decay in the gradient": Fault(
        "        update = torch.lerp(g, m, beta1)",
        "        g.add_(p, alpha=weight_decay)\n        update = torch.lerp(g, m, beta1)",
        "gradients_are_left_alone_single",
    ),
    "state before the update": Fault(
        "        update = torch.lerp(g, m, beta1).sign_()\n        m.lerp_(g, 1 - beta2)\n",
        "        m.lerp_(g, 1 - beta2)\n        update = torch.lerp(g, m, beta1).sign_()\n",
        "follows_the_rule_single",
    ),
    "state replaced": Fault(
        "        m.lerp_(g, 1 - beta2)\n",
        "        m.data = m.lerp(g, 1 - beta2)\n",
        "state_is_updated_in_place_single",
    ),
    "state not updated": Fault("        m.lerp_(g, 1 - beta2)\n", "", "follows_the_rule_single"),
    "state not updated in lists": Fault(
        "torch._foreach_lerp_(ms, grads, 1 - beta2)", "pass", "follows_the_rule_foreach"
    ),
    "another state in single precision": Fault(
        'state["m"] = torch.zeros_like',
        'state["n"] = torch.zeros_like(p).float()\n                state["m"] = torch.zeros_like',
        "state_is_like_its_parameter_single",
    ),
    "state in another layout": Fault(
        "torch.preserve_format",
        "torch.contiguous_format",
        "layout_in_memory_does_not_matter_single",
    ),
    "state starts at one": Fault(
        "torch.zeros_like(p, ", "torch.ones_like(p, ", "follows_the_rule_by_default"
    ),
    "state starts at the gradient": Fault(
        "torch.zeros_like(p, memory_format=torch.preserve_format)",
        "p.grad",
        "state_shares_no_memory",
    ),
    "state holds None": Fault(
        'state["m"] = torch.zeros_like',
        'state["n"] = None\n                state["m"] = torch.zeros_like',
        "state_is_tensors_single",
    ),
    "maximize ignored": Fault(
        "            g = -g\n", "            pass\n", "maximize_ascends_single"
    ),
    "maximize ignored in lists": Fault(
        "grads = list(torch._foreach_neg(grads))", "pass", "maximize_ascends_foreach"
    ),
    "maximize writes the gradient": Fault(
        "            g = -g\n", "            g.neg_()\n", "gradients_are_left_alone_single"
    ),
    "maximize writes the gradients of lists": Fault(
        "grads = list(torch._foreach_neg(grads))",
        "torch._foreach_neg_(grads)",
        "gradients_are_left_alone_foreach",
    ),
    "an option on self": Fault(
        'beta1=group["betas"][0]', "beta1=self.betas[0]", "options_are_in_the_groups_only"
    ),
    "an option from the defaults": Fault(
        'beta1=group["betas"][0]',
        'beta1=self.defaults["betas"][0]',
        "groups_have_their_own_hyperparameters_single",
    ),
    "the rate from the defaults": Fault(
        "lr=_learning_rate(group)",
        "lr=_learning_rate(self.defaults | {'params': params})",
        "groups_have_their_own_rate_single",
    ),
    "weight decay from the defaults": Fault(
        'weight_decay=group["weight_decay"]',
        'weight_decay=self.defaults["weight_decay"]',
        "groups_have_their_own_weight_decay_single",
    ),
    "maximize of the first group": Fault(
        'maximize=group["maximize"]',
        'maximize=self.param_groups[0]["maximize"]',
        "groups_ascend_on_their_own_single",
    ),
    "a tensor rate read once": Fault(
        "return lr.squeeze()",
        "group['lr'] = lr.item()\n        return lr",
        "schedulers_keep_a_tensor_rate",
    ),
    "a rate of shape (1,) kept": Fault(
        "return lr.squeeze()",
        "return lr[()].item() and lr",
        "the_rate_may_be_a_tensor_of_one_element",
        RuntimeError,
    ),
    "a negative rate accepted": Fault(
        "if not lr >= 0.0:", "if False:", "a_negative_rate_is_refused", pytest.fail.Exception
    ),
    "a rate that is no number accepted": Fault(
        "if not lr >= 0.0:",
        "if lr < 0.0:",
        "a_rate_that_is_no_number_is_refused",
        pytest.fail.Exception,
    ),
    "negative weight decay accepted": Fault(
        "if not weight_decay >= 0.0:",
        "if False:",
        "negative_weight_decay_is_refused",
        pytest.fail.Exception,
    ),
    "a beta of one accepted": Fault(
        "if not 0.0 <= betas[0] < 1.0:",
        "if not 0.0 <= betas[0] <= 1.0:",
        "invalid_hyperparameters_are_refused",
        pytest.fail.Exception,
    ),
    "an assertion for an error": Fault(
        'raise ValueError(\n            f"Invalid beta parameter at index 1',
        'raise AssertionError(\n            f"Invalid beta parameter at index 1',
        "invalid_hyperparameters_are_refused",
    ),
    "two rates accepted": Fault(
        "if lr.numel() != 1:", "if False:", "a_rate_of_two_elements_is_refused", RuntimeError
    ),
    "a tensor rate with lists accepted": Fault(
        'if options["foreach"] and not options["capturable"]:',
        "if False:",
        "a_tensor_rate_with_foreach_asks_for_capturable",
        pytest.fail.Exception,
    ),
    "sparse gradients accepted": Fault(
        "if p.grad.is_sparse:", "if False:", "sparse_gradients_are_refused_single"
    ),
    "a missing gradient ends the group": Fault(
        "                continue\n            if p.grad.is",
        "                break\n            if p.grad.is",
        "parameters_do_not_depend_on_each_other",
    ),
    "the closure's value lost": Fault(
        "        return loss\n",
        "        return None\n",
        "closure_is_called_once_with_gradients",
        AttributeError,
    ),
    "the closure without gradients": Fault(
        "with torch.enable_grad():",
        "with torch.no_grad():",
        "closure_is_called_once_with_gradients",
        RuntimeError,
    ),
    "options not filled in": Fault(
        '            group.setdefault("maximize", False)\n',
        "",
        "options_missing_in_a_pickle_are_filled_in",
        KeyError,
    ),
    "complex numbers as they are": Fault(
        "if has_complex and torch.is_complex(p):",
        "if False:",
        "complex_numbers_are_pairs_single",
        NotImplementedError,
    ),
    "complex numbers of lists as they are": Fault(
        "        if has_complex:\n",
        "        if False:\n",
        "complex_numbers_are_pairs_foreach",
        NotImplementedError,
    ),
    "lists only of the first dtype": Fault(
        "        del updates\n",
        "        del updates\n        break\n",
        "dtypes_may_be_mixed_foreach",
    ),
    "differentiable steps without history": Fault(
        "p = old_p.clone()",
        "p = old_p.detach().clone()",
        "differentiable_steps_have_derivatives",
        GradcheckError,
    ),
    "differentiable steps forget the state": Fault(
        "        old_m.copy_(new_m)\n", "", "differentiable_steps_are_the_same_steps"
    ),
    "gradients enabled in a step": Fault(
        "@_use_grad_for_differentiable",
        "@torch.enable_grad()",
        "a_step_leaves_no_graph_single",
        RuntimeError,
    ),
}


def _faulty(fault: Fault) -> type[Any]:
    source = to_source("lion")
    assert fault.old in source
    changed = source.replace(fault.old, fault.new, 1)
    if "self.betas" in fault.new:
        start = "        super().__init__(params, defaults)\n"
        changed = changed.replace(start, f"{start}        self.betas = betas\n")
    return class_in(changed, "Lion")


@pytest.mark.parametrize("name", FAULTS)
def test_the_contract_catches(name: str) -> None:
    """Each of these single faults fails the check that is there for it, though the file steps."""
    fault = FAULTS[name]
    subject = subject_of(known_rule("lion"), _faulty(fault), smooth=True)
    for foreach in (False, True):
        weights = tensors()
        stepping = simple(subject, weights, foreach=foreach)
        before = flat(weights)
        for t in (1, 2):
            give(weights, t)
            stepping.step()
        assert not np.array_equal(flat(weights), before)
    with pytest.raises(fault.symptom):
        CHECKS[fault.caught_by](subject)
