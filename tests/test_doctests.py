"""The examples in docstrings are executed, and public functions have some."""

from __future__ import annotations

import doctest
import importlib

import pytest

import evosearch
from tests.test_layers import modules

NAMES = [".".join(path.with_suffix("").parts) for path in modules() if path.stem != "__main__"]
SHOWN = (
    "known_rule",
    "lower",
    "optimizer",
    "parse",
    "parse_all",
    "rule_names",
    "to_source",
    "to_text",
)
"""Public functions that an example explains better than a sentence."""


@pytest.mark.parametrize("name", NAMES)
def test_examples_give_what_they_show(name: str) -> None:
    """Each module's examples, run in the module's own names."""
    results = doctest.testmod(importlib.import_module(name.removesuffix(".__init__")))
    assert results.failed == 0


@pytest.mark.parametrize("name", SHOWN)
def test_public_functions_show_an_example(name: str) -> None:
    """Whoever asks for help sees how the function is called and what comes out."""
    assert ">>> " in (getattr(evosearch, name).__doc__ or "")
