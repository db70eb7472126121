"""DeepSpeed on two processes, with whole parameters and with partitions of them."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

from evosearch import known_rule, lower
from evosearch.graph.graph import SOURCES
from scripts.clients.client import Client
from scripts.clients.in_pairs import HALVES, PROCESSES, half
from scripts.clients.problem import (
    BATCH,
    FACTORS,
    RATE,
    STEPS,
    Make,
    Weights,
    batches,
    begin,
    loss_of,
    model,
    weights,
)


def deepspeed(make: Make, folder: Path, stage: int) -> dict[str, Weights]:
    """Trains by an engine that is given the optimizer, and loads its checkpoint into a new one."""
    os.environ.setdefault("DS_ACCELERATOR", "cpu")
    import deepspeed

    config = {
        "train_batch_size": BATCH,
        "train_micro_batch_size_per_gpu": BATCH // PROCESSES,
        "zero_optimization": {"stage": stage},
        "zero_allow_untested_optimizer": True,
        "gradient_clipping": 0.0,
    }

    def started() -> tuple[Any, Any]:
        net = model()
        made = begin(make, net)
        engine, *_ = deepspeed.initialize(model=net, optimizer=made, config=config)
        return engine, net

    engine, net = started()
    for step, (x, y) in enumerate(batches()):
        if step == STEPS // 2:
            engine.save_checkpoint(str(folder))
            engine, net = started()
            engine.load_checkpoint(str(folder))
        for group in engine.optimizer.param_groups:
            group["lr"] = RATE * FACTORS[step]
        engine.backward(loss_of(engine, half(x), half(y)))
        engine.step()
    with deepspeed.zero.GatheredParameters(list(net.parameters()), enabled=stage == 3):
        return {"": weights(net)}


def needs_whole_tensors(rule: str) -> str | None:
    """Tells what a rule reduces tensors by; flat partitions without a mark are none to it."""
    nodes = [node for node in lower(known_rule(rule)).nodes if node.op not in SOURCES]
    names = sorted({node.op for node in nodes if node.primitive.reduces})
    if not names:
        return None
    called = " and ".join(names)
    return f"needs {called} of whole tensors, which ZeRO 1 and 2 flatten without a mark"


def client(name: str, ran: str, stage: int, **how: Any) -> Client:
    return Client(
        name,
        ("deepspeed",),
        ran,
        partial(deepspeed, stage=stage),
        {"": HALVES},
        processes=PROCESSES,
        **how,
    )


CLIENTS = (
    client(
        "DeepSpeed",
        "`deepspeed.initialize(optimizer=...)` and `save_checkpoint`, with `gradient_clipping` at "
        "0 (it clips by default)",
        0,
    ),
    client("ZeRO 1", "likewise, states partitioned", 1, unfit=needs_whole_tensors),
    client("ZeRO 2", "likewise, gradients too", 2, unfit=needs_whole_tensors),
    client("ZeRO 3", "likewise, parameters too", 3, refusal="of whole tensors"),
)
