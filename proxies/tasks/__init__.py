"""The tasks that ship with the package, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from proxies.task import Task
from proxies.tasks.byte_text import BYTE_TEXT
from proxies.tasks.digit_images import DIGIT_IMAGES

TASKS: Mapping[str, Task] = MappingProxyType(
    {task.name: task for task in (DIGIT_IMAGES, BYTE_TEXT)}
)
"""Every task by its name."""

__all__ = ["TASKS"]
