"""Holds training curves: how the losses of a run's best rule and of AdamW fall."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Curve:
    """Holds recent training losses, `[marks][seeds]`, and held-out losses at the end, `[seeds]`.

    They are infinite from where a training diverged.
    """

    losses: tuple[tuple[float, ...], ...]
    final: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TaskCurves:
    """Holds the curves of both rules on a task; the marks are steps."""

    task: str
    seeds: tuple[int, ...]
    marks: tuple[int, ...]
    rule: Curve
    adamw: Curve
    where: str
    """The versions and processor with which they were trained."""


@dataclass(frozen=True, slots=True)
class Curves:
    """Holds the curves of a run's best rule, and why there are none on some tasks."""

    tasks: tuple[TaskCurves, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
