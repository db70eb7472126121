"""Translates values of a rule's hyperparameters into options of its exported optimizer."""

from collections.abc import Mapping
from typing import Any

from evosearch import Program, lower
from evosearch.export.notation.provenance import Provenance
from evosearch.export.pytorch.file_plan import FilePlan


def as_options(program: Program, values: Mapping[str, float]) -> dict[str, Any]:
    """The options that set these hyperparameters, others of one option being at their defaults."""
    plan = FilePlan(lower(program), "Any", Provenance("a test", "0", "0"))
    options: dict[str, Any] = {}
    for option in plan.own_options:
        letters = [plan.letters[name] for name in option.defaults]
        if not set(letters) & values.keys():
            continue
        numbers = [
            values.get(letter, default)
            for letter, default in zip(letters, option.defaults.values(), strict=True)
        ]
        options[option.name] = tuple(numbers) if option.together else numbers[0]
    return options
