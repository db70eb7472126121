"""Rule122, an optimizer for PyTorch, written by evosearch 0.1.0.

Origin: candidate 122 of run first.
Canonical digest: f5975652475ea2a5e43222f71f4e0ffe.

Speed-up over tuned AdamW on the search tasks (digit_images, byte_text): 1.42, 95% interval 1.37
to 1.48, on 8 seeds that the search never used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.optim.optimizer import Optimizer, ParamsT


class Rule122(Optimizer):
    r"""Each step computes, with `g` the gradient and all operations elementwise,

        m[t] = beta1*m[t-1] + g*(1 - beta1)
        v[t] = beta2*v[t-1] + g**2*(1 - beta2)
        x1[t] = eps + sqrt(v[t]/(1 - beta2**t))
        u[t] = m[t]/(x1[t]*(2.98 - beta1**t))
        w[t] = (1 - lr*weight_decay)*w[t-1] - lr*u[t]

    States start at zero; they take 8 bytes per parameter in single precision.

    Args:
        params: parameters, or parameter groups with options of their own.
        lr: learning rate.
        beta1: decay rate in [0, 1), 0.644 by default.
        beta2: decay rate in [0, 1), 0.999 by default.
        eps: positive constant, 1e-08 by default.
        weight_decay: decoupled weight decay, relative to the learning rate.
        maximize: ascend instead of descend.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 0.004,
        *,
        beta1: float = 0.644,
        beta2: float = 0.999,
        eps: float = 1e-08,
        weight_decay: float = 0.01,
        maximize: bool = False,
    ) -> None:
        if not 0.0 <= lr:
            raise ValueError(f"Invalid lr: {lr}; expected 0.0 <= lr")
        if not 0.0 <= weight_decay:
            raise ValueError(f"Invalid weight_decay: {weight_decay}; expected 0.0 <= weight_decay")
        if not 0.0 <= beta1 < 1.0:
            raise ValueError(f"Invalid beta1: {beta1}; expected 0.0 <= beta1 < 1.0")
        if not 0.0 <= beta2 < 1.0:
            raise ValueError(f"Invalid beta2: {beta2}; expected 0.0 <= beta2 < 1.0")
        if not 0.0 < eps:
            raise ValueError(f"Invalid eps: {eps}; expected 0.0 < eps")
        defaults: dict[str, Any] = {
            "lr": lr,
            "beta1": beta1,
            "beta2": beta2,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Performs one step; `closure`, if given, computes the loss again."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            lr, weight_decay = group["lr"], group["weight_decay"]
            beta1 = group["beta1"]
            beta2 = group["beta2"]
            eps = group["eps"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                if p.grad.is_sparse or p.is_complex():
                    raise RuntimeError(
                        "Rule122 supports neither sparse gradients"
                        " nor complex parameters"
                    )
                g = -p.grad if group["maximize"] else p.grad
                state = self.state[p]
                if not state:
                    state["step"] = 0
                    state["m"] = torch.zeros_like(p, memory_format=torch.preserve_format)
                    state["v"] = torch.zeros_like(p, memory_format=torch.preserve_format)
                state["step"] += 1
                t = float(state["step"])
                m = state["m"]
                v = state["v"]
                m.lerp_(g, 1 - beta1)
                v.lerp_(g.square(), 1 - beta2)
                x1 = (v / (1 - beta2 ** t)).sqrt() + eps
                update = m / (2.98 - beta1 ** t) / x1
                p.mul_(1 - lr * weight_decay)
                p.add_(update, alpha=-lr)
        return loss
