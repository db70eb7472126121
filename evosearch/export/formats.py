"""Writes a rule in the forms in which it is exported: source code, mathematics, data."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from evosearch.errors import EvosearchError
from evosearch.export.drawing.canvas import DrawingForm, drawn
from evosearch.export.drawing.picture import picture
from evosearch.export.formulas.equations import aligned, equations, explanations
from evosearch.export.markdown import markdown_page
from evosearch.export.notation.names import class_name, is_class_name
from evosearch.export.notation.program_text import readable
from evosearch.export.notation.provenance import Provenance, Reference
from evosearch.export.optax_file import optax_source
from evosearch.export.pytorch.file import write
from evosearch.graph.digest import digest
from evosearch.graph.graph import HYPERPARAMETER
from evosearch.graph.lowering import lower
from evosearch.version import UNKNOWN, installed_version


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
    version = installed_version()
    return Provenance(
        origin=reference.origin,
        digest=digest(lower(reference.program, bind=True)),
        version="of a checkout that is not installed" if version == UNKNOWN else version,
        evidence=reference.evidence,
        rate=reference.rate,
    )


def source_of(reference: Reference, name: str | None) -> str:
    """Writes the text of a torch file with the optimizer that a program describes.

    Raises:
        EvosearchError: no class may have the given name.
    """
    return write(lower(reference.program), name_of(reference, name), provenance_of(reference))


def latex_source(reference: Reference, environment: str = "aligned") -> str:
    """Writes a program's equations as one environment of LaTeX."""
    return aligned(lower(reference.program), environment)


def markdown_source(reference: Reference, name: str | None) -> str:
    """Writes a program as a page of Markdown."""
    program = reference.program
    provenance = provenance_of(reference)
    return markdown_page(lower(program), name or reference.name, program.doc, provenance)


def drawing_of(reference: Reference, form: DrawingForm) -> bytes:
    """Draws the data flow of a program as the content of an SVG or PNG file."""
    return drawn(picture(lower(reference.program)), form)


def _optax(reference: Reference, name: str | None) -> str:
    return optax_source(lower(reference.program), name or reference.name, provenance_of(reference))


def _latex(reference: Reference, name: str | None) -> str:
    """Writes an `align*` environment, which needs amsmath."""
    where = [f"% {line}" for line in explanations(lower(reference.program))]
    head = [f"% {name or reference.name}: {reference.origin}", *where]
    return "\n".join([*head, latex_source(reference, "align*")]) + "\n"


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


@dataclass(frozen=True, slots=True)
class Format:
    """Says how a rule is written in one form, and what that makes."""

    makes: str
    """The phrase by which people call the file's content."""
    write: Callable[[Reference, str | None], str | bytes]
    """Takes the name that the user gives the rule, if any."""

    def content(self, reference: Reference, name: str | None) -> bytes:
        """Gives what the file is to hold; texts are UTF-8."""
        made = self.write(reference, name)
        return made if isinstance(made, bytes) else made.encode()


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "torch": Format("a torch optimizer", source_of),
        "optax": Format("an optax transformation", _optax),
        "latex": Format("equations in LaTeX", _latex),
        "markdown": Format("a page of Markdown", markdown_source),
        "svg": Format("a drawing in SVG", lambda reference, _: drawing_of(reference, "svg")),
        "png": Format("a drawing in PNG", lambda reference, _: drawing_of(reference, "png")),
        "json": Format("data in JSON", _json),
    }
)
"""The forms in which a rule can be exported, by name."""
DEFAULT_FORMAT = "torch"
