"""Holds the rules and baselines of a validation, as they are tuned on each task."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from evosearch.errors import EvosearchError
from evosearch.export.notation.provenance import Reference
from evosearch.graph.digest import digest
from evosearch.graph.lowering import lower
from evosearch.graph.structure import structure
from evosearch.language.library import known_rule
from evosearch.language.program import Program
from evosearch.scoring.setting import Setting
from evosearch.search.genotype import family_of
from evosearch.validation.decay import with_decay
from evosearch.validation.trials import Entry
from proxies import Task

ADAMW = "adamw"
BASELINES = ("nadam", "lion", "cautious_adamw", "mars_adamw", "ademamix")
"""What stands beside AdamW unless others are asked for: the best under fair tuning in published
comparisons (arXiv 2509.02046 and 2509.01440), and Lion."""


@dataclass(frozen=True)
class Contestant:
    """Is a rule that takes part, or a baseline."""

    reference: Reference
    baseline: bool
    code: str = ""
    """Names the user's code that the program calls; empty where there is none."""

    @property
    def name(self) -> str:
        """Gives the name by which tables call it."""
        return self.reference.name

    @property
    def key(self) -> str:
        """Names the rule with its constants, which tuning starts from, and its role."""
        program = self.reference.program
        parts: tuple[str, ...] = digest(lower(program, bind=True)), structure(program).digest
        if self.code:
            parts += (self.code,)
        role = "baseline" if self.baseline else "rule"
        return f"{role} {blake2b(repr(parts).encode(), digest_size=12).hexdigest()}"

    def entry(self, task: Task) -> Entry:
        """Gives the rule as it is tuned on a task: rate, constants and weight decay.

        The decay starts from the task's. A task without any has none.
        """
        family = family_of(self.reference.program, tunes_constants=True)
        if not task.weight_decay:
            return Entry(self.key, family)
        contender = family.contender(family.defaults)
        size = contender.update_size if contender else 1.0
        program, name = with_decay(self.reference.program, _rounded(task.weight_decay * size))
        return Entry(self.key, family_of(program, tunes_constants=True), name)


def contestants(
    rules: Sequence[Reference],
    baselines: Sequence[str] = BASELINES,
    code_of: Callable[[Program], str] = lambda _: "",
) -> tuple[Contestant, ...]:
    """Lists the baselines, AdamW first, then the rules.

    `code_of` names the user's code that a program calls, as `Additions.code_of` does.

    Raises:
        EvosearchError: two rules are the same program, or there is no baseline of a name.
    """
    names = dict.fromkeys((ADAMW, *baselines))
    known = [Reference(known_rule(name), name, f"known rule {name}") for name in names]
    listed = [Contestant(one, True) for one in known]
    listed += [Contestant(one, False, code_of(one.program)) for one in rules]
    seen: dict[str, str] = {}
    for one in listed:
        if one.key in seen:
            raise EvosearchError(
                f"{seen[one.key]} and {one.name} are the same program; give it once"
            )
        seen[one.key] = one.name
    return tuple(listed)


def constants_of(entry: Entry, constants: Sequence[tuple[float, ...]]) -> dict[str, float]:
    """Gives the middle of several settings' constants by their names."""
    return dict(zip(entry.family.names, entry.family.middle(constants), strict=True))


def learning_rate(entry: Entry, setting: Setting) -> float:
    """Converts a rate that is relative to the update size to the one that an optimizer is given."""
    contender = entry.family.contender(setting.constants)
    return setting.rate / contender.update_size if contender else float("nan")


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
