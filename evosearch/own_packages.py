"""Sees to it that `primitives` and `proxies` are those that came with this package.

Python looks into the current folder first, or into a script's, where a user may well have a file
or a folder of such a name. What lies beside this package is therefore loaded by its place, before
anything else asks for it by its name. A module of the user's that was loaded under the name keeps
working for whoever holds it; to import it later it needs another name.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import module_from_spec
from pathlib import Path

_OWN = ("primitives", "proxies")
"""The packages that come with this one; the second imports the first."""


def claim(name: str) -> None:
    """Loads the package of this name that came with this one, unless that is what is loaded."""
    spec = _spec(name)
    if spec is None or spec.loader is None:
        return  # who imports it is told
    if getattr(sys.modules.get(name), "__file__", None) == spec.origin:
        return
    for loaded in [one for one in sys.modules if one == name or one.startswith(f"{name}.")]:
        del sys.modules[loaded]
    sys.modules[name] = module = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise


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
    return None


for _name in _OWN:
    claim(_name)
