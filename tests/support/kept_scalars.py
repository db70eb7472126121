"""A writer of scalars that keeps them, in the place of torch's."""

from __future__ import annotations

from typing import Any


class KeptScalars:
    """Keeps points as (tag, value, step); is made as torch's `SummaryWriter` is."""

    def __init__(self, folder: str = "", **_: Any) -> None:
        self.folder = folder
        self.points: list[tuple[str, float, int]] = []
        self.closed = False

    def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> None:
        self.points.append((tag, scalar_value, global_step))

    def close(self) -> None:
        self.closed = True

    def curve(self, tag: str) -> dict[int, float]:
        """The values of a curve by step; a step that is written twice is an error."""
        points = [(step, value) for name, value, step in self.points if name == tag]
        assert len(dict(points)) == len(points)
        return dict(points)
