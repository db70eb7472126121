"""Leaves nodes out of a rule as long as it trains no slower, and says what the others are worth.

In each pass, each node is replaced alone by each of its operands and by 0 and 1. The changes that
cost nothing are made together; where that costs something after all, one half of them is, and then
as much of the other as can be (in the manner of delta debugging: Zeller and Hildebrandt, IEEE
Transactions on Software Engineering, 2002). Everything is compared with the program that came in,
so that small losses cannot add up unseen. Passes end when nothing more can go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evosearch.ablation.difference import Difference
from evosearch.ablation.judge import Judge
from evosearch.ablation.variant import Variant
from evosearch.export.notation.program_text import written
from evosearch.graph.lowering import lower
from evosearch.screening.screen import screen
from evosearch.simplification.edits import Edit, edited, edits, size
from evosearch.simplification.proposal import program_of
from evosearch.simplification.result import Step, statements


@dataclass(frozen=True, slots=True)
class Change:
    """Is an edit of a program, and the variant that it makes."""

    edit: Edit
    variant: Variant
    node: str
    instead: str
    """The node and what comes in its place, in the language."""


@dataclass(frozen=True, slots=True)
class Worth:
    """Says what a node is worth: how fast the rule is once it is replaced, relative to now."""

    node: str
    instead: str
    """What came in its place: of what was tried, that which cost the least; empty for nothing."""
    speed: Difference | None
    """None where a search would train nothing that has something else in its place."""


def shrunk(judge: Judge) -> tuple[Variant, list[Step]]:
    """Makes the program that the judge knows smaller, to a fixed point; gives the steps too."""
    current = judge.first
    steps: list[Step] = []
    while True:
        number = len(steps) + 1
        # Of changes that make the same structure one is enough.
        changes = list({c.variant.key: c for c in reversed(possible_changes(current))}.values())
        accepted = judge.acceptable([c.variant for c in changes], f"pass {number}")
        good = [c for c, accept in zip(changes, accepted, strict=True) if accept]
        made = _together(judge, current, _one_a_node(judge, good), f"pass {number}, together")
        if not made:
            return current, steps
        made = _telling(current, made)
        smaller = _variant(current, [change.edit for change in made])
        assert smaller is not None, "it was tuned"
        speed = judge.over(smaller)
        why = (
            f"the speed is {told(speed)} that of the program before this stage, "
            f"constants tuned anew, {speed.trials} tunings"
        )
        before, after = statements(current.program), statements(smaller.program)
        steps.append(
            Step("measured", before, after, why, tuple(f"{c.node} -> {c.instead}" for c in made))
        )
        current = smaller
        judge.inherit(current, judge.trials(current)[-1])


def worths(judge: Judge, program: Variant) -> list[Worth]:
    """Tells what each primitive and state of a program is worth, in the order of the program."""
    changes = possible_changes(program)
    judge.measured([program, *(change.variant for change in changes)], "worth of each part")
    graph = lower(program.program)
    rows = []
    for node in dict.fromkeys(edit.node for edit in edits(graph)):
        tried = [
            (judge.over(change.variant, program), change.instead)
            for change in changes
            if change.edit.node == node
        ]
        speed, instead = max(tried, key=_least_lost, default=(None, ""))
        rows.append(Worth(written(program.shown(graph), node), instead, speed))
    return rows


def _least_lost(tried: tuple[Difference, str]) -> tuple[bool, float]:
    speed, _ = tried
    return not speed.given_up, speed.speed


def told(speed: Difference) -> str:
    """Writes a speed with its interval."""
    return f"{speed.speed:.2f} [{speed.low:.2f}, {speed.high:.2f}] times"


def possible_changes(current: Variant) -> list[Change]:
    """Lists the edits of a program that make it smaller and that a search would train.

    Those that name the most of what goes come first.
    """
    graph, shown = lower(current.program), current.shown(lower(current.program))
    return [
        Change(edit, variant, *edit.texts(shown))
        for edit in sorted(edits(graph), key=lambda edit: (edit.by is None, -edit.node))
        if (variant := _variant(current, [edit])) is not None
    ]


def _variant(current: Variant, some: Sequence[Edit]) -> Variant | None:
    """Makes a variant by edits; None where it is not smaller or cannot be trained."""
    graph = lower(current.program)
    other = edited(graph, some)
    if size(other) >= size(graph):
        return None
    program = program_of(other, current.program)
    return None if screen(program).facts.gate else Variant(program, literals=current.literals)


def _one_a_node(judge: Judge, changes: Sequence[Change]) -> list[Change]:
    """Keeps, of each node's changes, that which leaves the least; the fastest ones come first."""
    by_node: dict[int, Change] = {}
    for change in sorted(changes, key=lambda c: (_graph_size(c), -judge.over(c.variant).speed)):
        by_node.setdefault(change.edit.node, change)
    return sorted(by_node.values(), key=lambda c: -judge.over(c.variant).speed)


def _telling(current: Variant, made: Sequence[Change]) -> list[Change]:
    """Leaves out changes that the others make anyway, such as of what goes as a whole."""
    whole = _variant(current, [change.edit for change in made])
    telling = list(made)
    for change in reversed(made):
        others = [other for other in telling if other is not change]
        without = _variant(current, [other.edit for other in others])
        if whole is not None and without is not None and without.key == whole.key:
            telling = others
    return telling


def _graph_size(change: Change) -> tuple[int, int, int]:
    return size(lower(change.variant.program))


def _together(
    judge: Judge,
    current: Variant,
    changes: Sequence[Change],
    what: str,
    made: Sequence[Change] = (),
) -> list[Change]:
    """Makes as many of the changes as can be, besides those that are `made`; gives all of them."""
    if not changes:
        return list(made)
    whole = [*made, *changes]
    variant = _variant(current, [change.edit for change in whole])
    if variant is not None and judge.acceptable([variant], what, thorough=True) == [True]:
        return whole
    if len(changes) == 1:
        return list(made)
    half = (len(changes) + 1) // 2
    first = _together(judge, current, changes[:half], what, made)
    return _together(judge, current, changes[half:], what, first)
