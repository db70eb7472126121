"""Variables are called what a person would call them."""

from __future__ import annotations

import re

import pytest

from evosearch import known_rule, to_source
from evosearch.export.notation.names import Namer
from evosearch.export.pytorch.roles import decayed, is_bias_correction, naming
from tests.evosearch.export.pytorch.test_step import step_and_inputs


@pytest.mark.parametrize(
    ("rule", "names"),
    [
        # What torch.optim and the papers call them.
        ("adamw", {"bias_correction1", "bias_correction2", "step_size", "denom"}),
        ("rmsprop", {"denom"}),
        ("lion", {"update"}),
        ("cautious_lion", {"mask"}),
    ],
)
def test_variables_have_the_names_that_readers_expect(rule: str, names: set[str]) -> None:
    """In the function for single tensors, at the left of an assignment."""
    body = to_source(rule).partition("def _single_tensor")[2].partition("\ndef ")[0]
    assert names <= set(re.findall(r"^\s+(\w+)(?:: \w+)? = ", body, re.MULTILINE))


def test_bias_corrections_are_known_by_their_form() -> None:
    """A constant and a decay rate's power, and no other number."""
    step, _ = step_and_inputs(known_rule("adamw"))
    powers = {decayed(step, index) for index in range(len(step.nodes))} - {""}
    assert powers == {"beta1", "beta2"}
    corrections = [i for i in range(len(step.nodes)) if is_bias_correction(step, i)]
    assert [step.nodes[i].op for i in corrections] == ["subtract", "subtract"]


def test_each_node_gets_a_name_of_its_own() -> None:
    """Asked for again, the role is taken, and a number tells the two apart."""
    step, _ = step_and_inputs(known_rule("lion"))
    name = naming(step, Namer(set()))
    assert step.direction is not None
    assert [name(step.direction), name(step.direction)] == ["update", "update2"]
