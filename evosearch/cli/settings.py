"""Reads the values of a configuration that are given one by one on the command line."""

from __future__ import annotations

import tomllib
from typing import Any

import click


def settings_from(pairs: tuple[str, ...]) -> dict[str, Any]:
    """Reads KEY=VALUE, where a value that is not TOML is a text.

    Raises:
        click.UsageError: a text is no such pair.
    """
    values: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals:
            raise click.UsageError(f"--set expected KEY=VALUE, got '{pair}'")
        try:
            values[key.strip()] = tomllib.loads(f"value = {text}")["value"]
        except (ValueError, RecursionError):  # what is no TOML, or beyond the limits of its reader
            values[key.strip()] = text
    return values
