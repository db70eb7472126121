"""Exported optimizers behave as torch's own do, and the checks that say so can fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

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
    SIZES,
    START,
    STEPS,
    Subject,
    gradient,
    rate,
    reference,
)

RULES = ("adamw", "lion", "cautious_adamw", "ademamix", "mars_lion")
RANDOM = 20
_DISTURBANCE = 1e-13


def _path(program: Program, disturbance: float) -> np.ndarray[Any, Any] | None:
    """The last weights, where every step is disturbed; None where a number explodes."""
    interpreter = Interpreter(lower(program), NumpySegments(SIZES))
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
        changed=changed,
        other=_with(program, changed),
        invalid={**dict.fromkeys(bounded, 1.0), **dict.fromkeys(positive, -0.5)},
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
            invalid={"betas": (1.0, 0.9), "eps": -1.0},
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


FAULTS = {
    "another beta": ("torch.lerp(g, m, beta1)", "torch.lerp(g, m, beta2)"),
    "another beta in the state": ("m.lerp_(g, 1 - beta2)", "m.lerp_(g, 1 - beta1)"),
    "another beta in lists": ("_foreach_lerp(grads, ms, beta1)", "_foreach_lerp(grads, ms, beta2)"),
    "a beta turned round": ("m.lerp_(g, 1 - beta2)", "m.lerp_(g, beta2)"),
    "a beta turned round in lists": ("lerp_(ms, grads, 1 - beta2)", "lerp_(ms, grads, beta2)"),
    "a constant for a beta": ("torch.lerp(g, m, beta1)", "torch.lerp(g, m, 0.9)"),
    "no sign": (".sign_()", ""),
    "no sign in lists": ("torch._foreach_sign_(updates)", "pass"),
    "descends upwards": ("alpha=-lr)\n        del update\n", "alpha=lr)\n        del update\n"),
    "descends upwards with a tensor rate": ("p.addcmul_(update, -lr)", "p.addcmul_(update, lr)"),
    "descends upwards in lists": ("updates, alpha=-lr)", "updates, alpha=lr)"),
    "no weight decay": ("p.mul_(1 - lr * weight_decay)", "pass"),
    "no weight decay in lists": ("torch._foreach_mul_(params, 1 - lr * weight_decay)", "pass"),
    "weight decay grows": ("p.mul_(1 - lr * weight_decay)", "p.mul_(1 + lr * weight_decay)"),
    "weight decay without the rate": ("p.mul_(1 - lr * weight_decay)", "p.mul_(1 - weight_decay)"),
    "coupled weight decay": (
        "p.mul_(1 - lr * weight_decay)\n        if",
        "m.add_(p, alpha=weight_decay)\n        if",
    ),
    "weight decay in the gradient": (
        "        update = torch.lerp(g, m, beta1)",
        "        g.add_(p, alpha=weight_decay)\n        update = torch.lerp(g, m, beta1)",
    ),
    "state before the update": (
        "        update = torch.lerp(g, m, beta1).sign_()\n        m.lerp_(g, 1 - beta2)\n",
        "        m.lerp_(g, 1 - beta2)\n        update = torch.lerp(g, m, beta1).sign_()\n",
    ),
    "state replaced": (
        "        m.lerp_(g, 1 - beta2)\n",
        "        m.data = m.lerp(g, 1 - beta2)\n",
    ),
    "state not updated": ("        m.lerp_(g, 1 - beta2)\n", ""),
    "state not updated in lists": ("torch._foreach_lerp_(ms, grads, 1 - beta2)", "pass"),
    "state in single precision": (
        "zeros_like(p, memory_format=torch.preserve_format)",
        "zeros_like(p, dtype=torch.float32)",
    ),
    "state in another layout": ("torch.preserve_format", "torch.contiguous_format"),
    "state starts at one": ("torch.zeros_like(p, ", "torch.ones_like(p, "),
    "state starts at the gradient": (
        "torch.zeros_like(p, memory_format=torch.preserve_format)",
        "p.grad",
    ),
    "state holds None": (
        'state["m"] = torch.zeros_like',
        'state["n"] = None\n                state["m"] = torch.zeros_like',
    ),
    "maximize ignored": ("            g = -g\n", "            pass\n"),
    "maximize ignored in lists": ("grads = list(torch._foreach_neg(grads))", "pass"),
    "maximize writes the gradient": ("            g = -g\n", "            g.neg_()\n"),
    "maximize writes the gradients of lists": (
        "grads = list(torch._foreach_neg(grads))",
        "torch._foreach_neg_(grads)",
    ),
    "an option on self": ('beta1=group["beta1"]', "beta1=self.beta1"),
    "an option from the defaults": ('beta1=group["beta1"]', 'beta1=self.defaults["beta1"]'),
    "the rate from the defaults": (
        "lr=_learning_rate(group)",
        "lr=_learning_rate(self.defaults | {'params': params})",
    ),
    "weight decay from the defaults": (
        'weight_decay=group["weight_decay"]',
        'weight_decay=self.defaults["weight_decay"]',
    ),
    "maximize of the first group": (
        'maximize=group["maximize"]',
        'maximize=self.param_groups[0]["maximize"]',
    ),
    "a tensor rate read once": (
        "return lr.squeeze()",
        "group['lr'] = lr.item()\n        return lr",
    ),
    "a rate of shape (1,) kept": ("return lr.squeeze()", "return lr[()].item() and lr"),
    "a negative rate accepted": ("if not lr >= 0.0:", "if False:"),
    "a rate that is no number accepted": ("if not lr >= 0.0:", "if lr < 0.0:"),
    "negative weight decay accepted": ("if not weight_decay >= 0.0:", "if False:"),
    "a beta of one accepted": ("if not 0.0 <= beta1 < 1.0:", "if not 0.0 <= beta1 <= 1.0:"),
    "an assertion for an error": (
        'raise ValueError(f"Invalid beta2',
        'raise AssertionError(f"Invalid beta2',
    ),
    "two rates accepted": ("if lr.numel() != 1:", "if False:"),
    "a tensor rate with lists accepted": ("if foreach and not capturable:", "if False:"),
    "sparse gradients accepted": ("if p.grad.is_sparse:", "if False:"),
    "a missing gradient ends the group": (
        "                continue\n            if p.grad.is",
        ("                break\n            if p.grad.is"),
    ),
    "the closure's value lost": ("        return loss\n", "        return None\n"),
    "the closure without gradients": ("with torch.enable_grad():", "with torch.no_grad():"),
    "options not filled in": ('            group.setdefault("maximize", False)\n', ""),
    "complex numbers as they are": ("if has_complex and torch.is_complex(p):", "if False:"),
    "complex numbers of lists as they are": ("        if has_complex:\n", "        if False:\n"),
    "lists only of the first dtype": (
        "        del updates\n",
        "        del updates\n        break\n",
    ),
    "differentiable steps without history": ("p = old_p.clone()", "p = old_p.detach().clone()"),
    "differentiable steps forget the state": ("        old_m.copy_(new_m)\n", ""),
    "gradients enabled in a step": ("@_use_grad_for_differentiable", "@torch.enable_grad()"),
}
"""What is planted in the file of an exported Lion: a text, and what stands there instead. The
first occurrence is replaced."""


def _faulty(old: str, new: str) -> type[Any]:
    source = to_source("lion")
    assert old in source
    changed = source.replace(old, new, 1)
    if "self.beta1" in new:
        start = "        super().__init__(params, defaults)\n"
        changed = changed.replace(start, f"{start}        self.beta1 = beta1\n")
    return class_in(changed, "Lion")


@pytest.mark.parametrize("fault", FAULTS)
def test_the_contract_catches(fault: str) -> None:
    """Each of these single faults fails a check, though the file still runs."""
    subject = subject_of(known_rule("lion"), _faulty(*FAULTS[fault]), smooth=True)
    for check in CHECKS.values():
        try:
            check(subject)
        except (Exception, pytest.fail.Exception):
            return
    raise AssertionError(f"nothing noticed {fault}")
