"""Holds training curves: how the losses of a run's best rule and of tuned baselines fall."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Curve:
    """Holds recent training losses, `[marks][seeds]`, and held-out losses at the end, `[seeds]`.

    They are infinite from where a training diverged.
    """

    name: str
    losses: tuple[tuple[float, ...], ...]
    final: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TaskCurves:
    """Holds the curves on a task: the rule's, then AdamW's and those of other baselines."""

    task: str
    seeds: tuple[int, ...]
    marks: tuple[int, ...]
    """Steps after which losses were recorded."""
    rule: Curve
    baselines: tuple[Curve, ...]
    source: str
    """Says in whose tuning their settings came out best."""
    where: str
    """The versions and processor with which they were trained."""


@dataclass(frozen=True, slots=True)
class Curves:
    """Holds the curves of a run's best rule, and why there are none on some tasks."""

    tasks: tuple[TaskCurves, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
