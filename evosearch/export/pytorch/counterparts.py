"""Knows the rules that torch has too, so that their checkpoints load both ways.

A file of such a rule keeps its states under torch's names, counts steps where torch does, and has
torch's further options at the only values at which torch's optimizer is the rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from evosearch.graph.builder import GraphBuilder
from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, SLOT, Graph, Node
from evosearch.graph.lowering import lower
from evosearch.graph.structure import Structure, structure_of
from evosearch.language.library import known_rule
from primitives import PRIMITIVES


@dataclass(frozen=True)
class Counterpart:
    """Says how one of torch's optimizers calls what a known rule has."""

    rule: str
    kind: str
    """The class in `torch.optim`."""
    states: Mapping[str, str]
    """torch's name of each state."""
    options: Mapping[str, str] = field(default_factory=dict)
    """torch's names of hyperparameters that it calls otherwise."""
    complements: str = ""
    """The state of which torch keeps one minus what the rule keeps; it starts at one."""
    counts: bool = True
    """Whether torch counts steps."""
    fixed: Mapping[str, bool | int] = field(default_factory=dict)
    """torch's further options, at the values at which it is the rule."""

    @property
    def called(self) -> str:
        """Calls it as code would that makes it, weight decay aside."""
        fixed = [f"{name}={value}" for name, value in self.fixed.items() if name != _MARK]
        given = f"({', '.join(fixed)})" if fixed else ""
        return f"torch.optim.{self.kind}{given}"

    @property
    def decouples(self) -> bool:
        """Tells whether torch's always decouples weight decay, as all exported ones do."""
        return self.kind == "AdamW"


_MARK = "decoupled_weight_decay"
_DECOUPLED = {_MARK: True}
_MOMENTS = {"m": "exp_avg", "v": "exp_avg_sq"}
_SGD = {"dampening": 0, **_DECOUPLED}

COUNTERPARTS = (
    Counterpart("adamw", "AdamW", _MOMENTS, fixed={"amsgrad": False, **_DECOUPLED}),
    Counterpart(
        "amsgrad",
        "AdamW",
        {**_MOMENTS, "peak": "max_exp_avg_sq"},
        fixed={"amsgrad": True, **_DECOUPLED},
    ),
    Counterpart(
        "nadam",
        "NAdam",
        {**_MOMENTS, "seen": "mu_product"},
        options={"psi": "momentum_decay"},
        complements="seen",
        fixed=_DECOUPLED,
    ),
    Counterpart("radam", "RAdam", _MOMENTS, fixed=_DECOUPLED),
    Counterpart("adamax", "Adamax", {"m": "exp_avg", "peak": "exp_inf"}, fixed=_DECOUPLED),
    Counterpart(
        "momentum",
        "SGD",
        {"m": "momentum_buffer"},
        options={"mu": "momentum"},
        counts=False,
        fixed={"nesterov": False, **_SGD},
    ),
    Counterpart(
        "nesterov",
        "SGD",
        {"m": "momentum_buffer"},
        options={"mu": "momentum"},
        counts=False,
        fixed={"nesterov": True, **_SGD},
    ),
    Counterpart(
        "rmsprop",
        "RMSprop",
        {"v": "square_avg"},
        fixed={"momentum": 0, "centered": False, **_DECOUPLED},
    ),
    Counterpart("adagrad", "Adagrad", {"v": "sum"}, fixed={"lr_decay": 0, **_DECOUPLED}),
    Counterpart("adadelta", "Adadelta", {"v": "square_avg", "d": "acc_delta"}, fixed=_DECOUPLED),
)


def counterpart_of(graph: Graph) -> tuple[Counterpart, dict[str, str]] | None:
    """Finds torch's optimizer that is this rule at some constants.

    It comes with the names that its states and hyperparameters get, by those in the graph.
    """
    here = structure_of(graph)
    for one in COUNTERPARTS:
        there = _known(one.rule)
        if here.digest != there.digest:
            continue
        theirs = {**one.states, **one.options}
        pairs = [
            *zip(here.slots, there.slots, strict=True),
            *zip(here.names, there.names, strict=True),
        ]
        names = {ours: theirs.get(known, known) for ours, known in pairs}
        return (one, names) if len({*names.values()}) == len(names) else None
    return None


@cache
def _known(rule: str) -> Structure:
    return structure_of(lower(known_rule(rule)))


def as_torch_has_it(graph: Graph) -> tuple[Graph, Counterpart | None, dict[str, str]]:
    """Gives the graph with torch's names and contents of states, and torch's optimizer.

    The names that states and hyperparameters have in `graph` come with it, by those they get.
    """
    match = counterpart_of(graph)
    if match is None:
        return graph, None, _unchanged(graph)
    counterpart, names = match
    renamed = graph.with_labels(names)
    if counterpart.complements:
        renamed = complemented(renamed, counterpart.states[counterpart.complements])
    return renamed, counterpart, {new: old for old, new in names.items()}


def _unchanged(graph: Graph) -> dict[str, str]:
    labels = [*graph.labels(HYPERPARAMETER), *(slot.name for slot in graph.slots)]
    return dict(zip(labels, labels, strict=True))


def complemented(graph: Graph, name: str) -> Graph:
    """Makes a graph of which a slot holds one minus what it holds in this, and starts at one."""
    (slot,) = (slot for slot in graph.slots if slot.name == name)
    builder = GraphBuilder()
    one, subtract = builder.constant(1.0), PRIMITIVES["subtract"]
    new: list[int] = []
    rest: dict[int, int] = {}
    """The new node of one minus an old one, where there is such."""
    for index, node in enumerate(graph.nodes):
        if node.op == SLOT and node.label == name:
            rest[index] = builder.slot(name, slot.kind)
            new.append(builder.apply(subtract, (one, rest[index])))
            continue
        copied = [new[operand] for operand in node.operands]
        if node.row is subtract and _is_one(graph.nodes[node.operands[0]]):
            other = node.operands[1]
            rest[index] = new[other]
            new.append(rest[other] if other in rest else builder.copy(node, copied))
            continue
        new.append(builder.copy(node, copied))
    writes = {each.name: new[each.write] for each in graph.slots}
    writes[name] = rest.get(slot.write, builder.apply(subtract, (one, new[slot.write])))
    made = builder.finish(
        new[graph.direction], [(each.name, each.kind, writes[each.name]) for each in graph.slots]
    )
    slots = tuple(replace(each, start=1.0) if each.name == name else each for each in made.slots)
    return Graph(made.nodes, made.direction, slots)


def _is_one(node: Node) -> bool:
    return node.op == CONSTANT and node.value == 1.0
