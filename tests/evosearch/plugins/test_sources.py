"""What names a user's operations and tasks in a run."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from evosearch.plugins.sources import GIVEN, OperationFile, OperationObjects, TaskFile, TaskObject
from primitives import OPERATIONS, Operation, Primitive
from tests.support.sampling import sampled
from tests.support.tiny_task import TINY

TANH = OPERATIONS["tanh"]


def test_a_file_is_named_by_its_text() -> None:
    """The SHA-256, as `sha256sum` prints it, wherever the file is."""
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert OperationFile("", ()).digest == TaskFile("", "T").digest == empty


def test_an_object_is_named_by_what_it_does() -> None:
    """A task by its digest; both so that they are told from files."""
    assert TaskObject(TINY).digest == GIVEN + TINY.digest()
    assert OperationObjects((TANH,)).digest.startswith(GIVEN)


def _changed() -> list[Operation]:
    assert isinstance(TANH, Primitive)
    return [
        replace(TANH, name="tanh2"),
        replace(TANH, definition="something else"),
        replace(TANH, odd=not TANH.odd),
        replace(TANH, numpy=lambda a: a),
        replace(TANH, numpy=lambda a: a + 1),
        replace(TANH, numpy=lambda a: a + 2),
    ]


def test_each_change_of_a_row_shows() -> None:
    """Of what it says, and of the code of its functions."""
    digests = [OperationObjects((row,)).digest for row in (TANH, *_changed())]
    assert len(set(digests)) == len(digests)


@pytest.mark.parametrize("seed", sampled(["1", "0"], 2))
def test_the_name_is_the_same_in_every_process(seed: str) -> None:
    """Whatever the addresses and the order of sets there."""
    code = (
        "from evosearch.plugins.sources import OperationObjects\n"
        "from primitives import OPERATIONS\n"
        "print(OperationObjects(tuple(OPERATIONS.values())).digest)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": seed, "PATH": ""},
    )
    assert told.stdout.strip() == OperationObjects(tuple(OPERATIONS.values())).digest
