"""Makes the class that is in the text of an exported file, without the file."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable
from functools import lru_cache
from types import ModuleType
from typing import Any

from torch.optim import Optimizer

_MOST_CLASSES = 1000
"""The number of classes that are kept, so that the same text gives the same class."""


@lru_cache(_MOST_CLASSES)
def class_in(source: str, name: str) -> type[Optimizer]:
    """Executes the text of an exported file and gives the class called `name` in it.

    Its instances can be copied and pickled; a pickle holds the text.
    """
    number = sum(key.startswith("<exported ") for key in linecache.cache)
    path = f"<exported {name} {number}>"
    module = ModuleType(f"evosearch.exported_{number}")
    # So that tracebacks and `inspect.getsource` show the code.
    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
    module.__file__ = path
    # Dataclasses, type hints and compilers look a class's module up here.
    sys.modules[module.__name__] = module
    exec(compile(source, path, "exec"), module.__dict__)
    kind: type[Any] = getattr(module, name)

    def reduce(self: Optimizer, protocol: int) -> tuple[Callable[..., Any], tuple[Any, ...], Any]:
        del protocol
        return _blank, (source, name), self.__getstate__()

    kind.__reduce_ex__ = reduce  # type: ignore[assignment]
    return kind


def _blank(source: str, name: str) -> Optimizer:
    """Makes an instance without content, which unpickling fills."""
    kind = class_in(source, name)
    made: Optimizer = kind.__new__(kind)
    return made
