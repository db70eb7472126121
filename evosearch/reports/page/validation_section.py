"""Shows what validations measured of the run's rules: over all tasks, and on each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evosearch.reports.page.html import (
    Html,
    Section,
    decimal,
    facts,
    folded,
    interval,
    joined,
    paragraphs,
    significant,
    table,
    tag,
)
from evosearch.reports.page.material import Material
from evosearch.reports.page.validation_plots import forest, lengths
from evosearch.reports.page.validations import Validation
from evosearch.reports.page.verdict import corrections, measured_where
from evosearch.validation.openings import Opening
from evosearch.validation.outcome import Gain, Moved, OnTask, Standing


def validation_section(material: Material) -> Section:
    """Shows each validation, and how often the final tasks were opened."""
    known = material.validations
    parts = [paragraphs(*known.unread)]
    if not known.every:
        parts.append(paragraphs("No validation of this run was made."))
    for place, one in enumerate(known.every, start=1):
        parts += _validation(place, one, material.store.config.all_tasks)
    if known.openings:
        parts.append(_openings(known.openings))
    return Section("validation", "Validations", joined(parts))


def _validation(place: int, one: Validation, own_tasks: tuple[str, ...]) -> Iterator[Html]:
    key, outcome = f"validation-{place}", one.outcome
    yield tag("h3", f"Validation {place}: {one.name}", id=key)
    yield paragraphs(measured_where(one, own_tasks), corrections(one))
    yield facts(
        [
            ("suite", outcome.suite),
            ("lengths", ", ".join(f"{h:g}" for h in outcome.horizons) + " times the tasks' steps"),
            ("budget", f"{outcome.budget} trainings for each tuning of a rule on a task"),
            ("seed", str(outcome.seed)),
            ("replica-steps", f"{outcome.replica_steps:.3g}"),
            ("machine", ", ".join(outcome.machine)),
        ]
    )
    pictures = [forest(key, one)]
    if len(outcome.horizons) > 1 and one.rules:
        pictures.append(lengths(key, one))
    yield tag("div", *pictures, class_="pair")
    yield _standings(outcome.standings)
    for task in outcome.tasks:
        yield _on(task, outcome.standings)
    for standing in one.rules:
        yield _sensitivity(standing)
        yield folded(
            f"The program {standing.name}", paragraphs(standing.origin), tag("pre", standing.text)
        )


def _standings(standings: Sequence[Standing]) -> Html:
    columns = (
        *("rule", "speed-up", "verdict", "over the best other", "e-value", "worst task"),
        *("per doubling", "diverged", "state bytes", "step time", "seeds"),
    )
    rows = [
        (
            one.name + (" (baseline)" if one.baseline else ""),
            _told(one.gain),
            one.verdict,
            f"{_told(one.over_best)} over {one.best}: {one.over_best_verdict}",
            significant(one.evidence, 3),
            one.worst_task,
            (_told(one.slope) + (", shrinks" if one.shrinks else "")) if one.slope else "–",
            _share(one.on_tasks),
            f"{one.state_bytes:g}",
            f"{decimal(one.step_time)} of AdamW's",
            str(one.seeds),
        )
        for one in standings
    ]
    note = (
        "The e-value is the evidence of a gain: 20 or more is strong. State bytes are per "
        "parameter, in single precision; the step time is of the rule's own step. Diverged is the "
        "share of the trainings that no race stopped."
    )
    return joined(
        (table("Over all tasks, at the longest training", columns, rows), paragraphs(note))
    )


def _on(task: str, standings: Sequence[Standing]) -> Html:
    columns = (
        *("rule", "length", "loss", "speed-up", "rank", "diverged", "learning rate"),
        *("weight decay", "constants"),
    )
    rows = [
        (
            standing.name,
            f"{on.horizon:g} × ({on.steps} steps)",
            significant(on.loss),
            _told(on.gain),
            str(on.rank),
            f"{on.diverged:.0%}",
            significant(on.learning_rate, 3),
            significant(on.weight_decay, 3),
            ", ".join(f"{name} = {value:.6g}" for name, value in on.constants.items()),
        )
        for standing in standings
        for on in standing.on_tasks
        if on.task == task
    ]
    return table(f"On {task}", columns, rows)


def _sensitivity(standing: Standing) -> Html:
    rows = [
        (
            f"{on.task}, {on.horizon:g} ×",
            one.name,
            _reach(one, below=True),
            _reach(one, below=False),
        )
        for on in standing.on_tasks
        for one in on.sensitivity
    ]
    if not rows:
        return Html("")
    caption = (
        f"Sensitivity of {standing.name}: the factors by which each value alone can be moved "
        "before the loss leaves its noise (of a decay rate, its distance from 1, all else as it is)"
    )
    return table(caption, ("task", "value", "divided by", "multiplied by"), rows)


def _reach(one: Moved, below: bool) -> str:
    factor, is_open = (one.below, one.open_below) if below else (one.above, one.open_above)
    return significant(factor, 3) + (" or further" if is_open else "")


def _share(on_tasks: Sequence[OnTask]) -> str:
    if not on_tasks:
        return "–"
    return f"{sum(on.diverged for on in on_tasks) / len(on_tasks):.0%}"


def _told(gain: Gain) -> str:
    return interval(gain.speedup, gain.low, gain.high)


def _openings(openings: Sequence[Opening]) -> Html:
    count = len(openings)
    times = "once" if count == 1 else f"{count} times"
    rows = [(str(one.number), one.suite, ", ".join(one.rules), one.date) for one in openings]
    return joined(
        (
            tag("h3", "Openings of the final tasks"),
            paragraphs(
                f"final was opened {times}; the level is divided accordingly: each further look at "
                "these tasks costs certainty."
            ),
            table("Openings", ("opening", "suite", "rules", "date"), rows),
        )
    )
