"""The clients that own the training loop; each is imported when it is used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torch import Tensor, nn
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from scripts.clients.client import Client, plain
from scripts.clients.problem import (
    BATCH,
    BATCHES,
    DECAY,
    EPOCHS,
    FACTORS,
    RATE,
    STEPS,
    Make,
    Plan,
    Weights,
    batches,
    begin,
    data,
    factor,
    loss_of,
    model,
    weights,
)

CLIP, PARTS, WARM_UP = 1.0, 2, 2
FALLEN = tuple(RATE / (1 + step // BATCHES) for step in range(STEPS))
"""Rates that halve after the first epoch."""


class Rows(IterableDataset[dict[str, Tensor]]):
    """The rows of all batches, one by one, as transformers takes them."""

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        for x, y in batches():
            yield from ({"inputs": a, "labels": b} for a, b in zip(x, y, strict=True))


class WithLoss(nn.Module):
    """The model in transformers' form: it is given labels, and gives a loss."""

    def __init__(self) -> None:
        super().__init__()
        self.net = model()

    def forward(self, inputs: Tensor, labels: Tensor) -> dict[str, Tensor]:
        return {"loss": loss_of(self.net, inputs, labels)}


def transformers(make: Make, folder: Path, created: bool) -> dict[str, Weights]:
    """Trains by transformers' Trainer, and again from the checkpoint in the middle.

    The Trainer creates optimizer and schedule, or is given both.
    """
    from transformers import Trainer, TrainingArguments

    arguments = TrainingArguments(
        output_dir=str(folder),
        max_steps=STEPS,
        per_device_train_batch_size=BATCH,
        learning_rate=RATE,
        weight_decay=DECAY,
        warmup_steps=WARM_UP,
        max_grad_norm=CLIP,
        save_strategy="steps",
        save_steps=STEPS // 2,
        logging_strategy="no",
        report_to=[],
        disable_tqdm=True,
        use_cpu=True,
    )

    def train(checkpoint: str | None) -> Weights:
        net = WithLoss()
        how: dict[str, Any] = {"optimizer_cls_and_kwargs": (make, {"lr": RATE})}
        if not created:
            made = begin(make, net)
            how = {"optimizers": (made, lr_scheduler.LambdaLR(made, factor))}
        trainer = Trainer(net, arguments, train_dataset=Rows(), **how)
        trainer.train(resume_from_checkpoint=checkpoint)
        return weights(net)

    middle = str(folder / f"checkpoint-{STEPS // 2}")
    return {"uninterrupted": train(None), "resumed": train(middle)}


def transformers_plan() -> Plan:
    """Gives the Trainer's own schedule, up from zero and down to it, and its own groups."""
    up = [RATE * step / WARM_UP for step in range(WARM_UP)]
    down = [RATE * (STEPS - step) / (STEPS - WARM_UP) for step in range(WARM_UP, STEPS)]
    return Plan(rates=[*up, *down], clip=CLIP, matrices_alone_decay=True)


def lightning(make: Make, folder: Path) -> dict[str, Weights]:
    """Trains an epoch, and another from its checkpoint; again in bfloat16."""
    from lightning.pytorch import LightningModule, Trainer

    class Module(LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net = model()

        def training_step(self, batch: list[Tensor]) -> Tensor:
            return loss_of(self.net, *batch)

        def configure_optimizers(self) -> dict[str, Any]:
            made = begin(make, self.net)
            scheduler = lr_scheduler.LambdaLR(made, factor)
            return {
                "optimizer": made,
                "lr_scheduler": {"scheduler": scheduler, "interval": "step"},
            }

    def trainer(epochs: int, precision: str) -> Any:
        return Trainer(
            accelerator="cpu",
            devices=1,
            max_epochs=epochs,
            precision=precision,
            accumulate_grad_batches=PARTS,
            gradient_clip_val=CLIP,
            default_root_dir=folder,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )

    ways = {}
    for precision in ("32-true", "bf16-mixed"):
        file, loader = str(folder / f"{precision}.ckpt"), loaded(BATCH // PARTS)
        first = trainer(1, precision)
        first.fit(Module(), loader)
        first.save_checkpoint(file)
        module = Module()
        trainer(EPOCHS, precision).fit(module, loader, ckpt_path=file)
        ways[precision] = weights(module)
    return ways


def loaded(size: int) -> DataLoader[Any]:
    """Makes the loader of an epoch, in order."""
    return DataLoader(TensorDataset(*data()), batch_size=size)


def skorch(make: Make, folder: Path) -> dict[str, Weights]:
    """Fits under a scheduler; and by halves, between which all is saved and the rate is set."""
    from skorch import NeuralNet
    from skorch.callbacks import LRScheduler

    def net(epochs: int, **how: Any) -> Any:
        return NeuralNet(
            model(),
            nn.MSELoss,
            optimizer=make,
            lr=RATE,
            optimizer__weight_decay=DECAY,
            max_epochs=epochs,
            batch_size=BATCH,
            train_split=None,
            verbose=0,
            **how,
        )

    x, y = (one.numpy() for one in data())
    halving = LRScheduler(policy="StepLR", step_size=1, gamma=0.5)
    whole = net(EPOCHS, callbacks=[halving]).fit(x, y)
    first, second = net(1).fit(x, y), net(1).initialize()
    files = {f"f_{part}": folder / f"{part}.pt" for part in ("params", "optimizer")}
    first.save_params(**files)
    second.load_params(**files)
    second.set_params(lr=RATE / 2)
    second.partial_fit(x, y)
    return {"scheduled": weights(whole.module_), "resumed": weights(second.module_)}


def ignite(make: Make, folder: Path) -> dict[str, Weights]:
    """Trains by an engine under a scheduler, whose checkpoints are loaded into a new one."""
    import torch
    from ignite.engine import Events, create_supervised_trainer
    from ignite.handlers import Checkpoint, DiskSaver
    from ignite.handlers.param_scheduler import PiecewiseLinear

    def started() -> dict[str, Any]:
        net = model()
        made = begin(make, net)
        corners = [(step, RATE * FACTORS[step]) for step in (0, 1, STEPS - 1)]
        scheduler = PiecewiseLinear(made, "lr", milestones_values=corners)
        engine = create_supervised_trainer(net, made, nn.MSELoss())
        engine.add_event_handler(Events.ITERATION_STARTED, scheduler)
        return {"engine": engine, "net": net, "made": made, "scheduler": scheduler}

    first, second = started(), started()
    saver = Checkpoint(first, DiskSaver(str(folder), require_empty=False))
    first["engine"].add_event_handler(Events.EPOCH_COMPLETED, saver)
    first["engine"].run(loaded(BATCH), max_epochs=1)
    state = torch.load(folder / str(saver.last_checkpoint), weights_only=True)
    Checkpoint.load_objects(second, state)
    second["engine"].run(loaded(BATCH), max_epochs=EPOCHS)
    return {"": weights(second["net"])}


IN_PARTS = Plan(parts=PARTS, clip=CLIP)
CLIENTS = (
    Client(
        "Trainer",
        ("transformers", "accelerate"),
        "transformers' `Trainer(optimizers=(optimizer, scheduler))`, clipping; "
        "then again with `resume_from_checkpoint`",
        lambda make, folder: transformers(make, folder, created=False),
        dict.fromkeys(["uninterrupted", "resumed"], plain(Plan(clip=CLIP))),
    ),
    Client(
        "Trainer, class",
        ("transformers", "accelerate"),
        "likewise with `optimizer_cls_and_kwargs`: the Trainer makes the optimizer, with groups of "
        "which one does not decay, and its own schedule",
        lambda make, folder: transformers(make, folder, created=True),
        dict.fromkeys(["uninterrupted", "resumed"], plain(transformers_plan())),
    ),
    Client(
        "lightning",
        ("lightning",),
        "`Trainer.fit` with a scheduler, accumulated gradients and clipping, an epoch and another "
        "from `ckpt_path`; again with `bf16-mixed`",
        lightning,
        {
            "32-true": plain(IN_PARTS),
            "bf16-mixed": plain(Plan(parts=PARTS, clip=CLIP, bfloat16=True)),
        },
    ),
    Client(
        "skorch",
        ("skorch",),
        "`NeuralNet.fit` with `LRScheduler`; then `save_params`, `load_params`, "
        "`set_params(lr=...)` and `partial_fit`",
        skorch,
        dict.fromkeys(["scheduled", "resumed"], plain(Plan(rates=FALLEN))),
    ),
    Client(
        "ignite",
        ("pytorch-ignite",),
        "`create_supervised_trainer` with `PiecewiseLinear`; `Checkpoint` in the middle",
        ignite,
    ),
)
