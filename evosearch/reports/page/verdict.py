"""Says in words whether a run found something better than tuned AdamW, and how well that is known.

What a validation measured goes before what the search did itself: on the final tasks first, then on
tasks that chose nothing, then on any.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from shlex import quote

from evosearch.reports.page.html import decimal, interval
from evosearch.reports.page.material import Material
from evosearch.reports.page.validations import Validation, Validations
from evosearch.scoring.statistics import Measurement
from evosearch.validation.outcome import BETTER, WORSE, Standing

YES, NO, UNKNOWN = "yes", "no", "not measured"
"""The answers to the question whether something better than tuned AdamW was found."""
_SMALL_LEAD = 1.1
"""The speed-up up to which two tunings of one rule may differ; measured, a few percent."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Holds the answer, and what it rests on."""

    answer: str
    sentences: tuple[str, ...]
    """The first one is the answer in words; the others say where, how and with what caveats."""
    basis: str | None = None
    """`validation NAME`, or `finals`; None where nothing was measured on fresh seeds."""
    rule: str | None = None
    speedup: float | None = None
    low: float | None = None
    high: float | None = None


def verdict(material: Material) -> Verdict:
    """Judges by the most trustworthy measurement that the run has."""
    chosen = leading(material.validations, material.store.config.all_tasks)
    if chosen is not None:
        return _of_validation(chosen, material)
    if material.reported:
        return _of_finals(material)
    return _of_nothing(material)


def leading(validations: Validations, tasks: tuple[str, ...]) -> Validation | None:
    """Chooses the validation that says the most; None where none measured a rule of the run.

    `tasks` are those by which the search chose.
    """
    telling = [one for one in validations.every if one.candidates]
    return min(
        telling,
        key=lambda one: (one.outcome.opening is None, len(one.chose(tasks)) > 0, one.name),
        default=None,
    )


def measured_where(validation: Validation, tasks: tuple[str, ...]) -> str:
    """Tells in a sentence what the validation's tasks had to do with the choice of the rules."""
    outcome, own = validation.outcome, validation.chose(tasks)
    listed = ", ".join(outcome.tasks)
    if not own:
        what = "on none of which anything was chosen"
        if outcome.opening is not None:
            what = "the final tasks, which chose nothing and are opened for a verdict alone"
        return f"It was measured on {listed}: {what}."
    if len(own) == len(outcome.tasks):
        return (
            f"It was measured on {listed}: the search's own tasks, on which the rules were chosen."
        )
    are = "is one of the search's own" if len(own) == 1 else "are the search's own"
    return (
        f"It was measured on {listed}; of these {', '.join(own)} {are}, on which the rules were "
        "chosen."
    )


def corrections(validation: Validation) -> str:
    """Tells what the intervals of a validation are corrected for."""
    outcome = validation.outcome
    text = (
        f"The intervals hold for {_together(outcome.rules)} and after every seed: the chance "
        f"that any is wrongly called better is at most {outcome.level:.3g}."
    )
    if outcome.opening is not None:
        text += (
            f" This is opening {outcome.opening} of the final tasks, which were opened "
            f"{_count(outcome.openings, 'time')} up to then; the level is divided accordingly."
        )
    return text


def _together(rules: int) -> str:
    return "the rule" if rules == 1 else f"{rules} rules at once"


def _of_validation(chosen: Validation, material: Material) -> Verdict:
    # What is better than AdamW and stood beside the run's rules was not found by the run.
    rules = chosen.candidates
    better = [one for one in rules if one.verdict == BETTER]
    best = max(better or rules, key=lambda one: one.gain.speedup)
    gain = interval(best.gain.speedup, best.gain.low, best.gain.high)
    if better:
        others = len(better) - 1
        first = f"Yes: {best.name} is faster than tuned AdamW, {gain} times."
        if others:
            first += f" So {'is' if others == 1 else 'are'} {_count(others, 'other rule')}."
    elif all(one.verdict == WORSE for one in rules):
        first = (
            f"No: tuned AdamW is faster than {_all_of(rules)}; "
            f"the nearest, {best.name}, has {gain}."
        )
    else:
        first = (
            "Nothing better than tuned AdamW was found: "
            f"{best.name}, with {gain}, cannot be told from it."
        )
    return Verdict(
        YES if better else NO,
        (
            first,
            measured_where(chosen, material.store.config.all_tasks),
            corrections(chosen),
            *_among_others(material.validations),
            _against_best(best),
            *_over_length(best),
        ),
        f"validation {chosen.name}",
        best.name,
        best.gain.speedup,
        best.gain.low,
        best.gain.high,
    )


def _among_others(validations: Validations) -> Iterator[str]:
    if len(validations.every) > 1:
        yield (
            f"It is one of {len(validations.every)} validations of this run, the one that says the "
            "most; their number is not corrected for, but for openings of the final tasks."
        )


def _all_of(rules: list[Standing]) -> str:
    return "the rule" if len(rules) == 1 else f"each of the {len(rules)} rules"


def _against_best(best: Standing) -> str:
    over = interval(best.over_best.speedup, best.over_best.low, best.over_best.high)
    return f"Over {best.best}, the best of the baselines, it has {over}: {best.over_best_verdict}."


def _over_length(best: Standing) -> Iterator[str]:
    if best.slope is None:
        return
    told = interval(best.slope.speedup, best.slope.low, best.slope.high)
    end = "the gain shrinks with longer training" if best.shrinks else "no shrinking is shown"
    yield (
        "With each doubling of the training's length the speed-up changes by a factor "
        f"{told}: {end}."
    )


def _of_finals(material: Material) -> Verdict:
    number, m = next(iter(material.reported.items()))
    if number in material.elsewhere:
        return _of_select(material, number, material.elsewhere[number], m)
    config = material.store.config
    gain = interval(m.speedup, m.low, m.high)
    name = "the rule that it started from" if number == 0 else f"candidate {number}"
    better = m.low > 1
    if better:
        first = (
            f"On the search's own tasks, yes: {name} is faster than tuned AdamW, {gain} times. "
            "Other tasks were not tried."
        )
    else:
        first = (
            "Nothing better than tuned AdamW was found. What came nearest is "
            f"{name}, with {gain} on the search's own tasks."
        )
    small = better and m.speedup < _SMALL_LEAD
    return Verdict(
        YES if better else NO,
        (
            first,
            f"It was measured on {', '.join(config.tasks)}, on {config.fresh_seeds} seeds that "
            "neither the search nor the ranking of the finalists used. These are the tasks on "
            "which the rules were chosen, so of other tasks this says little.",
            "The 95% interval is over seeds alone, and is for this rule, which the ranking put "
            f"first of {len(material.ranked)}. It is not corrected for how many rules were "
            f"reported: {len(material.reported)}.",
            *(["So small a lead may be the luck of tuning."] if small else []),
            *_others(material, number),
        ),
        "finals",
        f"candidate {number}",
        m.speedup,
        m.low,
        m.high,
    )


def _of_select(material: Material, number: int, m: Measurement, own: Measurement) -> Verdict:
    config = material.store.config
    gain = interval(m.speedup, m.low, m.high)
    name = "the rule that it started from" if number == 0 else f"candidate {number}"
    better = m.low > 1
    first = (
        f"On tasks by which it did not evolve, yes: {name} is faster than tuned AdamW, {gain} "
        "times. The final tasks were not tried."
        if better
        else f"Nothing better than tuned AdamW was found. What came nearest is {name}, with {gain} "
        "on tasks by which it did not evolve."
    )
    return Verdict(
        YES if better else NO,
        (
            first,
            f"It was measured on {', '.join(config.select)}, on {config.fresh_seeds} seeds that "
            f"nothing was chosen by; the tasks chose it among {len(material.elsewhere)} of the "
            "search's best.",
            f"On the search's own tasks it has {interval(own.speedup, own.low, own.high)} on "
            "fresh seeds.",
            "The 95% intervals are over seeds alone, for this rule, and not corrected for how many "
            f"were reported: {len(material.reported)}.",
            *(
                ["So small a lead may be the luck of tuning."]
                if better and m.speedup < _SMALL_LEAD
                else []
            ),
        ),
        "finals",
        f"candidate {number}",
        m.speedup,
        m.low,
        m.high,
    )


def _others(material: Material, first: int) -> Iterator[str]:
    """Yields a sentence on rules that lead beyond their intervals, and were not put first."""
    leading = [
        f"candidate {number} has {interval(m.speedup, m.low, m.high)}"
        for number, m in material.reported.items()
        if number != first and m.low > 1
    ]
    if leading:
        yield (
            f"Of the others that were reported, {', '.join(leading)}; the ranking had not put "
            "it first, so that may be the best luck of several."
        )


def _of_nothing(material: Material) -> Verdict:
    if material.done:
        first = "Nothing better than tuned AdamW was found."
        why = "No rule came through all of the search's tasks, so none was measured on fresh seeds."
        return Verdict(NO, (first, why) if material.trained else ("Nothing was trained.",))
    go_on = f"Go on with `evosearch resume {quote(str(material.store.folder))}`."
    first = "Nothing was measured on fresh seeds yet: the search is not complete."
    if not material.trained:
        return Verdict(UNKNOWN, (first, "No candidate was trained yet.", go_on))
    best = material.trained[0]
    score = (
        f"Candidate {best.id} leads with {decimal(best.score)} in the search, on the seeds that "
        "chose it, where the best is also the luckiest: too high a number."
    )
    return Verdict(UNKNOWN, (first, score, go_on))


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
