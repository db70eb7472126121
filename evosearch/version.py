"""Tells which version is installed."""

from importlib.metadata import PackageNotFoundError, version

UNKNOWN = "unknown"


def installed_version() -> str:
    """Gives the version that is installed; a checkout that is only on the path has none."""
    try:
        return version("evosearch")
    except PackageNotFoundError:
        return UNKNOWN
