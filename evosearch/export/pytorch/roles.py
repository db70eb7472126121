"""Names the variables of exported code by their roles, as a person would name them."""

from __future__ import annotations

import re
from collections.abc import Callable

from evosearch.export.notation.names import Namer
from evosearch.export.pytorch.step import Step
from evosearch.graph.graph import CONSTANT, SOURCES
from evosearch.graph.value_ranges import decay_rates


def naming(step: Step, namer: Namer) -> Callable[[int], str]:
    """Makes a function that gives nodes of a step new names after their roles."""
    return lambda index: namer.new(role(step, index))


def role(step: Step, index: int) -> str:
    """Chooses what a person would call the result of a node."""
    for slot in step.slots:
        if slot.write == index:
            return f"new_{slot.name}"
    if step.moves and index == step.result:
        return "new_p"
    if step.direction is not None:
        direction = step.nodes[step.direction]
        if index == step.direction or (
            index in direction.operands[:1] and direction.primitive.argument_roles
        ):
            return "update"
    wanted = step.nodes[index].primitive.result_role
    for user in step.nodes:
        if user.op not in SOURCES:
            for position, operand in enumerate(user.operands):
                if operand == index:
                    wanted = user.primitive.argument_roles.get(position, wanted)
    return wanted or "x1"


def number_role(step: Step, index: int, named: dict[int, str]) -> str:
    """Chooses what a person would call a number that depends on the step or learning rate."""
    node = step.nodes[index]
    if len(node.operands) == 1 and node.operands[0] in named:
        return f"{named[node.operands[0]]}_{node.op}"
    decay = decayed(step, index)
    if decay:
        return f"{decay}_power"
    if is_bias_correction(step, index):
        (decay,) = {decayed(step, operand) for operand in node.operands} - {""}
        digits = re.search(r"\d*_*$", decay)
        return f"bias_correction{digits.group() if digits else ''}"
    return "step_size" if "lr" in step.leaves[index] else "x1"


def decayed(step: Step, index: int) -> str:
    """Names the decay rate of which a node is a power that depends on the step; "" if of none."""
    node = step.nodes[index]
    if node.op in SOURCES or not node.operands or "t" not in step.leaves[index]:
        return ""
    position = node.primitive.decay_position
    label = "" if position is None else step.nodes[node.operands[position]].label
    return label if label in decay_rates(step.nodes) else ""


def is_bias_correction(step: Step, index: int) -> bool:
    """Tells whether a node joins a constant and a decay rate's power, as `1 - beta**t` does."""
    operands = step.nodes[index].operands
    return (
        len(operands) == 2
        and step.nodes[operands[0]].op == CONSTANT
        and bool(decayed(step, operands[1]))
    )
