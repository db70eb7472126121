"""Values that are given one by one."""

from __future__ import annotations

import click
import pytest

from evosearch.cli.settings import settings_from


def test_a_value_is_toml_or_a_text() -> None:
    """Numbers, truths and lists are read; what is none of these is taken as it stands."""
    pairs = ("lag=4", "hurdle = 0.5", "compile=false", 'select=["byte_lm"]', "micro=micro", "a=b=c")
    assert settings_from(pairs) == {
        "lag": 4,
        "hurdle": 0.5,
        "compile": False,
        "select": ["byte_lm"],
        "micro": "micro",
        "a": "b=c",
    }
    assert settings_from(()) == {}


def test_what_is_no_pair_is_refused() -> None:
    """And shown."""
    with pytest.raises(click.UsageError, match=r"--set expected KEY=VALUE, got 'lag'"):
        settings_from(("seed=1", "lag"))
