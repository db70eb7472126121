"""Gives rules as objects that can be asked for text, formula and optimizer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from torch.optim import Optimizer

from evosearch.api.exports import drawing, latex, markdown, optimizer, to_source
from evosearch.api.given import GivenOperation, GivenRule, as_text, referred, with_operations
from evosearch.api.programs import recognise, simplify
from evosearch.export.drawing.canvas import DrawingForm
from evosearch.export.formulas.equations import equations
from evosearch.export.notation.program_text import readable
from evosearch.export.notation.provenance import Reference
from evosearch.graph.digest import digest
from evosearch.graph.graph import Graph
from evosearch.graph.lowering import lower
from evosearch.language.library import rule_names
from evosearch.language.printer import to_text
from evosearch.language.program import Program
from evosearch.recognition.recognition import Recognition


@dataclass(frozen=True, slots=True)
class Rule:
    """Is an update rule, known or found: `evosearch.rule` and runs give it."""

    reference: Reference
    called: str
    """The text by which commands call it: a name, `RUN#ID`, or the text of a program."""

    @property
    def name(self) -> str:
        """Gives its name; a run's are `rule_` and the candidate's number."""
        return self.reference.name

    @property
    def program(self) -> Program:
        """Gives its statements as they were written or bred."""
        return self.reference.program

    @property
    def graph(self) -> Graph:
        """Gives its meaning: the data flow without dead code, exact identities applied."""
        return lower(self.program)

    @property
    def text(self) -> str:
        """Writes it in the language, without dead code, as a person would."""
        return readable(self.graph, self.name)

    @property
    def formula(self) -> str:
        """Writes its equations as text, a line each: states, direction, weights.

        >>> from evosearch import rule
        >>> print(rule("lion").formula)
        m_t = β₂ m_{t-1} + (1 − β₂) g_t
        u_t = sign(β₁ m_{t-1} + (1 − β₁) g_t)
        θ_t = (1 − η_t λ) θ_{t-1} − η_t u_t
        """
        return "\n".join(equation.plain for equation in equations(self.graph))

    @property
    def hash(self) -> str:
        """Names its canonical form: the same for all texts that mean the same, on any machine."""
        return digest(lower(self.program, bind=True))

    @property
    def origin(self) -> str:
        """Tells where it comes from, such as `candidate 44 of run quick`."""
        return self.reference.origin

    @property
    def evidence(self) -> str:
        """Tells in a sentence what its run measured; empty where nothing was."""
        return self.reference.evidence

    def latex(self) -> str:
        """Writes its equations for LaTeX; see `evosearch.latex`."""
        return latex(self)

    def markdown(self) -> str:
        """Writes it as a page of Markdown; see `evosearch.markdown`."""
        return markdown(self)

    def drawing(self, form: DrawingForm = "svg") -> bytes:
        """Draws its data flow; see `evosearch.drawing`."""
        return drawing(self, form)

    def source(self, name: str | None = None) -> str:
        """Gives the text of a file with its optimizer; see `evosearch.to_source`."""
        return to_source(self, name)

    def optimizer(self, name: str | None = None) -> type[Optimizer]:
        """Gives its optimizer, a class; see `evosearch.optimizer`."""
        return optimizer(self, name)

    def recognise(self) -> Recognition:
        """Says which known rule it is; see `evosearch.recognise`."""
        return recognise(self)

    def simplify(self) -> Rule:
        """Gives the shortest rule that does the same; see `evosearch.simplify`."""
        after = simplify(self).after
        return Rule(Reference(after, self.name, f"{self.origin}, simplified"), to_text(after))

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Rule({self.name!r}, {self.origin!r})"

    def _repr_latex_(self) -> str:
        return f"$${self.latex()}$$"


def rule(given: GivenRule, *, operations: Iterable[GivenOperation] = ()) -> Rule:
    """Finds a rule: a known one by its name, one of a file or a run, or of a program's text.

    `operations` are files of operations that it may call, or rows.

    >>> rule("def f(g, m): m = lerp(g, m, 0.9); return sign(m), m").recognise().rule
    'signum'

    Raises:
        EvosearchError: there is no such rule, or its text is no program.
    """
    return Rule(referred(given, with_operations(operations)), as_text(given))


def rules() -> dict[str, Rule]:
    """Gives the known rules by name.

    >>> rules()["sgd"].formula.splitlines()[0]
    'u_t = g_t'
    """
    return {name: rule(name) for name in rule_names()}
