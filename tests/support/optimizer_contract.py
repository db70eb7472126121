"""What torch users may expect of any optimizer, as a table of named checks.

The behaviours are those that PyTorch's own tests of its optimizers check, and that
`torch.testing._internal.common_optimizers` lists, written anew. Each check takes a `Subject` and
raises an AssertionError where the behaviour is missing; `torch.optim.AdamW` passes them all.
"""

from __future__ import annotations

import copy
import io
import math
import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from evosearch import Program, lower
from evosearch.graph.interpreter import Interpreter
from primitives import Kind, NumpySegments

Array = NDArray[np.float64]

SHAPES = ((), (1,), (5,), (3, 4), (2, 1, 3))
SIZES = [math.prod(shape) for shape in SHAPES]
STEPS = 12
ZERO_STEP = 4
RATE, DECAY = 0.03, 0.1

_DRAW = np.random.default_rng(7)
START: Array = _DRAW.standard_normal(sum(SIZES))
NOISE: Array = _DRAW.standard_normal((STEPS, sum(SIZES)))
"""The noise of the gradients. Their signs vary from step to step: as long as they do not, a rule of
signs passes any test with wrong constants."""


@dataclass(frozen=True)
class Subject:
    """An optimizer's class, and the rule that it is to follow."""

    kind: Callable[..., Any]
    program: Program
    changed: Mapping[str, Any]
    """Options of the rule's own with other values than the defaults, and valid."""
    invalid: Sequence[Mapping[str, Any]]
    """Options with values that must be refused, each on its own."""
    precise: bool = True
    """Whether single precision follows the rule to 1e-5; a rule that amplifies rounding cannot."""
    elementwise: bool = True
    independent: bool = True
    """Whether a parameter's step depends on nothing of the others."""
    smooth: bool = True
    """Whether the rule's derivatives are what finite differences find."""
    other: Program | None = None
    """The rule with the options `changed`."""


def gradient(w: Array, t: int) -> Array:
    """The gradient of a noisy quadratic; it is zero at one step."""
    return np.zeros_like(w) if t == ZERO_STEP else 0.5 * (w - 0.3) + 0.7 * NOISE[t - 1]


def rate(t: int) -> float:
    return RATE * (1 - t / (2 * STEPS))


def reference(program: Program, sign: float = 1.0, steps: int = STEPS) -> Array:
    """`[D]`, the weights after the last step, by the reference interpreter."""
    interpreter = Interpreter(lower(program), NumpySegments(SHAPES))
    w = START
    for t in range(1, steps + 1):
        u = interpreter.step(w=w, g=sign * gradient(w, t), lr=rate(t), t=t)
        w = (1 - rate(t) * DECAY) * w - rate(t) * u
    return w


def tensors(dtype: torch.dtype = torch.float64) -> list[Tensor]:
    parts = torch.split(torch.tensor(START, dtype=dtype), SIZES)
    return [part.reshape(shape).clone() for part, shape in zip(parts, SHAPES, strict=True)]


def flat(weights: Sequence[Tensor]) -> Array:
    return torch.cat([weight.detach().double().flatten() for weight in weights]).numpy()


def give(weights: Sequence[Tensor], t: int) -> None:
    """Sets the gradients of a step."""
    g = torch.tensor(gradient(flat(weights), t))
    for weight, part in zip(weights, torch.split(g, SIZES), strict=True):
        weight.grad = part.reshape(weight.shape).to(weight.dtype)


def set_rate(optimizer: Any, lr: float) -> None:
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(lr)
        else:
            group["lr"] = lr


def advance(optimizer: Any, weights: Sequence[Tensor], first: int, last: int) -> None:
    for t in range(first, last + 1):
        give(weights, t)
        set_rate(optimizer, rate(t))
        optimizer.step()


def run(subject: Subject, dtype: torch.dtype = torch.float64, **options: Any) -> Array:
    weights = tensors(dtype)
    options = {"lr": 1.0, "weight_decay": DECAY, **options}
    advance(subject.kind(weights, **options), weights, 1, STEPS)
    return flat(weights)


def near(a: Array, b: Array, tolerance: float = 1e-12) -> None:
    error = float(np.max(np.abs(a - b))) / max(1e-3, float(np.max(np.abs(b))))
    assert error <= tolerance, f"relative error {error:.2g}, at most {tolerance:g}"


def simple(subject: Subject, weights: Any, **options: Any) -> Any:
    return subject.kind(weights, **{"lr": 0.1, "weight_decay": DECAY, **options})


def one_step(subject: Subject, weight: Tensor, grad: Tensor, **options: Any) -> Any:
    weight.grad = grad
    optimizer = simple(subject, [weight], **options)
    optimizer.step()
    return optimizer


CHECKS: dict[str, Callable[[Subject], None]] = {}


def check(function: Callable[[Subject], None]) -> Callable[[Subject], None]:
    CHECKS[function.__name__] = function
    return function


def both(function: Callable[[Subject, bool], None]) -> Callable[[Subject, bool], None]:
    """Registers a check once for single tensors and once for lists."""
    for foreach, name in ((False, "single"), (True, "foreach")):
        CHECKS[f"{function.__name__}_{name}"] = lambda s, f=foreach: function(s, f)
    return function


# The rule


@both
def follows_the_rule(subject: Subject, foreach: bool) -> None:
    near(run(subject, foreach=foreach), reference(subject.program))


@both
def follows_the_rule_in_single_precision(subject: Subject, foreach: bool) -> None:
    if subject.precise:
        near(run(subject, torch.float32, foreach=foreach), reference(subject.program), 1e-5)


@both
def follows_the_rule_with_other_options(subject: Subject, foreach: bool) -> None:
    if subject.other:
        near(run(subject, foreach=foreach, **subject.changed), reference(subject.other))


@check
def follows_the_rule_by_default(subject: Subject) -> None:
    near(run(subject), reference(subject.program))


@both
def maximize_ascends(subject: Subject, foreach: bool) -> None:
    near(run(subject, foreach=foreach, maximize=True), reference(subject.program, -1.0))


@both
def gradients_are_left_alone(subject: Subject, foreach: bool) -> None:
    for maximize in (False, True):
        weights = tensors()
        optimizer = simple(subject, weights, foreach=foreach, maximize=maximize)
        for t in (1, 2):
            give(weights, t)
            kept = [weight.grad.clone() for weight in weights if weight.grad is not None]
            optimizer.step()
            found = [weight.grad for weight in weights]
            assert all(torch.equal(a, b) for a, b in zip(kept, found, strict=True) if b is not None)


@both
def weight_decay_is_decoupled(subject: Subject, foreach: bool) -> None:
    grad = torch.tensor([0.5, -2.0], dtype=torch.float64)
    moved = []
    for decay in (0.0, 0.5):
        weight = torch.tensor([3.0, -2.0], dtype=torch.float64)
        one_step(subject, weight, grad, weight_decay=decay, foreach=foreach)
        moved.append(weight)
    expected = -0.1 * 0.5 * torch.tensor([3.0, -2.0], dtype=torch.float64)
    assert torch.allclose(moved[1] - moved[0], expected, rtol=1e-9, atol=1e-12)


@both
def rate_zero_moves_nothing(subject: Subject, foreach: bool) -> None:
    weight = torch.tensor([3.0, -2.0])
    one_step(subject, weight, torch.tensor([1.0, -0.5]), lr=0.0, foreach=foreach)
    assert weight.tolist() == [3.0, -2.0]


@both
def options_changed_between_steps_count(subject: Subject, foreach: bool) -> None:
    if not subject.changed:
        return
    weights, others = tensors(), tensors()
    first = simple(subject, weights, foreach=foreach)
    second = simple(subject, others, foreach=foreach, **subject.changed)
    advance(first, weights, 1, 3)
    advance(second, others, 1, 3)
    assert not np.array_equal(flat(weights), flat(others))
    third = simple(subject, copies := [w.clone() for w in weights], foreach=foreach)
    third.load_state_dict(copy.deepcopy(first.state_dict()))
    first.param_groups[0].update(subject.changed)
    advance(first, weights, 5, 8)
    advance(third, copies, 5, 8)
    assert not np.array_equal(flat(weights), flat(copies))


@check
def an_option_at_its_default_changes_nothing(subject: Subject) -> None:
    defaults = subject.kind(tensors()).defaults
    options = {name: defaults[name] for name in subject.changed}
    near(run(subject, **options), run(subject), 0.0)


@check
def parameters_do_not_depend_on_each_other(subject: Subject) -> None:
    if not subject.independent:
        return
    weights = tensors()
    advance(simple(subject, weights), weights, 1, 2)
    alone = tensors()
    for t in (1, 2):
        give(alone, t)
        for number in (0, 1, 2, 4):
            alone[number].grad = None
        if t == 1:
            optimizer = simple(subject, alone)
        set_rate(optimizer, rate(t))
        optimizer.step()
    assert torch.equal(weights[3], alone[3])


# Parameter groups


def _groups(subject: Subject, options: Mapping[str, Any], foreach: bool) -> None:
    """Two groups in one optimizer move as with an optimizer each."""
    if not subject.independent:
        return
    together, apart = tensors(), tensors()
    optimizer = simple(
        subject,
        [{"params": together[:2], **options}, {"params": together[2:]}],
        foreach=foreach,
    )
    first = simple(subject, apart[:2], foreach=foreach, **options)
    second = simple(subject, apart[2:], foreach=foreach)
    for t in (1, 2, 3, 5):
        give(together, t)
        give(apart, t)
        for each in (optimizer, first, second):
            each.step()
    near(flat(together), flat(apart), 0.0)


@both
def groups_have_their_own_rate(subject: Subject, foreach: bool) -> None:
    _groups(subject, {"lr": 0.01}, foreach)


@both
def groups_have_their_own_weight_decay(subject: Subject, foreach: bool) -> None:
    _groups(subject, {"weight_decay": 0.7}, foreach)


@both
def groups_have_their_own_hyperparameters(subject: Subject, foreach: bool) -> None:
    _groups(subject, subject.changed, foreach)


@both
def groups_ascend_on_their_own(subject: Subject, foreach: bool) -> None:
    _groups(subject, {"maximize": True}, foreach)


@check
def groups_may_differ_in_foreach(subject: Subject) -> None:
    weights, others = tensors(), tensors()
    groups = [{"params": weights[:2], "foreach": True}, {"params": weights[2:], "foreach": False}]
    advance(simple(subject, groups), weights, 1, 3)
    advance(simple(subject, others), others, 1, 3)
    near(flat(weights), flat(others))


@check
def groups_get_every_option(subject: Subject) -> None:
    optimizer = simple(subject, [{"params": tensors()[:1]}, {"params": tensors()[1:], "lr": 0.5}])
    for group in optimizer.param_groups:
        assert set(optimizer.defaults) <= set(group)


@check
def groups_can_be_added(subject: Subject) -> None:
    weights, others = tensors(), tensors()
    optimizer = simple(subject, weights[:2], foreach=False)
    optimizer.add_param_group({"params": weights[2:]})
    assert set(optimizer.defaults) <= set(optimizer.param_groups[1])
    advance(optimizer, weights, 1, 3)
    advance(simple(subject, others, foreach=False), others, 1, 3)
    near(flat(weights), flat(others))


@check
def added_groups_may_have_options(subject: Subject) -> None:
    weights = tensors()
    optimizer = simple(subject, weights[:2])
    optimizer.add_param_group({"params": weights[2:], "lr": 0.25, **subject.changed})
    assert optimizer.param_groups[1]["lr"] == 0.25
    assert optimizer.param_groups[0]["lr"] == 0.1


@check
def a_parameter_stands_in_one_group_only(subject: Subject) -> None:
    weight = torch.ones(1)
    with pytest.raises(ValueError, match="more than one parameter group"):
        simple(subject, [{"params": [weight]}, {"params": [weight]}])


@check
def a_rate_of_the_group_counts(subject: Subject) -> None:
    """The default that was given first is nowhere kept."""
    weights, others = tensors(), tensors()
    advance(subject.kind(weights, lr=5.0, weight_decay=DECAY), weights, 1, 2)
    advance(subject.kind(others, lr=1e-9, weight_decay=DECAY), others, 1, 2)
    near(flat(weights), flat(others), 0.0)


@check
def named_parameters_are_taken(subject: Subject) -> None:
    weights, others = tensors(), tensors()
    named = [(f"w{number}", weight) for number, weight in enumerate(weights)]
    optimizer = simple(subject, named)
    advance(optimizer, weights, 1, 2)
    advance(simple(subject, others), others, 1, 2)
    near(flat(weights), flat(others), 0.0)
    assert optimizer.param_groups[0]["param_names"][0] == "w0"


# Gradients


@both
def no_gradient_no_step(subject: Subject, foreach: bool) -> None:
    late, early = torch.ones(2), torch.ones(2)
    early.grad = torch.tensor([1.0, -1.0])
    optimizer = simple(subject, [late, early], foreach=foreach)
    optimizer.step()
    assert late.tolist() == [1.0, 1.0]
    assert late not in optimizer.state


@both
def no_gradients_at_all(subject: Subject, foreach: bool) -> None:
    weight = torch.ones(2)
    optimizer = simple(subject, [weight], foreach=foreach)
    assert optimizer.step() is None
    assert weight.tolist() == [1.0, 1.0]


@both
def a_late_parameter_starts_at_its_first_step(subject: Subject, foreach: bool) -> None:
    if not subject.independent:
        return
    late, other, fresh = (torch.tensor([0.5, -1.0]) for _ in range(3))
    grad = torch.tensor([1.0, -0.25])
    optimizer = simple(subject, [late, other], foreach=foreach)
    for _ in range(3):
        other.grad = grad.clone()
        optimizer.step()
    late.grad = grad.clone()
    optimizer.step()
    one_step(subject, fresh, grad.clone(), foreach=foreach)
    assert torch.allclose(late, fresh, rtol=1e-6)


@both
def sparse_gradients_are_refused(subject: Subject, foreach: bool) -> None:
    weight = torch.ones(3)
    weight.grad = torch.tensor([0.0, 1.0, 0.0]).to_sparse()
    optimizer = simple(subject, [weight], foreach=foreach)
    with pytest.raises(RuntimeError, match="does not support sparse gradients"):
        optimizer.step()
    assert weight.tolist() == [1.0, 1.0, 1.0]


@both
def zero_size_tensors_are_taken(subject: Subject, foreach: bool) -> None:
    empty, full = torch.zeros(0, 3), torch.tensor([1.0, -2.0])
    empty.grad, full.grad = torch.zeros(0, 3), torch.tensor([0.5, 0.25])
    optimizer = simple(subject, [empty, full], foreach=foreach)
    optimizer.step()
    optimizer.step()
    assert bool(torch.isfinite(full).all())
    assert empty.shape == (0, 3)


@both
def layout_in_memory_does_not_matter(subject: Subject, foreach: bool) -> None:
    values = torch.tensor(START[:12]).reshape(3, 4)
    grads = [torch.tensor(NOISE[t, :12]).reshape(3, 4) for t in range(3)]
    dense, turned = values.clone(), values.t().contiguous().t()
    assert not turned.is_contiguous()
    optimizers = [simple(subject, [w], foreach=foreach) for w in (dense, turned)]
    for grad in grads:
        dense.grad, turned.grad = grad.clone(), grad.t().contiguous().t()
        for optimizer in optimizers:
            optimizer.step()
    assert torch.allclose(dense, turned, rtol=1e-12, atol=1e-14)
    for value in optimizers[1].state[turned].values():
        assert value.shape != turned.shape or value.stride() == turned.stride()


@both
def dtypes_may_be_mixed(subject: Subject, foreach: bool) -> None:
    if not subject.independent:
        return
    kinds = (torch.float64, torch.float32, torch.bfloat16)
    together = [torch.tensor([1.0, -0.5], dtype=kind) for kind in kinds]
    apart = [weight.clone() for weight in together]
    for weights in (together, apart):
        for weight in weights:
            weight.grad = torch.tensor([0.5, 0.25], dtype=weight.dtype)
    joint = simple(subject, together, foreach=foreach)
    single = [simple(subject, [weight], foreach=foreach) for weight in apart]
    for optimizer in (joint, *single, joint, *single):
        optimizer.step()
    assert all(map(torch.equal, together, apart))
    assert [weight.dtype for weight in together] == list(kinds)


@both
def half_precision_works(subject: Subject, foreach: bool) -> None:
    if not subject.precise:
        return
    weight = torch.tensor([1.0, -0.5], dtype=torch.bfloat16)
    grad = torch.tensor([0.5, 0.25], dtype=torch.bfloat16)
    optimizer = one_step(subject, weight, grad, foreach=foreach)
    optimizer.step()
    exact = torch.tensor([1.0, -0.5], dtype=torch.float64)
    one_step(subject, exact, grad.double(), foreach=foreach).step()
    assert weight.dtype == torch.bfloat16
    assert float((weight.double() - exact).abs().max()) <= 0.02 * max(1.0, float(exact.abs().max()))


# Closures and the graph


@check
def closure_is_called_once_with_gradients(subject: Subject) -> None:
    weight = torch.ones(3, requires_grad=True)
    optimizer = simple(subject, [weight])
    calls = []

    def closure() -> Any:
        optimizer.zero_grad()
        loss = weight.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        calls.append(torch.is_grad_enabled())
        return loss

    assert optimizer.step(closure).item() == 3.0
    assert calls == [True]
    assert weight.tolist() != [1.0, 1.0, 1.0]


@check
def without_a_closure_nothing_is_returned(subject: Subject) -> None:
    weight = torch.ones(1)
    weight.grad = torch.ones(1)
    assert simple(subject, [weight]).step() is None


@both
def a_step_leaves_no_graph(subject: Subject, foreach: bool) -> None:
    weight = torch.ones(2, requires_grad=True)
    optimizer = one_step(subject, weight, torch.ones(2), foreach=foreach)
    assert weight.is_leaf
    assert weight.requires_grad
    assert not any(value.requires_grad for value in optimizer.state[weight].values())


@check
def gradients_stay_enabled_after_a_step(subject: Subject) -> None:
    one_step(subject, torch.ones(1), torch.ones(1))
    assert torch.is_grad_enabled()


@check
def zero_grad_clears(subject: Subject) -> None:
    weight = torch.ones(1)
    optimizer = one_step(subject, weight, torch.ones(1))
    optimizer.zero_grad()
    assert weight.grad is None


def _after_steps(subject: Subject, start: Tensor, grads: Sequence[Tensor]) -> Tensor:
    weight = start.clone()
    optimizer = simple(subject, [weight], differentiable=True)
    for grad in grads:
        weight.grad = grad
        optimizer.step()
    return weight


@check
def differentiable_steps_have_derivatives(subject: Subject) -> None:
    """Through three steps, to the first weights and to the gradients, as differences find them."""
    if not subject.smooth:
        return
    start = torch.tensor([0.7, -0.4, 0.2], dtype=torch.float64, requires_grad=True)
    grads = [
        torch.tensor(x, dtype=torch.float64, requires_grad=True)
        for x in ([0.5, 0.3, -0.8], [-0.2, 0.6, -0.1], [0.4, 0.2, 0.9])
    ]
    assert torch.autograd.gradcheck(
        lambda w, *g: _after_steps(subject, w, g), (start, *grads), atol=1e-5, rtol=1e-3
    )


@check
def differentiable_steps_are_the_same_steps(subject: Subject) -> None:
    # torch counts in single precision here.
    near(run(subject, differentiable=True), run(subject, foreach=False), 1e-5)


# Learning rates


def _tensor_rate(subject: Subject, lr: Tensor, **options: Any) -> None:
    weights = tensors()
    optimizer = subject.kind(weights, lr=lr, weight_decay=DECAY, **options)
    for t in range(1, STEPS + 1):
        give(weights, t)
        optimizer.param_groups[0]["lr"].fill_(rate(t))
        optimizer.step()
    near(flat(weights), reference(subject.program))
    assert optimizer.param_groups[0]["lr"] is lr


@check
def the_rate_may_be_a_tensor(subject: Subject) -> None:
    _tensor_rate(subject, torch.tensor(1.0, dtype=torch.float64))
    _tensor_rate(subject, torch.tensor(1.0, dtype=torch.float64), foreach=False)


@check
def the_rate_may_be_a_tensor_of_one_element(subject: Subject) -> None:
    _tensor_rate(subject, torch.ones(1, dtype=torch.float64), foreach=False)


@check
def a_rate_of_two_elements_is_refused(subject: Subject) -> None:
    with pytest.raises(ValueError, match="Tensor lr must be 1-element"):
        subject.kind(tensors(), lr=torch.tensor([0.1, 0.2]))


@check
def a_tensor_rate_with_foreach_asks_for_capturable(subject: Subject) -> None:
    with pytest.raises(ValueError, match="lr as a Tensor is not supported for capturable=False"):
        subject.kind(tensors(), lr=torch.tensor(0.1), foreach=True)


@check
def a_negative_rate_is_refused(subject: Subject) -> None:
    with pytest.raises(ValueError, match="Invalid l"):
        subject.kind(tensors(), lr=-0.1)


@check
def a_rate_that_is_no_number_is_refused(subject: Subject) -> None:
    with pytest.raises(ValueError, match="Invalid l"):
        subject.kind(tensors(), lr=math.nan)


@check
def negative_weight_decay_is_refused(subject: Subject) -> None:
    with pytest.raises(ValueError, match="Invalid weight_decay"):
        subject.kind(tensors(), weight_decay=-0.1)


@check
def invalid_hyperparameters_are_refused(subject: Subject) -> None:
    for options in subject.invalid:
        with pytest.raises(ValueError, match="Invalid"):
            subject.kind(tensors(), **options)


@check
def no_parameters_are_refused(subject: Subject) -> None:
    with pytest.raises(ValueError, match="empty parameter list"):
        subject.kind([])


@check
def a_tensor_for_parameters_is_refused(subject: Subject) -> None:
    with pytest.raises(TypeError, match="iterable of Tensors or dicts"):
        subject.kind(torch.ones(1))


@check
def schedulers_set_the_rate(subject: Subject) -> None:
    weight, other = (torch.tensor([0.5, -2.0], dtype=torch.float64) for _ in range(2))
    optimizer, plain = (simple(subject, [w], lr=0.5) for w in (weight, other))
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.5)
    for t in range(3):
        weight.grad, other.grad = (torch.sin(w + t) for w in (weight, other))
        optimizer.step()
        scheduler.step()
        plain.param_groups[0]["lr"] = 0.5 * 0.5**t
        plain.step()
    assert torch.equal(weight, other)


@check
def schedulers_keep_a_tensor_rate(subject: Subject) -> None:
    lr = torch.tensor(0.5)
    optimizer = simple(subject, [weight := torch.ones(1)], lr=lr, foreach=False)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    weight.grad = torch.ones(1)
    optimizer.step()
    scheduler.step()
    assert optimizer.param_groups[0]["lr"] is lr
    assert lr.item() == 0.25


# State


@both
def state_is_tensors(subject: Subject, foreach: bool) -> None:
    weight = torch.ones(2, 3)
    optimizer = one_step(subject, weight, torch.ones(2, 3), foreach=foreach)
    sides = {Kind.ROW: (2, 1), Kind.COLUMN: (1, 3)}
    kinds = subject.program.slot_kinds.values()
    shapes = [(2, 3), (), *(shape for kind, shape in sides.items() if kind in kinds)]
    for value in optimizer.state[weight].values():
        assert isinstance(value, Tensor)
        assert value.shape in shapes


@both
def state_is_like_its_parameter(subject: Subject, foreach: bool) -> None:
    weight = torch.ones(2, 3, dtype=torch.bfloat16)
    optimizer = one_step(subject, weight, torch.ones_like(weight), foreach=foreach)
    for name, value in optimizer.state[weight].items():
        if name == "step":
            assert value.dtype == torch.float32
            assert value.device.type == "cpu"
            assert value.item() == 1.0
        else:
            assert value.dtype == weight.dtype


@both
def state_is_updated_in_place(subject: Subject, foreach: bool) -> None:
    weight = torch.tensor([1.0, -2.0])
    optimizer = one_step(subject, weight, torch.tensor([0.5, 1.0]), foreach=foreach)
    before = {name: (value, value.data_ptr()) for name, value in optimizer.state[weight].items()}
    weight.grad = torch.tensor([-1.0, 0.5])
    optimizer.step()
    assert set(before) == set(optimizer.state[weight])
    for name, value in optimizer.state[weight].items():
        assert value is before[name][0]
        assert value.data_ptr() == before[name][1]


@both
def parameters_are_updated_in_place(subject: Subject, foreach: bool) -> None:
    weight = torch.tensor([1.0, -2.0])
    place = weight.data_ptr()
    one_step(subject, weight, torch.tensor([0.5, 1.0]), foreach=foreach)
    assert weight.data_ptr() == place


@check
def state_shares_no_memory(subject: Subject) -> None:
    weight = torch.tensor([1.0, -2.0])
    optimizer = one_step(subject, weight, torch.tensor([0.5, 1.0]))
    assert weight.grad is not None
    held = [weight, weight.grad, *optimizer.state[weight].values()]
    places = [value.data_ptr() for value in held]
    assert len(set(places)) == len(places)


@check
def options_are_in_the_groups_only(subject: Subject) -> None:
    optimizer = simple(subject, tensors())
    plain = torch.optim.SGD(tensors(), lr=0.1)
    assert set(vars(optimizer)) <= set(vars(plain))
    assert {"lr", "weight_decay", "foreach", "maximize", "capturable", "differentiable"} <= set(
        optimizer.defaults
    )
    assert set(subject.changed) <= set(optimizer.defaults)


@check
def repr_shows_the_options(subject: Subject) -> None:
    text = repr(simple(subject, tensors()))
    assert all(f"    {name}: " in text for name in ("lr", "weight_decay", *subject.changed))


@both
def resuming_is_as_if_never_interrupted(subject: Subject, foreach: bool) -> None:
    weights = tensors()
    optimizer = simple(subject, weights, foreach=foreach, **subject.changed)
    advance(optimizer, weights, 1, 6)
    buffer = io.BytesIO()
    torch.save(optimizer.state_dict(), buffer)
    buffer.seek(0)
    copies = [weight.clone() for weight in weights]
    resumed = simple(subject, copies, lr=7.0)
    resumed.load_state_dict(torch.load(buffer, weights_only=True))
    advance(optimizer, weights, 7, STEPS)
    advance(resumed, copies, 7, STEPS)
    near(flat(weights), flat(copies), 0.0)
    for name, value in subject.changed.items():
        assert resumed.param_groups[0][name] == value


@check
def a_state_dict_numbers_its_parameters(subject: Subject) -> None:
    weights = tensors()
    optimizer = simple(subject, weights)
    advance(optimizer, weights, 1, 1)
    saved = optimizer.state_dict()
    assert saved["param_groups"][0]["params"] == list(range(len(weights)))
    assert set(saved["state"]) <= set(range(len(weights)))
    assert set(optimizer.defaults) <= set(saved["param_groups"][0])


@check
def loading_casts_all_state_but_the_step(subject: Subject) -> None:
    weight = torch.tensor([1.0, -2.0])
    optimizer = one_step(subject, weight, torch.tensor([0.5, 1.0]))
    other = weight.to(torch.bfloat16)
    loaded = simple(subject, [other])
    loaded.load_state_dict(optimizer.state_dict())
    for name, value in loaded.state[other].items():
        assert value.dtype == (torch.float32 if name == "step" else torch.bfloat16)
    other.grad = torch.tensor([0.5, 1.0], dtype=torch.bfloat16)
    loaded.step()


@check
def loading_changes_nothing_that_was_saved(subject: Subject) -> None:
    weight = torch.tensor([1.0, -2.0], dtype=torch.float64)
    optimizer = one_step(subject, weight, torch.tensor([0.5, 1.0], dtype=torch.float64))
    saved = copy.deepcopy(optimizer.state_dict())
    other = weight.clone()
    loaded = simple(subject, [other])
    loaded.load_state_dict(saved)
    saved["param_groups"][0]["lr"] = 99.0
    assert loaded.param_groups[0]["lr"] == 0.1


@check
def saving_copies_nothing(subject: Subject) -> None:
    weight = torch.tensor([1.0, -2.0])
    optimizer = one_step(subject, weight, torch.tensor([0.5, 1.0]))
    for name, value in optimizer.state_dict()["state"].get(0, {}).items():
        assert value is optimizer.state[weight][name]


def _continues(subject: Subject, duplicate: Callable[[Any], Any]) -> None:
    weights = [torch.nn.Parameter(weight) for weight in tensors()]
    optimizer = simple(subject, weights, **subject.changed)
    advance(optimizer, weights, 1, 5)
    copies, twin = duplicate((weights, optimizer))
    assert copies[0] is twin.param_groups[0]["params"][0]
    for name in ("weight_decay", *subject.changed):
        assert twin.param_groups[0][name] == optimizer.param_groups[0][name]
    advance(twin, copies, 6, STEPS)
    kept = flat(weights)
    assert not np.array_equal(kept, flat(copies))
    advance(optimizer, weights, 6, STEPS)
    near(flat(weights), flat(copies), 0.0)


@check
def deep_copies_go_on(subject: Subject) -> None:
    _continues(subject, copy.deepcopy)


@check
def pickled_optimizers_go_on(subject: Subject) -> None:
    _continues(subject, lambda pair: pickle.loads(pickle.dumps(pair)))


@check
def options_missing_in_a_pickle_are_filled_in(subject: Subject) -> None:
    weights = tensors()
    optimizer = simple(subject, weights)
    state = optimizer.__getstate__()
    for name in ("foreach", "maximize", "capturable", "differentiable"):
        del state["param_groups"][0][name]
    optimizer.__setstate__(state)
    assert optimizer.param_groups[0]["maximize"] is False
    assert optimizer.param_groups[0]["foreach"] is None
    advance(optimizer, weights, 1, 2)


@check
def a_step_that_was_pickled_as_a_number_becomes_a_tensor(subject: Subject) -> None:
    weight = torch.tensor([1.0, -2.0])
    optimizer = one_step(subject, weight, torch.tensor([0.5, 1.0]))
    if "step" not in optimizer.state[weight]:
        return
    state = optimizer.__getstate__()
    state["state"][weight]["step"] = 1
    optimizer.__setstate__(state)
    assert isinstance(optimizer.state[weight]["step"], Tensor)
    optimizer.step()
    assert optimizer.state[weight]["step"].item() == 2.0


# Hooks and tools


@check
def step_hooks_are_called(subject: Subject) -> None:
    weight = torch.ones(1)
    weight.grad = torch.ones(1)
    optimizer = simple(subject, [weight])
    seen: list[tuple[str, float]] = []
    optimizer.register_step_pre_hook(lambda *_: seen.append(("before", weight.item())))
    optimizer.register_step_post_hook(lambda *_: seen.append(("after", weight.item())))
    optimizer.step()
    assert [name for name, _ in seen] == ["before", "after"]
    assert seen[0][1] == 1.0
    assert seen[1][1] == weight.item()


@check
def state_dict_hooks_are_called(subject: Subject) -> None:
    optimizer = simple(subject, tensors())
    seen = []
    optimizer.register_state_dict_pre_hook(lambda _: seen.append("before"))
    optimizer.register_state_dict_post_hook(lambda _, found: {**found, "extra": 1})
    optimizer.register_load_state_dict_pre_hook(lambda *_: seen.append("loading"))
    optimizer.register_load_state_dict_post_hook(lambda _: seen.append("loaded"))
    saved = optimizer.state_dict()
    assert saved.pop("extra") == 1
    optimizer.load_state_dict(saved)
    assert seen == ["before", "loading", "loaded"]


@check
def profiles_name_the_class(subject: Subject) -> None:
    weight = torch.ones(1)
    weight.grad = torch.ones(1)
    optimizer = simple(subject, [weight])
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        optimizer.step()
    names = {event.key for event in profile.key_averages()}
    assert f"Optimizer.step#{type(optimizer).__name__}.step" in names


@check
def the_gradient_scaler_works(subject: Subject) -> None:
    weight, other = (torch.tensor([1.0, -2.0], requires_grad=True) for _ in range(2))
    scaled, plain = (simple(subject, [w]) for w in (weight, other))
    scaler = torch.amp.GradScaler("cpu", init_scale=256.0)
    for _ in range(2):
        for w, optimizer in ((weight, scaled), (other, plain)):
            optimizer.zero_grad()
            loss = (w.square() * torch.tensor([0.5, 1.0])).sum()
            (scaler.scale(loss) if w is weight else loss).backward()
        scaler.step(scaled)
        scaler.update()
        plain.step()
    assert torch.allclose(weight, other, rtol=1e-5)


@check
def the_gradient_scaler_skips_infinite_gradients(subject: Subject) -> None:
    weight = torch.tensor([1.0, -2.0], requires_grad=True)
    optimizer = simple(subject, [weight])
    scaler = torch.amp.GradScaler("cpu", init_scale=256.0)
    scaler.scale(weight.sum()).backward()
    assert weight.grad is not None
    weight.grad[0] = math.inf
    scaler.step(optimizer)
    scaler.update()
    assert weight.tolist() == [1.0, -2.0]
    assert weight not in optimizer.state


# Complex numbers


@both
def complex_numbers_are_pairs(subject: Subject, foreach: bool) -> None:
    if not subject.elementwise:
        weight = torch.ones(3, dtype=torch.complex128)
        weight.grad = torch.ones_like(weight)
        with pytest.raises(RuntimeError, match="does not support complex parameters"):
            simple(subject, [weight], foreach=foreach).step()
        return
    pairs = torch.tensor(START[:8]).reshape(4, 2)
    whole = torch.view_as_complex(pairs.clone())
    optimizers = [simple(subject, [w], foreach=foreach) for w in (pairs, whole)]
    for t in range(4):
        grad = torch.tensor(NOISE[t, :8]).reshape(4, 2)
        pairs.grad, whole.grad = grad.clone(), torch.view_as_complex(grad.clone())
        for optimizer in optimizers:
            optimizer.step()
    assert torch.allclose(torch.view_as_real(whole), pairs, rtol=1e-13, atol=1e-15)
    for name, value in optimizers[1].state[whole].items():
        if value.dim():
            assert value.dtype == whole.dtype, name


@both
def complex_and_real_may_be_mixed(subject: Subject, foreach: bool) -> None:
    if not subject.elementwise:
        return
    whole = torch.tensor([1 + 2j, -0.5j], dtype=torch.complex128)
    real = torch.tensor([1.0, -2.0], dtype=torch.float64)
    whole.grad = torch.tensor([0.5 - 1j, 2 + 0.1j], dtype=torch.complex128)
    real.grad = torch.tensor([0.5, -1.0], dtype=torch.float64)
    alone = real.clone()
    one_step(subject, alone, real.grad.clone(), foreach=foreach)
    optimizer = simple(subject, [whole, real], foreach=foreach, maximize=False)
    optimizer.step()
    assert torch.equal(real, alone)
