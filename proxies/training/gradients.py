"""Computes losses and gradients of many replicas of a model in one call."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value, vmap
from torch.fx.experimental.proxy_tensor import make_fx

from primitives import Kind, TorchSegments
from proxies.dropout import Dropping, dropout_key
from proxies.task import Task, fresh_model
from proxies.training.batches import held_out_batch, training_batch
from proxies.training.blame import blamed, is_out_of_memory
from proxies.training.compiler_cache import ensure_compiler_cache
from proxies.training.engine import Engine, ModelError
from proxies.training.recurrence import RECURRENT_WAY_OUT, is_recurrent, taken_apart, unfused
from proxies.training.way_out import way_out

_LONGEST_REASON = 120
"""The most characters that are shown of another library's message."""
_FEW = 8
"""The held-out examples with which it is tried whether a model can be evaluated."""
_LARGE = 100_000
"""The numbers of a model beyond which it is large."""
_ALIGN = 16
"""The numbers in single precision that a vector register of AVX-512 holds."""

Gradients = Callable[..., Tensor]
"""Takes the buffer for gradients `[R, width]`, weights `[R, width]`, inputs and targets
`[R, batch, …]` and, of models with dropout, keys `[R, 2]`; returns the losses `[R]`."""
Evaluation = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Takes weights `[R, width]`, inputs and targets `[batch, …]`; returns the losses `[R]`."""


@lru_cache(maxsize=64)
def skeleton(task: Task, engine: Engine) -> nn.Module:
    """Makes a module for `functional_call`; its own parameters are never used."""
    with blamed(task, "its model"):
        return fresh_model(task, 0).to(device=engine.device, dtype=engine.dtype)


@lru_cache(maxsize=64)
def layout(task: Task, engine: Engine) -> TorchSegments:
    """Gives the layout of the model's parameters in a replica's row."""
    shapes = [parameter.shape for parameter in skeleton(task, engine).parameters()]
    return TorchSegments(shapes, engine.dtype, engine.device, align=_ALIGN)


@lru_cache(maxsize=64)
def drops(task: Task, engine: Engine) -> bool:
    """Tells whether the task's model has dropout, by running it once."""
    model = fresh_model(task, 0).to(engine.dtype)
    inputs, targets = training_batch(task, 0, 1, engine.dtype)
    with (
        torch.no_grad(),
        suppress(Exception),
        Dropping(None) as dropping,
    ):  # told of where it trains
        task.loss(model(inputs.clone()), targets.clone())
    return bool(dropping.calls)


def step_batch(task: Task, engine: Engine, seed: int, t: int) -> tuple[Tensor, ...]:
    """Gives what a replica of this seed is given at step `t`: inputs, targets, a key for dropout.

    Raises:
        ModelError: the code of the data raises something.
    """
    batch = training_batch(task, seed, t, engine.dtype)
    return (*batch, dropout_key(task.name, seed, t)) if drops(task, engine) else batch


def replica_loss(task: Task, engine: Engine) -> Callable[..., Tensor]:
    """Makes the function from one replica's weights `[width]`, inputs and targets to its loss.

    A model with dropout takes the key of its masks too, and drops nothing without.
    """
    model, segments = skeleton(task, engine), layout(task, engine)
    shapes = {name: parameter.shape for name, parameter in model.named_parameters()}
    run = unfused if any(map(is_recurrent, model.modules())) else functional_call

    def loss(weights: Tensor, inputs: Tensor, targets: Tensor) -> Tensor:
        parts = segments.split(weights)
        parameters = {
            name: part.view(shape)
            for part, (name, shape) in zip(parts, shapes.items(), strict=True)
        }
        return task.loss(run(model, parameters, (inputs,)), targets)

    def dropping_loss(
        weights: Tensor, inputs: Tensor, targets: Tensor, key: Tensor | None = None
    ) -> Tensor:
        with Dropping(key):
            return loss(weights, inputs, targets)

    return dropping_loss if drops(task, engine) else loss


def chunk(task: Task, engine: Engine) -> int:
    """Gives the number of replicas in one compiled call.

    A call's shapes are fixed, or it would be compiled again for each number of replicas; so a
    cohort is cut into chunks, of which the last is filled up. A replica of a large model takes as
    long in small chunks, and less of the last one is for nothing.
    """
    segments = layout(task, engine)
    if segments.total > _LARGE:
        return 4
    return 64 if segments.small else 16


@lru_cache(maxsize=64)
def evaluation(task: Task, engine: Engine) -> Evaluation:
    """Makes the function that computes this task's losses without gradients.

    Raises:
        ModelError: replicas of the model cannot be evaluated together.
    """
    loss = replica_loss(task, engine)
    plain = vmap(loss, in_dims=(0, None, None))

    weights = layout(task, engine).zeros(2, Kind.TENSOR, engine.dtype)
    inputs, targets = (p[:_FEW].to(engine.device) for p in held_out_batch(task, engine.dtype))
    with torch.no_grad():
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("error", message="There is a performance drop")
                plain(weights, inputs, targets)
        except Exception as error:  # of a user's code: anything
            if is_out_of_memory(error):
                raise
            apart = taken_apart(loss)
            _tried(task, engine, lambda: apart(weights, inputs, targets))
            return apart
    return plain


@lru_cache(maxsize=64)
def gradients(task: Task, engine: Engine) -> Gradients:
    """Makes the function that computes this task's gradients; a compiled one takes a whole `chunk`.

    If compiling fails, it warns and returns the function that is not compiled.

    Raises:
        ModelError: replicas of the model cannot be trained together.
    """
    ensure_compiler_cache()
    both = vmap(grad_and_value(replica_loss(task, engine)))

    def fill(gradient: Tensor, weights: Tensor, *batch: Tensor) -> Tensor:
        fresh, losses = both(weights, *batch)
        gradient.copy_(fresh)
        result: Tensor = losses
        return result

    losses = _tried(task, engine, lambda: fill(*_example(task, engine, 2)))
    if losses.shape != (2,):
        raise ModelError(
            task,
            f"expected the loss to be one number, "
            f"got the shape {tuple(losses.shape[1:])}; take the mean over the batch",
        )
    if not engine.compiled:
        return fill
    if recurrent := next((m for m in skeleton(task, engine).modules() if is_recurrent(m)), None):
        warnings.warn(
            f"task '{task.name}': {type(recurrent).__name__} is not compiled, step by step as it "
            f"is, so training takes longer; {RECURRENT_WAY_OUT}",
            stacklevel=2,
        )
        return fill
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of torch, about itself
            return _compile(task, engine, fill)
    except Exception as error:  # of a compiler: anything
        reason = " ".join(str(error).split())[:_LONGEST_REASON] or type(error).__name__
        warnings.warn(
            f"models cannot be compiled here, so training takes longer ({reason})", stacklevel=2
        )
        return fill


def _example(task: Task, engine: Engine, replicas: int) -> tuple[Tensor, ...]:
    """Makes arguments with which the function of gradients can be tried."""
    flat = layout(task, engine).zeros(replicas, Kind.TENSOR, engine.dtype)
    batch = step_batch(task, engine, 0, 1)
    parts = (p.to(engine.device).expand(replicas, *p.shape).contiguous() for p in batch)
    return flat.clone(), flat, *parts


def _compile(task: Task, engine: Engine, function: Gradients) -> Gradients:
    arguments = _example(task, engine, chunk(task, engine))
    # Traced first, so that each task has code of its own and none can be taken for another's.
    traced = make_fx(function)(*arguments)
    # Shapes, types and devices never change, and checking them takes longer than some models.
    compiled: Gradients = torch.compile(
        traced.forward,
        fullgraph=True,
        dynamic=False,
        options={"guard_filter_fn": torch.compiler.skip_all_guards_unsafe},
    )
    compiled(*arguments)
    # A compiler leaves much behind for good, through which the collector need not look.
    gc.collect()
    gc.freeze()
    return compiled


def _tried(task: Task, engine: Engine, run: Callable[[], Tensor]) -> Tensor:
    """Gives what `run` gives, or raises ModelError where two replicas cannot run together."""
    with _watched(skeleton(task, engine)) as running:
        try:
            return run()
        except Exception as error:  # of a user's code: anything
            if isinstance(error, ModelError) or is_out_of_memory(error):
                raise
            name, module = running[-1] if running else ("its loss", None)
            reason = " ".join(str(error).split())[:_LONGEST_REASON] or type(error).__name__
            raise ModelError(
                task,
                f"{name} cannot run for many replicas at once ({reason}); "
                + way_out(module, str(error)),
            ) from error


@contextmanager
def _watched(model: nn.Module) -> Iterator[list[tuple[str, nn.Module]]]:
    """Lists the modules that are running, the innermost last, each with its name for people."""
    running: list[tuple[str, nn.Module]] = []
    hooks = []
    for name, module in model.named_modules():
        told = f"module '{name}' ({type(module).__name__})" if name else type(module).__name__
        hooks += [
            module.register_forward_pre_hook(
                lambda own, *_, told=told: running.append((told, own))
            ),
            module.register_forward_hook(lambda *_: running.pop() and None),
        ]
    try:
        yield running
    finally:
        for hook in hooks:
            hook.remove()
