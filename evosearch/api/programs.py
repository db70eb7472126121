"""Recognises programs, shortens them, measures what they do, and tells of runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from evosearch.ablation.journal import Journal, journal_name
from evosearch.ablation.judge import BUDGET, Means
from evosearch.ablation.measured import Measured, simplify_by_training
from evosearch.api.given import GivenRule, GivenTask, referred, with_tasks
from evosearch.card.card import Card, full_card, quick_card
from evosearch.card.journal import Journals
from evosearch.card.sweeps import Means as CardMeans
from evosearch.plugins.additions import NOTHING_ADDED, Additions
from evosearch.recognition import recognition
from evosearch.recognition.recognition import Recognition
from evosearch.reports.page.page import make_page
from evosearch.reports.references import open_run
from evosearch.scoring.yardstick import MeasuredTask
from evosearch.screening.trainable import require_trainable
from evosearch.search.executor import executor
from evosearch.search.folders import kept_folder, yardstick_folder
from evosearch.search.process import check_device
from evosearch.search.yardsticks import find_or_measure
from evosearch.simplification import pipeline, stages
from evosearch.simplification.result import Simplified
from proxies import Engine


def recognise(program: GivenRule) -> Recognition:
    """Says which known rule a program is: the same, at other constants, with more to it, or near.

    >>> recognise("tiger").relation
    'identical'

    Raises:
        EvosearchError: there is no such program.
    """
    return recognition.recognise(referred(program).program)


def simplify(program: GivenRule, exact: bool = False, drop_vanishing: bool = False) -> Simplified:
    """Finds the shortest program that does the same, up to a positive factor of the direction.

    A program may be given as a text, as for `to_source`. What algebra shows to be equal comes
    first; then what never acts goes, on the probes and in two small trainings. With `exact`, only
    the first. What was changed, why it is allowed and the factor, which the learning rate takes
    up, are told with the result; so is what would be left without the terms that vanish after the
    first steps, which with `drop_vanishing` is the result. Takes some seconds, of which the exact
    part is one or two.

    >>> from evosearch import parse
    >>> found = simplify(parse("def f(g, m): m = 0.9 * m + 0.1 * g; return 3 * m / sqrt(m * m), m"))
    >>> [statement.primitive for statement in found.after.statements], found.factor
    (['lerp', 'sign'], 3.0)

    Raises:
        EvosearchError: there is no such program.
    """
    reference = referred(program)
    named = replace(reference.program, name=reference.name)
    if exact:
        return stages.simplify_exactly(named)
    return pipeline.simplify(named, drop_vanishing)


def ablate(
    program: GivenRule,
    tasks: Sequence[GivenTask] = ("search",),
    *,
    budget: int = BUDGET,
    seed: int = 0,
    device: str = "cpu",
    workers: int = 0,
    ray_address: str | None = None,
    gpus_per_worker: float | None = None,
    tell: Callable[[str], None] = lambda _: None,
    additions: Additions = NOTHING_ADDED,
) -> Measured:
    """Leaves out of a program what makes it train no faster, and measures what the rest is worth.

    Each part is left out in turn; rate and constants are tuned anew, several times over, with
    `budget` trainings on each task. Constants are rounded as far as nothing is lost. It takes
    minutes to hours, and each trial is kept under `runs/simplify`: what was interrupted goes on
    when it is called again. `tasks` are suites, tasks or `FILE.py:NAME`; `device` is `cpu`, `cuda`
    or `cuda:N`; `workers` are Ray actors, 0 for this process, whose torch then has one thread; on
    cuda each has a GPU, or `gpus_per_worker`, such as 0.25; `tell` is given lines of progress;
    `additions` holds operations and tasks of a user's files.

    Raises:
        EvosearchError: there is no such program, task or device, or a gate rejects the program.
    """
    reference = referred(program)
    rule = replace(reference.program, name=reference.name)
    require_trainable(rule, f"{reference.name} cannot be trained")
    names, additions = with_tasks(tasks, additions)
    check_device(device)
    engine = Engine(device=device, compiled=True)
    with executor(workers, ray_address, additions, device, gpus_per_worker, tell=tell) as work:
        measured = [
            MeasuredTask(task, find_or_measure(task, yardstick_folder(), engine, tell))
            for task in (additions.tasks[name] for name in names)
        ]
        digests = [task.digest() for task, _ in measured]
        name = journal_name(rule, digests, budget, seed, device, additions.code_of(rule))
        journal = Journal(kept_folder("simplify") / name)
        means = Means(measured, work, budget, seed, engine)
        return simplify_by_training(rule, means, journal, tell)


def model_card(
    program: GivenRule,
    tasks: Sequence[GivenTask] = ("spirals",),
    *,
    quick: bool = False,
    budget: int = 10,
    seed: int = 0,
    tell: Callable[[str], None] = lambda _: None,
    additions: Additions = NOTHING_ADDED,
) -> Card:
    """Measures what the user of an optimizer wants to know before trusting it with a training.

    Which rule it is; how it takes other scales and signs of gradients, zeros, and bfloat16; its
    memory and time; and by trainings on the `tasks` its update sizes, the ranges of its constants,
    the learning rate and weight decay to use given AdamW's, and how the best rate moves with width
    and batch size. `quick` leaves the trainings out and takes seconds instead of minutes; `budget`
    is the most learning rates that are tried for each best one. Losses are kept under `runs/card`.
    Torch should have one thread, or losses need not be the same each time.

    >>> for section in model_card("sgd", quick=True).sections[:2]:
    ...     print(section.title, [fact.value for fact in section.facts])
    Which rule it is ['sgd', 'identical']
    Scale of the gradients ['equivariant: c times as large', '1e-12 or less to 1e+06 or more']

    Raises:
        EvosearchError: there is no such program or task, or a gate rejects the program, which then
            has a card without trainings alone.
    """
    reference = referred(program)
    rule = replace(reference.program, name=reference.name)
    if quick:
        return quick_card(rule)
    advice = "a card without trainings can be made: `quick`, or --quick"
    require_trainable(rule, f"{reference.name} cannot be trained", advice)
    names, additions = with_tasks(tasks, additions)
    chosen = [additions.tasks[name] for name in names]
    journals = Journals(kept_folder("card") / additions.code_of(rule))
    means = CardMeans(journals, budget, tell=tell)
    return full_card(rule, chosen, means, seed)


def report(
    run: str,
    *,
    curves: bool = True,
    card: bool = True,
    tell: Callable[[str], None] = lambda _: None,
    additions: Additions = NOTHING_ADDED,
) -> str:
    """Gives the text of an HTML page about a run, which loads nothing: what was found, and how.

    `run` is a folder that `evosearch search` wrote, or its name under `runs/`. With `curves`, the
    best rule and tuned baselines are trained once more where no curves are kept, in minutes; with
    `card`, its card is made unless it is kept, in a minute or two. `tell` is told of both;
    `additions` holds operations and tasks of a user's files.

    Raises:
        EvosearchError: there is no such run, or it used operations that are not loaded.
    """
    with open_run(run, additions) as store:
        return make_page(store, additions, curves=curves, card=card, tell=tell).html
