"""Makes optimizers, formulas, drawings and cards of programs; recognises and shortens them.

What can be asked of a program without more is a method of `Program` as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from torch.optim import Optimizer

from evosearch.ablation.journal import Journal, journal_name
from evosearch.ablation.judge import BUDGET, Means
from evosearch.ablation.measured import Measured, simplify_by_training
from evosearch.card.card import Card, full_card, quick_card
from evosearch.card.journal import Journals
from evosearch.card.sweeps import Means as CardMeans
from evosearch.export.drawing.canvas import DrawingForm
from evosearch.export.formats import (
    drawing_of,
    latex_source,
    markdown_source,
    name_of,
    source_of,
)
from evosearch.export.notation.provenance import Reference
from evosearch.export.pytorch.loading import class_in
from evosearch.language.program import Program
from evosearch.plugins.additions import NOTHING_ADDED, Additions
from evosearch.plugins.tasks import load_known_tasks
from evosearch.recognition import recognition
from evosearch.recognition.recognition import Recognition
from evosearch.reports.page.page import make_page
from evosearch.reports.references import open_run, resolve
from evosearch.scoring.yardstick import MeasuredTask
from evosearch.screening.trainable import require_trainable
from evosearch.search.executor import executor
from evosearch.search.folders import RUNS, yardstick_folder
from evosearch.search.process import check_device
from evosearch.search.yardsticks import find_or_measure
from evosearch.simplification import pipeline, stages
from evosearch.simplification.result import Simplified
from proxies import Engine


def to_source(program: Program | str, name: str | None = None) -> str:
    """Gives the text of a file that holds a program's optimizer and imports only torch.

    A program may be given as a text: a known rule's name, FILE, FILE:NAME, `RUN#ID` or `RUN#best`.
    For a program of a run, the learning rate that the run found best is the default, and the
    file's header tells what was measured. `name` is the class's, by default made from the
    program's.

    >>> "class Lion(Optimizer):" in to_source("lion").splitlines()
    True

    Raises:
        EvosearchError: there is no such program, or no class may have that name.
    """
    return source_of(_referred(program), name)


def optimizer(program: Program | str, name: str | None = None) -> type[Optimizer]:
    """Gives the class that is in the file of `to_source`, without writing the file.

    Its instances can be copied and pickled, and unpickled wherever evosearch is installed.

    >>> import torch
    >>> weight = torch.ones(2, requires_grad=True)
    >>> lion = optimizer("lion")([weight], lr=0.5, weight_decay=0.0)
    >>> weight.sum().backward()
    >>> lion.step()
    >>> weight
    tensor([0.5000, 0.5000], requires_grad=True)

    Raises:
        EvosearchError: there is no such program, or no class may have that name.
    """
    reference = _referred(program)
    return class_in(source_of(reference, name), name_of(reference, name))


def recognise(program: Program | str) -> Recognition:
    """Says which known rule a program is: the same, at other constants, with more to it, or near.

    >>> recognise("tiger").relation
    'identical'

    Raises:
        EvosearchError: there is no such program.
    """
    return recognition.recognise(_referred(program).program)


def simplify(
    program: Program | str, exact: bool = False, drop_vanishing: bool = False
) -> Simplified:
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
    reference = _referred(program)
    named = replace(reference.program, name=reference.name)
    if exact:
        return stages.simplify_exactly(named)
    return pipeline.simplify(named, drop_vanishing)


def ablate(
    program: Program | str,
    tasks: Sequence[str] = ("search",),
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
    reference = _referred(program)
    rule = replace(reference.program, name=reference.name)
    require_trainable(rule, f"{reference.name} cannot be trained")
    names, additions = load_known_tasks(tasks, additions)
    check_device(device)
    engine = Engine(device=device, compiled=True)
    with executor(workers, ray_address, additions, device, gpus_per_worker) as work:
        measured = [
            MeasuredTask(task, find_or_measure(task, yardstick_folder(), engine, tell))
            for task in (additions.tasks[name] for name in dict.fromkeys(names))
        ]
        digests = [task.digest() for task, _ in measured]
        name = journal_name(rule, digests, budget, seed, device, additions.code_of(rule))
        journal = Journal(RUNS / "simplify" / name)
        means = Means(measured, work, budget, seed, engine)
        return simplify_by_training(rule, means, journal, tell)


def model_card(
    program: Program | str,
    tasks: Sequence[str] = ("spirals",),
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
    reference = _referred(program)
    rule = replace(reference.program, name=reference.name)
    if quick:
        return quick_card(rule)
    advice = "a card without trainings can be made: `quick`, or --quick"
    require_trainable(rule, f"{reference.name} cannot be trained", advice)
    names, additions = load_known_tasks(tasks, additions)
    chosen = [additions.tasks[name] for name in dict.fromkeys(names)]
    journals = Journals(RUNS / "card" / additions.code_of(rule))
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


def latex(program: Program | str) -> str:
    r"""Writes a program's equations as an `aligned` environment: the states, direction, weights.

    It stands between `$$` or in an `equation`; a program may be given as a text, as for
    `to_source`.

    >>> print(latex("lion"))
    \begin{aligned}
      m_t &= \beta_2 m_{t-1} + (1 - \beta_2) g_t \\
      u_t &= \operatorname{sign}(\beta_1 m_{t-1} + (1 - \beta_1) g_t) \\
      \theta_t &= (1 - \eta_t \lambda) \theta_{t-1} - \eta_t u_t
    \end{aligned}

    Raises:
        EvosearchError: there is no such program.
    """
    return latex_source(_referred(program))


def markdown(program: Program | str, name: str | None = None) -> str:
    """Writes a program as a page of Markdown: its symbols, their defaults, its equations.

    `name` is the page's title, by default the program's.

    >>> markdown("lion").splitlines()[0]
    '# lion'

    Raises:
        EvosearchError: there is no such program.
    """
    return markdown_source(_referred(program), name)


def drawing(program: Program | str, form: DrawingForm = "svg") -> bytes:
    """Draws the data flow of a program, as the content of an SVG or PNG file.

    Equal programs give equal bytes, with the same version of matplotlib.

    >>> drawing("lion", "png")[1:4]
    b'PNG'

    Raises:
        EvosearchError: there is no such program.
    """
    return drawing_of(_referred(program), form)


def _referred(program: Program | str) -> Reference:
    if isinstance(program, str):
        return resolve(program)
    return Reference(program, program.name, f"program {program.name}")


Program.latex, Program.recognise, Program.simplify = latex, recognise, simplify
