"""Rule20, an optimizer for PyTorch, written by evosearch 0.1.0.

Origin: candidate 20 of run first.
Canonical digest: 2e61c97fc788e6f6ffd5b7223485ee6b.

Speed-up over tuned AdamW on the search tasks (spirals, byte_ngrams): 0.98, 95% interval 0.91 to
1.06, on 8 seeds that the search never used. Its constants were tuned on each task; here they
are at the middle of these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor
from torch.optim.optimizer import (
    Optimizer,
    ParamsT,
    _default_to_fused_or_foreach,
    _use_grad_for_differentiable,
    _view_as_real,
)


class Rule20(Optimizer):
    r"""Each step computes, with `g` the gradient and all operations elementwise,

        m[t] = beta1*m[t-1] + g*(1 - beta1)
        v[t] = beta2*v[t-1] + g**2*(1 - beta2)
        x1[t] = eps + sqrt(v[t]/(1 - beta2**t))
        u[t] = m[t]/(x1[t]*(beta1**t + 1))
        w[t] = (1 - lr*weight_decay)*w[t-1] - lr*u[t]

    States start at zero; they take 8 bytes per parameter in single precision.
    A step takes one temporary of a parameter's size at once; with `foreach`, of the sizes of
    all parameters of a group. With `maximize`, or a learning rate that is a tensor, there is
    one more.
    A state dict holds `step`, `m`, `v` of each parameter, so those of optimizers that call or
    define them otherwise do not load.

    Args:
        params: parameters, or parameter groups with options of their own.
        lr: learning rate; where this rule was measured, the best was 1.2 times AdamW's.
        beta1: decay rate of `m`, in [0, 1), 0.64 by default.
        beta2: decay rate of `v`, in [0, 1), 0.996133 by default.
        eps: positive constant, added to a denominator, 4.366e-09 by default.
        weight_decay: decoupled weight decay, relative to the learning rate.
        foreach: update all parameters of a group at once; None decides as torch does.
        maximize: ascend instead of descend.
        capturable: keep the step on the device, so that a CUDA graph can capture it.
        differentiable: let gradients flow through a step, which then overwrites nothing.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 0.001,
        *,
        beta1: float = 0.64,
        beta2: float = 0.996133,
        eps: float = 4.366e-9,
        weight_decay: float = 0.01,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        if isinstance(lr, Tensor):
            if foreach and not capturable:
                raise ValueError(
                    "lr as a Tensor is not supported for capturable=False and foreach=True"
                )
            if lr.numel() != 1:
                raise ValueError("Tensor lr must be 1-element")
        if foreach and differentiable:
            raise ValueError("foreach=True and differentiable=True exclude each other")
        if not lr >= 0.0:
            raise ValueError(f"Invalid lr: {lr}; expected lr >= 0.0")
        if not weight_decay >= 0.0:
            raise ValueError(f"Invalid weight_decay: {weight_decay}; expected weight_decay >= 0.0")
        if not 0.0 <= beta1 < 1.0:
            raise ValueError(f"Invalid beta1: {beta1}; expected 0.0 <= beta1 < 1.0")
        if not 0.0 <= beta2 < 1.0:
            raise ValueError(f"Invalid beta2: {beta2}; expected 0.0 <= beta2 < 1.0")
        if not eps > 0.0:
            raise ValueError(f"Invalid eps: {eps}; expected eps > 0.0")
        defaults: dict[str, Any] = {
            "lr": lr,
            "beta1": beta1,
            "beta2": beta2,
            "eps": eps,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group.setdefault("beta1", 0.64)
            group.setdefault("beta2", 0.996133)
            group.setdefault("eps", 4.366e-9)
            group.setdefault("weight_decay", 0.01)
            group.setdefault("foreach", None)
            group.setdefault("maximize", False)
            group.setdefault("capturable", False)
            group.setdefault("differentiable", False)
            for p in group["params"]:
                state_of_p = self.state.get(p, {})
                if state_of_p and not torch.is_tensor(state_of_p["step"]):
                    state_of_p["step"] = torch.tensor(float(state_of_p["step"]))

    def _init_group(
        self,
        group: dict[str, Any],
        params: list[Tensor],
        grads: list[Tensor],
        ms: list[Tensor],
        vs: list[Tensor],
        state_steps: list[Tensor],
    ) -> bool:
        """Fills the lists; tells whether a parameter is complex."""
        has_complex = False
        for p in group["params"]:
            if p.grad is None:
                continue
            if p.grad.is_sparse:
                raise RuntimeError("Rule20 does not support sparse gradients")
            has_complex |= torch.is_complex(p)
            state = self.state[p]
            if len(state) == 0:
                # On the host where it may be: to launch a kernel for it is costly.
                device = p.device if group["capturable"] else "cpu"
                state["step"] = torch.zeros((), dtype=torch.float32, device=device)
                state["m"] = torch.zeros_like(p, memory_format=torch.preserve_format)
                state["v"] = torch.zeros_like(p, memory_format=torch.preserve_format)
            params.append(p)
            grads.append(p.grad)
            ms.append(state["m"])
            vs.append(state["v"])
            state_steps.append(state["step"])
        return has_complex

    @_use_grad_for_differentiable
    def step(  # type: ignore[override]
        self, closure: Callable[[], float] | None = None
    ) -> float | None:
        """Performs one step; `closure`, if given, computes the loss again."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            params: list[Tensor] = []
            grads: list[Tensor] = []
            ms: list[Tensor] = []
            vs: list[Tensor] = []
            state_steps: list[Tensor] = []
            has_complex = self._init_group(group, params, grads, ms, vs, state_steps)
            if not params:
                continue
            if torch.compiler.is_compiling():
                _view_scalars(params, ms, vs)
            update_group = _chosen(group, params)
            update_group(
                params,
                grads,
                ms,
                vs,
                state_steps,
                beta1=group["beta1"],
                beta2=group["beta2"],
                eps=group["eps"],
                lr=_learning_rate(group),
                weight_decay=group["weight_decay"],
                maximize=group["maximize"],
                capturable=group["capturable"],
                has_complex=has_complex,
            )
        return loss


def _chosen(group: dict[str, Any], params: list[Tensor]) -> Callable[..., None]:
    """The function to use, by the policy of torch's own optimizers."""
    if group["differentiable"]:
        return _differentiable_rule20
    foreach = group["foreach"]
    if foreach is None:
        _, foreach = _default_to_fused_or_foreach(params, differentiable=False)
        if isinstance(group["lr"], Tensor) and not group["capturable"]:
            foreach = False
    return _multi_tensor_rule20 if foreach else _single_tensor_rule20


def _single_tensor_rule20(
    params: list[Tensor],
    grads: list[Tensor],
    ms: list[Tensor],
    vs: list[Tensor],
    state_steps: list[Tensor],
    *,
    beta1: float,
    beta2: float,
    eps: float,
    lr: float | Tensor,
    weight_decay: float,
    maximize: bool,
    capturable: bool,
    has_complex: bool,
) -> None:
    for p, g, m, v, step in zip(params, grads, ms, vs, state_steps, strict=True):
        if has_complex and torch.is_complex(p):
            p = torch.view_as_real(p)
            g = torch.view_as_real(g)
            m = torch.view_as_real(m)
            v = torch.view_as_real(v)
        if maximize:
            g = -g
        step += 1
        t = _number(step, capturable)
        bias_correction1 = 1 + beta1**t
        bias_correction2 = 1 - beta2**t
        bias_correction2_sqrt = bias_correction2**0.5
        step_size = lr * bias_correction2_sqrt / bias_correction1
        if torch.compiler.is_compiling():
            bias_correction2_sqrt, step_size = _settled([bias_correction2_sqrt, step_size])
        m.lerp_(g, 1 - beta1)
        v.mul_(beta2).addcmul_(g, g, value=1 - beta2)
        denom = v.sqrt().add_(eps * bias_correction2_sqrt)
        p.mul_(1 - lr * weight_decay)
        if isinstance(step_size, Tensor):
            p.addcdiv_(m * -step_size, denom)
        else:
            p.addcdiv_(m, denom, value=-step_size)
        del denom


def _multi_tensor_rule20(
    params: list[Tensor],
    grads: list[Tensor],
    ms: list[Tensor],
    vs: list[Tensor],
    state_steps: list[Tensor],
    *,
    beta1: float,
    beta2: float,
    eps: float,
    lr: float | Tensor,
    weight_decay: float,
    maximize: bool,
    capturable: bool,
    has_complex: bool,
) -> None:
    lists: Any = [params, grads, ms, vs, state_steps]
    for tensors, _ in Optimizer._group_tensors_by_device_and_dtype(lists).values():
        params, grads, ms, vs, state_steps = cast(list[list[Tensor]], tensors)
        if has_complex:
            _view_as_real(params, grads, ms, vs)
        if maximize:
            grads = list(torch._foreach_neg(grads))
        _count(state_steps)
        ts = [_number(step, capturable) for step in state_steps]
        bias_corrections1 = [1 + beta1**t for t in ts]
        bias_corrections2 = [1 - beta2**t for t in ts]
        bias_correction2_sqrts = [bias_correction2**0.5 for bias_correction2 in bias_corrections2]
        step_sizes = [
            lr * bias_correction2_sqrt / bias_correction1
            for bias_correction2_sqrt, bias_correction1 in zip(
                bias_correction2_sqrts, bias_corrections1, strict=True
            )
        ]
        if torch.compiler.is_compiling():
            bias_correction2_sqrts = _settled(bias_correction2_sqrts)
            step_sizes = _settled(step_sizes)
        torch._foreach_lerp_(ms, grads, 1 - beta1)
        torch._foreach_mul_(vs, beta2)
        torch._foreach_addcmul_(vs, grads, grads, value=1 - beta2)
        denoms = torch._foreach_sqrt(vs)
        torch._foreach_add_(
            denoms,
            [eps * bias_correction2_sqrt for bias_correction2_sqrt in bias_correction2_sqrts],
        )
        torch._foreach_mul_(params, 1 - lr * weight_decay)
        if isinstance(step_sizes[0], Tensor):
            torch._foreach_addcdiv_(
                params, torch._foreach_mul(ms, [-step_size for step_size in step_sizes]), denoms
            )
        else:
            torch._foreach_addcdiv_(params, ms, denoms, [-step_size for step_size in step_sizes])
        del denoms


def _differentiable_rule20(
    params: list[Tensor],
    grads: list[Tensor],
    ms: list[Tensor],
    vs: list[Tensor],
    state_steps: list[Tensor],
    *,
    beta1: float,
    beta2: float,
    eps: float,
    lr: float | Tensor,
    weight_decay: float,
    maximize: bool,
    capturable: bool,
    has_complex: bool,
) -> None:
    for old_p, g, old_m, old_v, step in zip(params, grads, ms, vs, state_steps, strict=True):
        if has_complex and torch.is_complex(old_p):
            old_p = torch.view_as_real(old_p)
            g = torch.view_as_real(g)
            old_m = torch.view_as_real(old_m)
            old_v = torch.view_as_real(old_v)
        p = old_p.clone()
        m = old_m.clone()
        v = old_v.clone()
        if maximize:
            g = -g
        step += 1
        t = _number(step, capturable)
        bias_correction1 = 1 + beta1**t
        bias_correction2 = 1 - beta2**t
        bias_correction2_sqrt = bias_correction2**0.5
        if torch.compiler.is_compiling():
            bias_correction1, bias_correction2_sqrt = _settled(
                [bias_correction1, bias_correction2_sqrt]
            )
        new_m = torch.lerp(g, m, beta1)
        new_v = torch.lerp(v, g.square(), 1 - beta2)
        denom = new_v.sqrt() + eps * bias_correction2_sqrt
        x3 = new_m / denom * -(lr * bias_correction2_sqrt / bias_correction1)
        new_p = p * (1 - lr * weight_decay) + x3
        old_m.copy_(new_m)
        old_v.copy_(new_v)
        old_p.copy_(new_p)


def _learning_rate(group: dict[str, Any]) -> float | Tensor:
    """The group's, a number or a tensor without dimensions."""
    lr: float | Tensor = group["lr"]
    if isinstance(lr, Tensor):
        return lr.squeeze()
    if torch.compiler.is_compiling():
        # A tensor, so that code compiled for one rate serves the next.
        device = group["params"][0].device
        return torch.ones((), dtype=torch.float64, device=device) * lr
    return lr


def _view_scalars(*lists: list[Tensor]) -> None:
    """Replaces tensors without dimensions by views of them.

    Torch 2.13's compiler drops the last call that changes one in place, where it is
    a double on the CPU, but none that changes a view.
    """
    for tensors in lists:
        for index, tensor in enumerate(tensors):
            if tensor.dim() == 0:
                tensors[index] = tensor.view_as(tensor)


def _count(state_steps: list[Tensor]) -> None:
    """Adds 1 to each step."""
    if not torch.compiler.is_compiling() and state_steps[0].is_cpu:
        # One tensor for all; a number would be made a tensor for each.
        torch._foreach_add_(state_steps, torch.tensor(1.0), alpha=1.0)
    else:
        torch._foreach_add_(state_steps, 1)


def _number(step: Tensor, capturable: bool) -> Any:
    """The step as a number, or a tensor where the host must not wait for it.

    In double precision, in which `1 - beta**t` keeps its digits.
    """
    if capturable or torch.compiler.is_compiling():
        return step.double()
    return step.item()


def _settled(numbers: list[Any]) -> list[Any]:
    """The same numbers, such that compiled code computes them once.

    Inductor repeats for each element what it takes for cheap, as a power; an
    exponential it computes beforehand, here that of zero.
    """
    return [x * (0.0 * x).exp() for x in numbers]
