"""Writes a rule as a page of Markdown: what it is called, its symbols, its equations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evosearch.export.formulas.equations import aligned, explanations
from evosearch.export.formulas.meanings import meaning
from evosearch.export.formulas.rule_symbols import INPUTS, symbols_of
from evosearch.export.formulas.symbols import DECAY, NOW, RATE, WEIGHTS, Symbol
from evosearch.export.notation.provenance import Provenance
from evosearch.graph.graph import HYPERPARAMETER, INPUT, Graph
from evosearch.language.number_text import number
from primitives import Kind

_HEAD = ("symbol", "name", "meaning", "default")
_EXTENTS = {
    Kind.SCALAR: "one number for all",
    Kind.LEAF: "one number per parameter tensor",
    Kind.ROW: "one number per row of a parameter's matrix",
    Kind.COLUMN: "one number per column of a parameter's matrix",
    Kind.TENSOR: "one number per weight",
}


def markdown_page(graph: Graph, name: str, about: str, provenance: Provenance) -> str:
    """Writes the page; `about` is what the program's docstring says.

    The equations are one `aligned` environment between `$$`, as GitHub renders them.
    """
    parts = [f"# {name}", about, _origin(provenance), _table(_rows(graph))]
    parts.append(f"Each step computes, element by element,\n\n$$\n{aligned(graph)}\n$$")
    # An asterisk that multiplies is no emphasis.
    unsaid = "\n".join(f"- {line}".replace("*", r"\*") for line in explanations(graph))
    if unsaid:
        parts.append(f"where\n\n{unsaid}")
    return "\n\n".join(part for part in parts if part) + "\n"


def _origin(provenance: Provenance) -> str:
    lines = [f"Origin: {provenance.origin}.", f"Canonical digest: `{provenance.digest}`."]
    if provenance.evidence:
        lines.append(provenance.evidence)
    if provenance.rate is not None:
        lines.append(f"The best learning rate was {provenance.rate:.2g} times AdamW's.")
    return "\n".join(lines)


def _rows(graph: Graph) -> Iterator[tuple[Symbol, str, str, str]]:
    """Lists symbol, name, meaning and default of all that the equations speak of."""
    symbols = symbols_of(graph)
    yield WEIGHTS.at(NOW), "", "the weights after the step", ""
    yield INPUTS["g"], "g", "their gradient", ""
    yield symbols.direction, "", "the direction of the step", ""
    for slot in graph.slots:
        kept = f"a state, {_EXTENTS[slot.kind]}, zero before the first step"
        yield symbols.states[slot.name].at(NOW), slot.name, kept, ""
    if "t" in graph.labels(INPUT):
        yield INPUTS["t"], "t", "the step: 1, 2, …", ""
    for node in graph.nodes:
        if node.op == HYPERPARAMETER:
            phrase = meaning(graph, node.label)
            yield symbols.constants[node.label], node.label, phrase, number(node.value)
    yield RATE, "lr", "the learning rate", ""
    yield DECAY, "weight_decay", "decoupled weight decay", ""


def _table(rows: Iterator[tuple[Symbol, str, str, str]]) -> str:
    lines = [_line(_HEAD), _line(["---"] * len(_HEAD))]
    for symbol, name, phrase, default in rows:
        called = f"`{name}`" if name else ""
        lines.append(_line([f"${symbol.whole_latex}$", called, phrase, default]))
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
