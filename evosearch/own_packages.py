"""Sees to it that `primitives` and `proxies` are those that came with this package.

Python looks into the current folder first, or into a script's, where a user may well have a file
or a folder of such a name. So from now on these names are looked up beside this package. A module
of the user's that was loaded under one keeps working for whoever holds it; to import it later it
needs another name.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

_OWN = ("primitives", "proxies")
"""The packages that come with this one."""


class _Finder:
    """Finds them where they are, before anything else looks."""

    @staticmethod
    def find_spec(name: str, _: object = None, __: object = None) -> ModuleSpec | None:
        """Gives the spec of one of them; None of any other name, which is left to Python."""
        return _spec(name) if name in _OWN else None


def _spec(name: str) -> ModuleSpec | None:
    """Looks beside this package, then wherever Python looks but for the current folder.

    Ray gives each package that it sends to other machines a folder of its own.
    """
    beside = str(Path(__file__).parents[1])
    here = os.path.abspath(os.curdir)
    for place in (beside, *(one for one in sys.path if os.path.abspath(one) != here)):
        spec = PathFinder.find_spec(name, [place])
        if spec is not None and spec.origin is not None and spec.submodule_search_locations:
            return spec
    return None  # who imports it is told


def _forget(name: str) -> None:
    """Lets a package of another's be found no more, if it was loaded under the name."""
    spec, loaded = _spec(name), sys.modules.get(name)
    if spec is not None and getattr(loaded, "__file__", spec.origin) != spec.origin:
        for one in [one for one in sys.modules if one == name or one.startswith(f"{name}.")]:
            del sys.modules[one]


for _name in _OWN:
    if _name in sys.modules:
        _forget(_name)
if not any(finder.__class__.__qualname__ == _Finder.__qualname__ for finder in sys.meta_path):
    sys.meta_path.insert(0, _Finder())
