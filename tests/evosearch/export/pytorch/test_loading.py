"""A class is loaded from the text of a file as if the file were there."""

from __future__ import annotations

import copy
import inspect
import pickle
import traceback

import torch

from evosearch import to_source
from evosearch.export.pytorch.loading import class_in


def test_the_same_text_gives_the_same_class() -> None:
    """Another text, or another name in it, another."""
    source = to_source("lion")
    assert class_in(source, "Lion") is class_in(source, "Lion")
    assert class_in(source + "\n", "Lion") is not class_in(source, "Lion")


def test_its_code_can_be_looked_at() -> None:
    """By `inspect`, and in a traceback."""
    kind = class_in(to_source("lion"), "Lion")
    assert inspect.getsource(kind) in to_source("lion")
    try:
        kind([torch.ones(1)], lr=-1.0)
    except ValueError as error:
        shown = "".join(traceback.format_exception(error))
    assert "if not lr >= 0.0:" in to_source("lion")
    assert 'raise ValueError(f"Invalid lr' in shown


def test_instances_are_copied_and_pickled_with_their_state() -> None:
    """And go on as the original does."""
    weight = torch.tensor([1.0, -2.0])
    weight.grad = torch.tensor([0.5, 0.25])
    optimizer = class_in(to_source("adamw"), "Adamw")([weight], lr=0.125)
    optimizer.step()
    (held,) = optimizer.state.values()
    for other in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        assert type(other) is type(optimizer)
        (kept,) = other.state.values()
        assert all(torch.equal(kept[name], held[name]) for name in held)
        assert other.param_groups[0]["lr"] == 0.125
