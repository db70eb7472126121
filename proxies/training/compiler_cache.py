"""Sees to it that torch has a folder for compiled models before it looks for one.

torch makes that folder when it first loads its compiler, which it does for models that are not
compiled too; where it cannot be made, that import fails, by then in the middle of a user's model.
"""

from __future__ import annotations

import atexit
import getpass
import os
import re
import shutil
import tempfile
import warnings
from functools import cache
from pathlib import Path

_NAME = "TORCHINDUCTOR_CACHE_DIR"
"""The environment variable by which torch, and its other processes, are told the folder."""


@cache
def ensure_compiler_cache() -> None:
    """Tries the folder, once in a process; one that cannot be written gives way to a passing one.

    Of that a warning tells.

    Raises:
        OSError: there is no other place for one.
    """
    folder = _folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        passing = tempfile.mkdtemp(prefix="evosearch_compiled_")
        atexit.register(shutil.rmtree, passing, ignore_errors=True)
        os.environ[_NAME] = passing
        warnings.warn(
            f"torch cannot keep compiled models in {folder} ({error.strerror or error}), so they "
            f"are compiled anew by each command; set {_NAME} to a folder that can be written",
            stacklevel=2,
        )


def _folder() -> Path:
    """Names the folder as torch does: the environment's, or the user's among temporary files."""
    given = os.environ.get(_NAME)
    if given is not None:
        return Path(given).absolute()
    try:
        user = getpass.getuser()
    except (KeyError, ModuleNotFoundError, OSError):  # a container may have no name for its user
        user = f"uid_{os.getuid()}"
    return Path(tempfile.gettempdir()) / ("torchinductor_" + re.sub(r'[\\/:*?"<>|]', "_", user))
