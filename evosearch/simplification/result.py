"""Says what simplification made of a program, and how."""

from __future__ import annotations

from dataclasses import dataclass, replace

from evosearch.language.program import Program


@dataclass(frozen=True, slots=True)
class Step:
    """Records a change that was made: how many statements it left, and why it is allowed."""

    stage: str
    before: int
    after: int
    why: str
    rules: tuple[str, ...] = ()
    """The lines of algebra that were used, or what came in the place of what."""


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """Says what a program becomes without the terms that vanish after the first steps."""

    program: Program
    steps: int
    """The last step in which it differs."""
    what: tuple[str, ...]
    """What comes in the place of what."""

    def __str__(self) -> str:
        return (
            f"differs in the first {self.steps} steps of a training, and then by less than a "
            "thousandth"
        )


@dataclass(frozen=True, slots=True)
class Simplified:
    """Holds a program, a simpler one that does the same, and how that was found."""

    before: Program
    after: Program
    factor: float
    """The direction of `before` is this times that of `after`."""
    steps: tuple[Step, ...]
    dropped: tuple[str, ...] = ()
    """The stages whose results did not do the same on the probes, once for each."""
    counting: bool = False
    """Whether `t` stands for what `before` counts, so that they are the same where it counts every
    step, as in training, and not on the long probe."""
    first_steps: FirstSteps | None = None
    """What would be left if terms went that vanish after the first steps; they stay in `after`."""

    def then(self, other: Simplified) -> Simplified:
        """Joins what was done to this result to what was done before."""
        return replace(
            other,
            before=self.before,
            factor=float(f"{self.factor * other.factor:.12g}"),
            steps=self.steps + other.steps,
            dropped=self.dropped + other.dropped,
            counting=self.counting or other.counting,
        )


def statements(program: Program) -> int:
    """Counts the statements that a program is printed with by `to_text`."""
    return len(program.statements)
