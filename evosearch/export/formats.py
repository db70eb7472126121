"""Writes a rule in the forms in which it is exported: source code, mathematics, data."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType

from evosearch.errors import EvosearchError
from evosearch.export.notation.formula import equations, explanations
from evosearch.export.notation.names import class_name, is_class_name
from evosearch.export.notation.program_text import readable
from evosearch.export.notation.provenance import Provenance, Reference
from evosearch.export.optax_file import optax_source
from evosearch.export.pytorch.file import write
from evosearch.graph.digest import digest
from evosearch.graph.graph import HYPERPARAMETER, Graph
from evosearch.graph.lowering import lower


def name_of(reference: Reference, name: str | None) -> str:
    """Gives the class's name: `name` if a user gave one, else one made from the program's.

    Raises:
        EvosearchError: no class may have the given one.
    """
    if name is not None and not is_class_name(name):
        raise EvosearchError(f"'{name}' cannot name a class of the file; choose another name")
    return name or class_name(reference.name)


def provenance_of(reference: Reference) -> Provenance:
    """Gathers what an exported file says of where its rule comes from."""
    return Provenance(
        origin=reference.origin,
        digest=digest(lower(reference.program, bind=True)),
        version=_version(),
        evidence=reference.evidence,
        rate=reference.rate,
    )


def _version() -> str:
    """Gives the version that is installed; a checkout that is only on the path has none."""
    try:
        return version("evosearch")
    except PackageNotFoundError:
        return "of a checkout that is not installed"


def source_of(reference: Reference, name: str | None) -> str:
    """Writes the text of a torch file with the optimizer that a program describes.

    Raises:
        EvosearchError: no class may have the given name.
    """
    return write(lower(reference.program), name_of(reference, name), provenance_of(reference))


def _torch(reference: Reference, name: str | None) -> str:
    return source_of(reference, name)


def _optax(reference: Reference, name: str | None) -> str:
    return optax_source(lower(reference.program), name or reference.name, provenance_of(reference))


def _latex(reference: Reference, name: str | None) -> str:
    """Writes an `align*` environment, which needs amsmath."""
    graph = lower(reference.program)
    lines = [formula.latex.replace("=", "&=", 1) for formula in equations(graph)]
    lines.append(
        r"\theta_{t} &= (1 - \eta_t \lambda)\, \theta_{t-1} - \eta_t\, "
        + _direction(graph)
    )  # fmt: skip
    where = [f"% {line}" for line in explanations(graph)]
    head = [f"% {name or reference.name}: {reference.origin}", *where]
    body = " \\\\\n".join(f"  {line}" for line in lines)
    return "\n".join([*head, r"\begin{align*}", body, r"\end{align*}"]) + "\n"


def _direction(graph: Graph) -> str:
    return equations(graph)[-1].latex.split(" = ", 1)[0]


def _json(reference: Reference, name: str | None) -> str:
    graph, provenance = lower(reference.program), provenance_of(reference)
    record = {
        "name": name or reference.name,
        "origin": provenance.origin,
        "digest": provenance.digest,
        "version": provenance.version,
        "evidence": provenance.evidence or None,
        "relative_rate": provenance.rate,
        "text": readable(graph, reference.name),
        "hyperparameters": {n.label: n.value for n in graph.nodes if n.op == HYPERPARAMETER},
        "states": {slot.name: str(slot.kind) for slot in graph.slots},
        "formula": [formula.plain for formula in equations(graph)],
        "latex": [formula.latex for formula in equations(graph)],
        "where": explanations(graph),
    }
    return json.dumps(record, indent=2) + "\n"


FORMATS: Mapping[str, Callable[[Reference, str | None], str]] = MappingProxyType(
    {"torch": _torch, "optax": _optax, "latex": _latex, "json": _json}
)
"""The functions that write a rule, by form; they take the name that the user gives it, if any."""
DEFAULT_FORMAT = "torch"
