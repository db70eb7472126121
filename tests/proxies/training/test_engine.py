"""How a process trains is a value, and the error about models names the task."""

import pickle
from dataclasses import FrozenInstanceError

import pytest
import torch

from proxies import PLAIN, Engine, ModelError
from tests.support.tiny_task import TINY


def test_engines_are_values() -> None:
    """Equal ones are one key, so that what is prepared for an engine is prepared once."""
    assert {Engine(), Engine(torch.float32, "cpu", compiled=False), PLAIN} == {PLAIN}
    assert len({PLAIN, Engine(torch.float64), Engine(device="cuda"), Engine(compiled=True)}) == 4
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'device'"):
        PLAIN.device = "cuda"  # type: ignore[misc]


def test_the_error_about_a_model_names_the_task_and_the_fault() -> None:
    """The fault is there by itself for whoever names the task otherwise."""
    error = ModelError(TINY, "it has no parameters")
    assert str(error) == "task 'tiny': it has no parameters"
    assert error.fault == "it has no parameters"
    assert isinstance(error, ValueError)


def test_the_error_goes_to_other_processes() -> None:
    """Though its task does not: a worker says so what is wrong with it."""
    error = pickle.loads(pickle.dumps(ModelError(TINY, "it has no parameters")))
    assert isinstance(error, ModelError)
    assert str(error) == "task 'tiny': it has no parameters"
    assert error.fault == "it has no parameters"
