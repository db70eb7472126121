"""Gives what a rule names, and what the trainer adds to it, their symbols."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, count

from evosearch.export.formulas.symbols import (
    BEFORE,
    GRADIENT,
    NOW,
    RATE,
    STEP,
    WEIGHTS,
    Symbol,
    Symbols,
)
from evosearch.graph.graph import HYPERPARAMETER, INPUT, SLOT, Graph, Node

INPUTS: Mapping[str, Symbol] = {
    "w": WEIGHTS.at(BEFORE),
    "g": GRADIENT.at(NOW),
    "lr": RATE,
    "t": STEP,
}
"""The symbols of the inputs that every program may name."""


@dataclass(frozen=True)
class RuleSymbols:
    """Holds the symbols of one rule's names; they are distinct."""

    states: Mapping[str, Symbol]
    """Of the slots, without a time."""
    constants: Mapping[str, Symbol]
    """Of the hyperparameters."""
    direction: Symbol
    """Of the direction, after the step."""
    _names: Symbols

    def of_source(self, node: Node) -> Symbol:
        """Gives the symbol of an input, a hyperparameter, or a slot's old value."""
        if node.op == SLOT:
            return self.states[node.label].at(BEFORE)
        return INPUTS[node.label] if node.op == INPUT else self.constants[node.label]

    def with_hat(self, state: str) -> Symbol | None:
        """Makes the symbol, after the step, of a state with a hat; None if it can have none."""
        hat = self._names.if_free(f"{state}_hat") if len(state) == 1 else None
        return hat and hat.at(NOW)

    def abbreviations(self) -> Iterator[Symbol]:
        """Makes symbols of values that the rule does not name: x₁, x₂ …"""
        symbols = (self._names.if_free(f"x{n}") for n in count(1))
        return (symbol for symbol in symbols if symbol)


def symbols_of(graph: Graph) -> RuleSymbols:
    """Gives a rule's names their symbols.

    The direction is `u_t`, or `u1_t` where the rule has something of its own that is called `u`.
    """
    names = Symbols()
    states = {slot.name: names.series(slot.name) for slot in graph.slots}
    constants = {label: names.constant(label) for label in graph.labels(HYPERPARAMETER)}
    taken = {*states, *constants}
    direction = next(n for n in chain("u", map("u{}".format, count(1))) if n not in taken)
    return RuleSymbols(states, constants, names.series(direction).at(NOW), names)
