"""What a PROGRAM argument may be: a rule's name, FILE, FILE:NAME, `RUN#ID` or `RUN#best`."""

from __future__ import annotations

from math import log2
from pathlib import Path

from evosearch.errors import EvosearchError
from evosearch.export.notation.provenance import Reference
from evosearch.language.library import known_rule, rule_names
from evosearch.language.parser import parse, parse_file
from evosearch.plugins.additions import NOTHING_ADDED, Additions
from evosearch.plugins.operations import require_operations
from evosearch.scoring.remeasurement import best_rates
from evosearch.scoring.yardstick import BASELINE
from evosearch.screening.screen import screen
from evosearch.search.store import BASELINE_ID, RANKING, REPORT, Store

RUNS = Path("runs")
"""Where searches write, and where a run's name is looked up."""


def open_run(text: str, additions: Additions = NOTHING_ADDED) -> Store:
    """The run in a folder, or of that name under `runs/`; `additions` are what is at hand.

    Raises:
        EvosearchError: there is none, or it used operations that are not loaded.
    """
    folder = Path(text)
    if not folder.exists() and (RUNS / text).is_dir():
        folder = RUNS / text
    store = Store.open(folder, additions)
    try:
        # Before anything is read that may call them.
        require_operations(store.config.extensions, additions)
    except BaseException:
        store.close()
        raise
    return store


def resolve(text: str, additions: Additions = NOTHING_ADDED) -> Reference:
    """What a PROGRAM argument means; its text may call the operations in `additions`.

    Raises:
        EvosearchError: nothing of that name, or no valid program.
    """
    if "#" in text:
        run, which = text.rsplit("#", 1)
        return _from_run(run, which, additions)
    if text in rule_names():
        return Reference(known_rule(text), text, f"known rule {text}")
    path = Path(text)
    if text and path.is_dir():
        raise EvosearchError(f"{text}: a folder; a run's rules are {text}#best and {text}#ID")
    name: str | None = None
    if not path.is_file() and ":" in text:
        file, _, name = text.rpartition(":")
        path = Path(file)
    if path.is_file() or path.suffix or len(path.parts) > 1:
        program = parse_file(path, name, additions.table)
        return Reference(program, program.name, f"program file {path.name}")
    try:
        known_rule(text)
    except EvosearchError as error:
        raise EvosearchError(f"{error}; a PROGRAM may also be FILE, FILE:NAME or RUN#ID") from None
    raise AssertionError(text)


def _from_run(run: str, which: str, additions: Additions) -> Reference:
    store = open_run(run, additions)
    try:
        number = _best(store) if which == "best" else _number(which)
        row = store.candidate(number)
        return Reference(
            program=parse(row.text, table=additions.table),
            name=f"rule_{number}",
            origin=f"candidate {number} of run {store.folder.name}",
            evidence=_evidence(store, number),
            rate=_rate(store, number),
        )
    finally:
        store.close()


def _number(text: str) -> int:
    if not text.isdecimal():
        raise EvosearchError(f"'#{text}': expected a candidate's number or #best")
    return int(text)


def _best(store: Store) -> int:
    """The first of the fullest measurement that the run has."""
    for stage in (REPORT, RANKING):
        for number, _ in store.finalists(stage):
            return number
    for row in store.trained(1):
        return row.id
    raise EvosearchError(
        f"{store.folder} has no trained candidate yet; `evosearch resume {store.folder}`"
    )


def _evidence(store: Store, number: int) -> str:
    tasks = ", ".join(store.config.tasks)
    for candidate, m in store.finalists(REPORT):
        if candidate == number:
            return (
                f"Speed-up over tuned AdamW on the search tasks ({tasks}): {m.speedup:.2f}, 95% "
                f"interval {m.low:.2f} to {m.high:.2f}, on {store.config.fresh_seeds} seeds that "
                "the search never used."
            )
    row = store.candidate(number)
    if row.score is None:
        return ""
    return (
        f"Speed-up over tuned AdamW on the search tasks ({tasks}): {row.score:.2f}, on the seeds "
        "that selected it and therefore too high."
    )


def _rate(store: Store, number: int) -> float | None:
    """The geometric mean over tasks of best learning rate over AdamW's; None if not measured."""
    ours = best_rates(store.evaluations(number, RANKING))
    theirs = best_rates(store.evaluations(BASELINE_ID, RANKING))
    if not ours or not theirs:
        return None
    sizes = log2(screen(known_rule(BASELINE)).facts.update_size) - log2(
        store.candidate(number).update_size or 1.0
    )
    logs = [log2(ours[task]) - log2(theirs[task]) for task in ours]
    return float(2.0 ** (sum(logs) / len(logs) + sizes))
