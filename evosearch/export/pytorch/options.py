"""Says which options an exported optimizer has, by the conventions of torch's own.

torch's schedulers cycle `betas[0]` or `momentum`, and clients such as transformers and timm pass
`betas`. So hyperparameters called `beta1`, `beta2` … are one option, and a rule's only momentum
decay is called `momentum`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from evosearch.export.notation.python_text import literal
from evosearch.graph.graph import HYPERPARAMETER, SOURCES, Graph
from evosearch.graph.traversal import reachable
from evosearch.graph.value_ranges import hyperparameter_domains, ranges
from primitives import Range

BETAS, MOMENTUM = "betas", "momentum"


@dataclass(frozen=True)
class Option:
    """Is one option: a hyperparameter of the rule, or several of them as a tuple."""

    name: str
    defaults: dict[str, float]
    """The values of its hyperparameters, by their names, in order."""
    together: bool = False
    """Whether it is a tuple."""

    @property
    def type(self) -> str:
        """Gives its type, in code."""
        return f"tuple[{', '.join('float' for _ in self.defaults)}]" if self.together else "float"

    @property
    def default(self) -> str:
        """Gives its default, in code."""
        numbers = [literal(value) for value in self.defaults.values()]
        return f"({', '.join(numbers)})" if self.together else numbers[0]

    @property
    def leads(self) -> bool:
        """Tells whether it may be given by position, after the learning rate, as torch's may."""
        return self.name in (BETAS, MOMENTUM)

    def parts(self, whole: str) -> dict[str, str]:
        """Writes code of each hyperparameter, `whole` being that of the option."""
        if not self.together:
            return dict.fromkeys(self.defaults, whole)
        return {name: f"{whole}[{place}]" for place, name in enumerate(self.defaults)}


def options_of(graph: Graph) -> list[Option]:
    """Makes the options of a rule, those that may be given by position first."""
    values = {node.label: node.value for node in graph.nodes if node.op == HYPERPARAMETER}
    betas = list(_numbered_betas(values))
    momentum = () if len(betas) > 1 or MOMENTUM in values else tuple(momentum_decays(graph))
    options = []
    if len(betas) > 1:
        options.append(Option(BETAS, {name: values.pop(name) for name in betas}, together=True))
    elif len(momentum) == 1:
        (name,) = momentum
        options.append(Option(MOMENTUM, {name: values.pop(name)}))
    options += [Option(name, {name: value}) for name, value in values.items()]
    return sorted(options, key=lambda option: not option.leads)


def _numbered_betas(values: dict[str, float]) -> Iterator[str]:
    """Yields `beta1`, `beta2` … as far as there are such."""
    for number in count(1):
        if f"beta{number}" not in values:
            return
        yield f"beta{number}"


def momentum_decays(graph: Graph) -> list[str]:
    """Names the hyperparameters that weight a state's old value in its new one.

    Only of states that can be negative: an average of squares is no momentum.
    """
    domains = hyperparameter_domains(graph)
    signed = [not values.nonnegative for values in ranges(graph, domains)]
    names: dict[str, None] = {}
    for slot in graph.slots:
        if slot.read is None or not signed[slot.read]:
            continue
        for index in reachable(graph.nodes, [slot.write]):
            node = graph.nodes[index]
            if node.op in SOURCES or slot.read not in node.operands:
                continue
            row = node.primitive
            weights = row.decay_position is not None or row.infix == "*"
            for operand in node.operands if weights else ():
                other = graph.nodes[operand]
                if other.op == HYPERPARAMETER and 0 <= other.value < 1:
                    names[other.label] = None
    return list(names)


def check_lines(option: Option, domains: dict[str, Range]) -> list[str]:
    """Writes code that refuses values of an option for which the rest was not derived."""
    lines = []
    if option.together:
        wanted = len(option.defaults)
        lines += [
            f"if len({option.name}) != {wanted}:",
            "    raise ValueError("
            f'f"Invalid {option.name}: {{{option.name}}}; expected {wanted} numbers")',
        ]
    for place, (name, code) in enumerate(option.parts(option.name).items()):
        domain = domains[name]
        if domain.high == 1.0:
            condition = f"0.0 <= {code} < 1.0"
        elif domain.low == 0.0:
            condition = f"{code} > 0.0"
        else:
            continue
        called = f"beta parameter at index {place}" if option.together else option.name
        message = f'f"Invalid {called}: {{{code}}}; expected {condition}"'
        lines += [f"if not {condition}:", f"    raise ValueError({message})"]
    return lines
