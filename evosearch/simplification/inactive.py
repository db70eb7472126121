"""Removes what is never seen to act, and finds what acts in the first steps alone.

This is no proof: a guard that was idle wherever the rule was watched may act elsewhere. So what
goes is told, and where the rule was watched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from evosearch.graph.digest import digest
from evosearch.graph.graph import Graph
from evosearch.graph.lowering import lower
from evosearch.language.program import Program
from evosearch.simplification.edits import edited, edits, size
from evosearch.simplification.proposal import program_of
from evosearch.simplification.result import FirstSteps, Simplified, Step, statements
from evosearch.simplification.stages import simplify_exactly
from evosearch.simplification.watching import Scene, Watched

_NEVER = 1e-6
"""A direction that departs by less than this share is the same."""
_VANISHED = 1e-3
"""A term that moves the direction by less than this share has vanished."""
_MOST_STEPS = 100
"""The steps within which a term must vanish, for these to be the first steps of a training."""


def without_inactive(program: Program, places: Sequence[Scene]) -> Simplified:
    """Makes a program without what never acts in any scene, be it a guard or a state.

    Directions differ by less than a millionth, which is more than fingerprints allow.
    """
    watched = Watched(lower(program), places)
    where = ", ".join(scene.name for scene in places)
    why = f"it never acts: on {where} the direction stays the same to a millionth"
    gone = list(_smaller(program, lambda graph: watched.same(graph, _NEVER)))
    if not gone:
        return Simplified(program, program, 1.0, ())
    what, (*_, after) = zip(*gone, strict=True)
    step = Step("behaviour", statements(program), statements(after), why, what)
    return Simplified(program, after, 1.0, (step,)).then(simplify_exactly(after))


def first_steps(program: Program, places: Sequence[Scene]) -> FirstSteps | None:
    """Finds what is left of a program without the terms that vanish; None where none does.

    A term vanishes if the direction departs in none but the first steps of each training, and of
    the long probe, in which gradients go through many sizes.
    """
    lasting = [scene for scene in places if scene.times[-1] > _MOST_STEPS]
    if not any(scene.training for scene in lasting):
        return None
    watched = Watched(lower(program), lasting)

    def vanishes(graph: Graph) -> bool:
        return all(watched.last(graph, scene, _VANISHED) <= _MOST_STEPS for scene in lasting)

    gone = list(_smaller(program, vanishes))
    if not gone:
        return None
    what, (*_, left) = zip(*gone, strict=True)
    steps = max(watched.last(lower(left), scene, _VANISHED) for scene in lasting)
    return FirstSteps(simplify_exactly(left).after, steps, what)


def _smaller(program: Program, accepted: Callable[[Graph], bool]) -> Iterator[tuple[str, Program]]:
    """Yields edits that are accepted, as text, and what they make, each applied to the one before.

    Of those that are possible the one is taken that makes the program smallest.
    """
    refused: set[str] = set()
    graph = lower(program)
    while True:
        made = [(edit, edited(graph, [edit])) for edit in edits(graph)]
        smaller = sorted(
            (pair for pair in made if size(pair[1]) < size(graph)),
            # Of edits that make the same, the one is told that names the whole of what goes.
            key=lambda pair: (size(pair[1]), pair[0].by is None, -pair[0].node),
        )
        for edit, other in smaller:
            key = digest(other)
            if key in refused:
                continue
            if accepted(other):
                told = edit.told(graph)
                program = program_of(other, program)
                graph = lower(program)
                yield told, program
                break
            refused.add(key)
        else:
            return
