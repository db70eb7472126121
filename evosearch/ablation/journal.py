"""Keeps trials in a file as they come in, so that what was interrupted goes on where it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from hashlib import blake2b
from pathlib import Path
from typing import Any

from evosearch.ablation.trials import Trial
from evosearch.files import append_record, read_records
from evosearch.graph.digest import digest
from evosearch.graph.lowering import lower
from evosearch.graph.structure import structure
from evosearch.language.program import Program
from evosearch.scoring.setting import Setting
from evosearch.scoring.yardstick_cache import torch_version

_VERSION = 1
"""A number that is raised when the same trial would come out otherwise."""


def journal_name(
    program: Program,
    tasks: Sequence[str],
    budget: int,
    seed: int,
    device: str = "cpu",
    code: str = "",
) -> str:
    """Names the file for trials of a program's variants; it changes with all that they depend on.

    `tasks` are the digests of the tasks; `device` is torch's name of it; `code`
    names the user's code that the program calls.
    """
    graph = lower(program, bind=True)
    parts = [
        digest(graph),
        structure(program).digest,
        *tasks,
        budget,
        seed,
        torch_version(),
        _VERSION,
        *([code] if code else []),
    ]
    key = blake2b(repr(parts).encode(), digest_size=6).hexdigest()
    return f"{program.name}-{device.replace(':', '')}-{key}.jsonl"


class Journal:
    """Holds trials by variant and number, a line of JSON each; without a path, in memory alone."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._trials: dict[tuple[str, int], Trial] = {}
        for record in read_records(path) if path is not None else ():
            self._take(record)

    def find(self, variant: str, number: int) -> Trial | None:
        """Looks a trial up."""
        return self._trials.get((variant, number))

    def add(self, variant: str, number: int, trial: Trial) -> None:
        """Keeps a trial."""
        self._trials[variant, number] = trial
        if self._path is not None:
            append_record(self._path, {"variant": variant, "number": number, **asdict(trial)})

    def _take(self, record: Any) -> None:
        try:
            best = {
                task: Setting(rate, tuple(constants))
                for task, (rate, constants) in record["best"].items()
            }
            trial = Trial(record["logs"], best, record["given_up"])
            self._trials[record["variant"], record["number"]] = trial
        except (ValueError, KeyError, TypeError, AttributeError):
            return  # none of ours; its trial is carried out again
