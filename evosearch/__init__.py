"""evosearch discovers optimizers for deep learning by symbolic program search.

What it holds is listed in `__init__.pyi`. A name's module is loaded when it is first asked for, so
that a command, or a worker, waits for no more than it needs.
"""

import sys
from types import ModuleType

import lazy_loader

import evosearch.own_packages  # noqa: F401  # before all that imports those
from evosearch.version import installed_version

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__version__ = installed_version()


class _Package(ModuleType):
    """Keeps `evosearch.search` the function, although a folder has that name too."""

    def __setattr__(self, name: str, value: object) -> None:
        if name != "search" or not isinstance(value, ModuleType):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
