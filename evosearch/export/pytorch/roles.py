"""What the variables of exported code are called: by their roles, as a person would name them."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Callable

from evosearch.export.pytorch.step import Step
from evosearch.graph.graph import CONSTANT, SOURCES
from evosearch.graph.value_ranges import decay_rates

OWN_NAMES = frozenset(
    {"closure", "defaults", "g", "group", "groups", "loss", "lr", "maximize", "math", "p", "params"}
    | {"self", "state", "step", "t", "torch", "u", "w", "weight_decay", "has_complex", "grads"}
    | {
        "state_steps",
        "tensors",
        "tensor",
        "update_group",
        "batch",
        "batches",
        "options",
        "value",
        "lists",
        "device",
    }
    | {"Any", "Callable", "Optimizer", "ParamsT", "Tensor", "cast", "parts", "key", "capturable"}
    | {"jax", "jnp", "optax", "leaf", "leaves", "tree", "results", "gradients", "learning_rate"}
    | {"NamedTuple"}
    # Options that torch itself looks for in a parameter group.
    | {"differentiable", "foreach", "fused", "initial_lr", "param_names", "first", "name"}
)
"""Names with a meaning of their own in the file."""


def is_taken(name: str) -> bool:
    """Whether a name has another meaning in the file or in Python, or looks like a digit."""
    return name in OWN_NAMES | {"l", "O", "I"} or keyword.iskeyword(name) or hasattr(builtins, name)


class Namer:
    """Gives out names, each once."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = set(taken)
        self._plurals: dict[str, str] = {}

    def new(self, wanted: str) -> str:
        """The name, or the first of `name2`, `name3` … that is free; `x1` before `x2`."""
        stem, digits = re.fullmatch(r"(.*?)(\d*)", wanted).groups()  # type: ignore[union-attr]
        ending = digits if digits not in ("", "1") else ""
        name, number = wanted, 1
        while name in self._taken or is_taken(name):
            number += 1
            name = f"{stem}{ending}_{number}" if ending else f"{stem}{number}"
        self._taken.add(name)
        return name

    def new_for(self, step: Step, role: Callable[[Step, int], str]) -> Callable[[int], str]:
        """Gives nodes of a step new names after their roles."""
        return lambda index: self.new(role(step, index))

    def plural(self, name: str) -> str:
        """What a list of them is called, one for each parameter."""
        if name not in self._plurals:
            stem, digits, rest = re.fullmatch(r"(.*?)(\d*)(_*)", name).groups()  # type: ignore[union-attr]
            ending = "es" if stem.endswith(("s", "x")) and len(stem) > 1 else "s"
            wanted = f"{stem}{ending}{digits}{rest}"
            fixed = {"p": "params", "g": "grads", "step": "state_steps"}
            self._plurals[name] = fixed[name] if name in fixed else self.new(wanted)
        return self._plurals[name]


def role(step: Step, index: int) -> str:
    """What a person would call the result of a node."""
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
    found = step.nodes[index].primitive.result_role
    for user in step.nodes:
        if user.op not in SOURCES:
            for position, operand in enumerate(user.operands):
                if operand == index:
                    found = user.primitive.argument_roles.get(position, found)
    return found or "x1"


def number_role(step: Step, index: int, named: dict[int, str]) -> str:
    """What a person would call a number that depends on the step or the learning rate."""
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
    """The decay rate of which a node is a power that depends on the step; "" if of none."""
    node = step.nodes[index]
    if node.op in SOURCES or not node.operands or "t" not in step.leaves[index]:
        return ""
    position = node.primitive.decay_position
    label = "" if position is None else step.nodes[node.operands[position]].label
    return label if label in decay_rates(step.nodes) else ""


def is_bias_correction(step: Step, index: int) -> bool:
    """Whether a node is a constant and a decay rate's power, as `1 - beta**t` is."""
    operands = step.nodes[index].operands
    return (
        len(operands) == 2
        and step.nodes[operands[0]].op == CONSTANT
        and bool(decayed(step, operands[1]))
    )
