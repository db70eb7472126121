"""Candidates that are bred and not committed yet, as records."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np

from evosearch.search.candidate import DUPLICATE, REJECTED, RETUNED, TRAINED
from evosearch.search.config_values import make_config
from evosearch.search.flight import candidate_from, flight_record
from evosearch.search.presets import PRESETS
from tests.support.evolving import TASK, grow, shortness

VALUES = {"population": 20, "tournament": 3, "tasks": [TASK], "seed": 3}


def test_every_candidate_is_read_back_as_it_was() -> None:
    """Program, facts, settings to start from, limits that are infinite: all of it."""
    config = make_config(VALUES, "test")
    history = grow(shortness, 20, **VALUES)
    outcomes = {one.outcome for one in history}
    assert outcomes == {TRAINED, RETUNED, DUPLICATE, REJECTED}
    for one in history:
        record = flight_record(one)
        json.loads(record, parse_constant=lambda name: pytest_fail(name))
        assert candidate_from(one.id, one.block, record, config) == one
    starts = [one.entrant.starts for one in history if one.entrant]
    assert max(len(own) for by_task in starts for own in by_task.values()) > 1


def test_where_constants_mutate_too() -> None:
    """There a family is the program alone."""
    values = {**PRESETS["paper"], **VALUES}
    config = make_config(values, "test")
    for one in grow(shortness, 6, **values):
        assert candidate_from(one.id, one.block, flight_record(one), config) == one


def test_limits_that_were_set_are_read_back() -> None:
    """A rung that has none is infinite."""
    config = make_config(VALUES, "test")
    (first,) = grow(shortness, 1, **VALUES)
    assert first.entrant is not None
    limited = replace(first, entrant=replace(first.entrant, limits={TASK: (0.25, np.inf)}))
    assert candidate_from(0, 0, flight_record(limited), config) == limited


def pytest_fail(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")
