"""Refuses programs that no search would train."""

from __future__ import annotations

from evosearch.errors import EvosearchError
from evosearch.language.program import Program
from evosearch.screening.gates import GATES
from evosearch.screening.screen import screen


def require_trainable(program: Program, refusal: str, advice: str = "") -> None:
    """Refuses a program that a gate rejects, in the words of `refusal`, which `advice` ends.

    Raises:
        EvosearchError: a gate rejects it.
    """
    rejecting = screen(program).facts.gate
    for gate in GATES:
        if gate.name == rejecting:
            end = f"; {advice}" if advice else ""
            raise EvosearchError(f"{refusal}: {gate} (gate '{gate.name}'){end}")
