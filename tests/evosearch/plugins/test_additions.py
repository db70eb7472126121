"""What files add is a record: it grows by making a larger one, and records do not touch."""

import pytest

from evosearch import EvosearchError, lower, parse
from evosearch.graph.digest import digest
from evosearch.plugins.additions import NOTHING_ADDED
from evosearch.plugins.operations import load_operations_text
from evosearch.search.config_values import make_config
from primitives import BUILT_IN

TWICE = """
from primitives import Composite, Kind
PRIMITIVES = [Composite(name="mine", definition="2a", accepts=(Kind.TENSOR,), expansion="a + a")]
"""
CUBED = TWICE.replace("a + a", "a * a * a").replace("2a", "a cubed")
RULE = "def f(g):\n return mine(g)"


def test_two_files_may_mean_different_things_by_one_name() -> None:
    """Each record knows its own; the built-in table knows neither."""
    twice = load_operations_text(TWICE, "twice.py", NOTHING_ADDED)
    cubed = load_operations_text(CUBED, "cubed.py", NOTHING_ADDED)
    digests = [digest(lower(parse(RULE, table=own.table))) for own in (twice, cubed)]
    expected = [digest(lower(parse(RULE.replace("mine(g)", e)))) for e in ("g + g", "cube(g)")]
    assert digests == expected
    assert "mine" not in BUILT_IN.operations
    with pytest.raises(EvosearchError, match="unknown function 'mine'"):
        parse(RULE)


def test_two_files_of_one_name_cannot_be_in_one_record() -> None:
    """The second is refused by name, and the record stays as it was."""
    twice = load_operations_text(TWICE, "twice.py", NOTHING_ADDED)
    with pytest.raises(EvosearchError, match=r"cubed\.py: there is an operation named 'mine' alre"):
        load_operations_text(CUBED, "cubed.py", twice)
    assert twice.operation_names == ("mine",)


def test_a_configuration_carries_its_additions() -> None:
    """Its operations may be drawn; a stored configuration is read without them."""
    twice = load_operations_text(TWICE, "twice.py", NOTHING_ADDED)
    config = make_config({}, "test", twice)
    assert config.additions is twice
    assert "mine" in config.primitives
    stored = type(config).model_validate_json(config.model_dump_json())
    assert stored.extensions == config.extensions
    assert stored.additions is NOTHING_ADDED
    assert stored.with_additions(twice).additions is twice
    with pytest.raises(EvosearchError, match="no operation named 'mine'"):
        make_config({"primitives": ["mine"]}, "test")


def test_code_that_a_program_calls_has_a_name_that_changes_with_it() -> None:
    """What is kept under a program's digest, which knows operations by name, needs it besides."""
    twice = load_operations_text(TWICE, "my.py", NOTHING_ADDED)
    cubed = load_operations_text(CUBED, "my.py", NOTHING_ADDED)
    names = {own.code_of(parse(RULE, table=own.table)) for own in (twice, cubed)}
    assert len(names) == 2
    assert "" not in names
    assert twice.code_of(parse("def f(g):\n return sign(g)")) == ""
