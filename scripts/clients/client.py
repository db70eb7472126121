"""What a client is, and how a cell of the table is judged."""

from __future__ import annotations

import contextlib
import io
import logging
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import torch

from evosearch import optimizer, to_source
from scripts.clients.problem import Make, Plan, Weights, difference, model, path, weights

TOLERANCE = 1e-6
"""The largest difference of a weight, relative to the largest weight."""
PREFIX = "exported_"
LEAST_MOVE = 1e-3
"""A training that moves weights by less, relative to the largest, says nothing."""

Through = Callable[[Make, Path], Mapping[str, Weights]]
"""Trains the model through a client's own loop, with a folder for checkpoints, and gives the final
weights under the name of each way that was gone."""
Expected = Callable[[str], Weights]
"""Gives the weights of a known rule from outside of the client."""


@cache
def known(rule: str) -> Make:
    """Gives a known rule's class, whatever class a client is given."""
    return optimizer(rule)


def plain(plan: Plan) -> Expected:
    """Makes the expectation that weights are those of a plain loop."""
    return lambda rule: [*path(known(rule), plan)][-1]


@dataclass(frozen=True)
class Client:
    """A tool that drives optimizers."""

    name: str
    distributions: tuple[str, ...]
    """Whose versions are named."""
    ran: str
    """What is run, in words."""
    through: Through
    expected: Mapping[str, Expected] = field(default_factory=lambda: {"": plain(Plan())})
    """What each way must equal."""
    refusal: str | None = None
    """A pattern of what is raised where a rule cannot be served, which is documented."""
    unfit: Callable[[str], str | None] = lambda _: None
    """Says why a rule may end at other weights, where it is another one and nothing tells."""
    processes: int = 1

    def versions(self) -> list[str] | None:
        """Names what is installed of it; nothing if one distribution is missing."""
        with contextlib.suppress(metadata.PackageNotFoundError):
            return [f"{name} {metadata.version(name)}" for name in self.distributions]
        return None


@dataclass(frozen=True)
class Cell:
    """What came of a rule in a client."""

    verdict: str
    """`passed`, `refused` or `unfit` for a documented reason, or `failed`."""
    told: str = ""
    difference: float = 0.0
    """The largest relative difference of a weight from what was expected."""


Cells = dict[str, Cell]
"""By the names of rules."""


def write_exports(folder: Path, rules: Iterable[str]) -> None:
    """Writes each rule's file, as a user exports it."""
    for rule in rules:
        (folder / f"{PREFIX}{rule}.py").write_text(to_source(rule, "Exported"), encoding="utf-8")


def exported_rules(folder: Path) -> list[str]:
    """Lists the rules whose files are in a folder."""
    return sorted(path.stem.removeprefix(PREFIX) for path in folder.glob(f"{PREFIX}*.py"))


def exported(folder: Path, rule: str) -> Make:
    """Imports the class in a rule's file."""
    spec = spec_from_file_location(f"{PREFIX}{rule}", folder / f"{PREFIX}{rule}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[module.__name__] = module  # so that its instances can be pickled
    spec.loader.exec_module(module)
    kind: Make = module.Exported
    return kind


def judge(client: Client, rule: str, make: Make, folder: Path) -> Cell:
    """Trains with a class through the client, and holds the weights against the known rule's."""
    try:
        with quiet():
            ways = client.through(make, folder)
    except Exception as error:  # whatever a client may raise
        reason = one_line(error)
        refused = client.refusal and re.search(client.refusal, reason)
        return Cell("refused" if refused else "failed", reason)
    start, worst = weights(model()), 0.0
    for way, expectation in client.expected.items():
        expected = expectation(rule)
        if not difference(expected[: len(start)], start) > LEAST_MOVE:
            return Cell("failed", f"{way}: the plain loop moves nothing".removeprefix(": "))
        apart = difference(ways[way], expected)
        if not apart <= TOLERANCE:
            if reason := client.unfit(rule):
                return Cell("unfit", reason, apart)
            told = f"{way}: weights differ by {apart:.1e} of the largest".removeprefix(": ")
            return Cell("failed", told, apart)
        worst = max(worst, apart)
    return Cell("passed", difference=worst)


def one_line(error: BaseException) -> str:
    """Tells what was raised in one line of at most 200 letters."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keeps clients' progress, logs and warnings from the terminal; torch has one thread."""
    threads, level = torch.get_num_threads(), logging.root.manager.disable
    torch.set_num_threads(1)
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
        torch.set_num_threads(threads)
