"""Tells which known rule a program is, or contains, and whether a search would train it."""

from __future__ import annotations

from dataclasses import dataclass

from evosearch.card.section import Fact, Section, percent
from evosearch.language.program import Program
from evosearch.recognition.recognition import (
    CONTAINS,
    EQUAL,
    IDENTICAL,
    VARIANT,
    Recognition,
    recognise,
)
from evosearch.recognition.wording import is_like_none, sentence
from evosearch.screening.gates import GATES
from evosearch.screening.screen import screen


@dataclass(frozen=True)
class Kinship:
    """Says which known rule a program is near, and which gate would reject it, if any."""

    recognised: Recognition
    gate: str | None
    """The name of the gate."""


def kinship_section(program: Program) -> Section:
    """Tells which known rule a program is, or contains, and whether a search would train it."""
    values = Kinship(recognise(program), screen(program).facts.gate)
    known = values.recognised
    rule = "none" if known.rule is None or is_like_none(known) else known.rule
    facts = [Fact("known rule", rule)]
    if rule != "none":
        facts.append(Fact("relation", known.relation))
    if rule != "none" and known.distance:
        facts.append(Fact("share of the direction that it lacks", percent(known.distance)))
    told = [f"{sentence(program.name, known)} {_published(known)}"]
    for gate in GATES:
        if gate.name == values.gate:
            facts.append(Fact("a search would reject it", f"{gate} (gate '{gate.name}')"))
            told.append("As a search would reject it, it is hardly worth a training.")
    return Section(
        "kinship",
        "Which rule it is",
        "The program was compared with every known rule, by structure and by what it does on "
        "probes.",
        tuple(facts),
        " ".join(told),
        values,
    )


def _published(known: Recognition) -> str:
    if known.relation == IDENTICAL:
        return "What is published of that rule holds."
    if known.relation == EQUAL:
        return "What is published of that rule holds, as far as it holds at these constants."
    if known.relation in (CONTAINS, VARIANT) or not is_like_none(known):
        return "What is published of that rule is where to look first."
    return "Nothing that is published need hold."
