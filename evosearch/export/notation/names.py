"""Names things in exported files: tells which names are taken, and makes new ones."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Callable, Mapping, Set
from types import MappingProxyType

from evosearch.graph.graph import HYPERPARAMETER, SLOT, Graph

OWN_NAMES: Set[str] = frozenset(
    [
        # What a torch file imports, and what its methods and functions are given.
        *("Any", "Callable", "Optimizer", "ParamsT", "Tensor", "cast", "math", "torch"),
        *(
            "closure",
            "defaults",
            "group",
            "groups",
            "lr",
            "params",
            "self",
            "state",
            "weight_decay",
        ),
        *("capturable", "maximize"),
        # Its variables.
        *("batch", "batches", "device", "g", "grads", "has_complex", "key", "lists", "loss"),
        *("options", "p", "parts", "state_steps", "step", "t", "tensor", "tensors", "ts", "u"),
        *("update_group", "value", "w"),
        # Options that torch itself looks for in a parameter group.
        *("betas", "decoupled_weight_decay", "differentiable", "first", "foreach", "fused"),
        *("name", "param_names"),
        # What torch's schedulers write there.
        *("base_momentum", "initial_lr", "lr_scale", "max_lr", "max_momentum", "min_lr", "swa_lr"),
    ]
)
"""Names with a meaning of their own in an exported torch file."""

_LIKE_DIGITS = frozenset({"l", "O", "I"})


def is_taken(name: str, own: Set[str] = OWN_NAMES) -> bool:
    """Tells whether a name has another meaning in the file or in Python, or looks like a digit.

    `own` are the names that the file itself uses.
    """
    meant = name in own or name in _LIKE_DIGITS
    return meant or keyword.iskeyword(name) or hasattr(builtins, name)


class Namer:
    """Gives out names, each once; `plurals` are those of lists that have one."""

    def __init__(self, taken: Set[str], plurals: Mapping[str, str] = MappingProxyType({})) -> None:
        self._taken = {*taken, *plurals.values()}
        self._plurals = dict(plurals)

    def new(self, wanted: str) -> str:
        """Gives the name, or the first of `name2`, `name3` … that is free; `x1` before `x2`."""
        stem, digits = re.fullmatch(r"(.*?)(\d*)", wanted).groups()  # type: ignore[union-attr]
        ending = digits if digits not in ("", "1") else ""
        name, number = wanted, 1
        while name in self._taken or is_taken(name):
            number += 1
            name = f"{stem}{ending}_{number}" if ending else f"{stem}{number}"
        self._taken.add(name)
        return name

    def plural(self, name: str) -> str:
        """Names the list that holds one such variable for each parameter."""
        if name not in self._plurals:
            stem, digits, rest = re.fullmatch(r"(.*?)(\d*)(_*)", name).groups()  # type: ignore[union-attr]
            ending = "es" if stem.endswith(("s", "x")) and len(stem) > 1 else "s"
            wanted = f"{stem}{ending}{digits}{rest}"
            fixed = {"p": "params", "g": "grads", "step": "state_steps", "t": "ts"}
            self._plurals[name] = fixed[name] if name in fixed else self.new(wanted)
        return self._plurals[name]


def names_in(graph: Graph) -> set[str]:
    """Names the slots and hyperparameters, which are called as the user called them."""
    labels = {node.label for node in graph.nodes if node.op in (SLOT, HYPERPARAMETER)}
    return labels | {slot.name for slot in graph.slots}


def without_underscores(name: str) -> str:
    """Takes leading underscores away, with an `x` in their place where no name would be left."""
    rest = name.lstrip("_")
    return rest if rest.isidentifier() else f"x{rest}"


def _unmangled(name: str) -> str:
    """In a class, Python mangles names with two underscores in front."""
    return without_underscores(name) if name.startswith("__") else name


def renamed(
    graph: Graph,
    wanted: Callable[[str], str] = _unmangled,
    taken: Callable[[str], bool] = is_taken,
) -> Graph:
    """Renames the slots and hyperparameters that clash with the file's own names, or each other.

    `wanted` gives the name that suits the file, `taken` tells what no name may be.
    """
    labels = names_in(graph)
    changes: dict[str, str] = {}
    for label in sorted(labels):
        new = wanted(label)
        while (new != label and new in labels) or taken(new):
            new += "_"
        labels.add(new)
        changes[label] = new
    return graph.with_labels(changes)


def class_name(name: str) -> str:
    """Makes a program's name that of a class: `cautious_adamw` becomes `CautiousAdamw`."""
    joined = "".join(part[:1].upper() + part[1:] for part in re.split(r"\W|_", name) if part)
    return joined if is_class_name(joined) else f"Rule{joined}"


def is_class_name(name: str) -> bool:
    """Tells whether a class in an exported file may have this name."""
    return name.isidentifier() and not is_taken(name)


def function_name(name: str) -> str:
    """Makes a class's name part of a function's: `CautiousAdamw` becomes `cautious_adamw`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
