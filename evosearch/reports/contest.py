"""Reads which rules are to be compared: programs, or the finalists of a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evosearch.errors import EvosearchError
from evosearch.export.notation.provenance import Reference
from evosearch.language.library import rule_names
from evosearch.plugins.additions import NOTHING_ADDED, Additions
from evosearch.reports.references import open_run, resolve, run_folder, split_reference
from evosearch.search.schema import DATABASE, RANKING, REPORT


@dataclass(frozen=True, slots=True)
class Contest:
    """Holds the rules that are to be compared with baselines, and where they come from."""

    rules: tuple[Reference, ...]
    run: Path | None
    """The folder of the run that rules come from; None where none does."""
    searched: tuple[str, ...]
    """The tasks by which that run chose, those of `select` too."""
    chosen: tuple[str, ...]
    """The names of the rules that are no known ones, and so may be the luckiest of many."""


def contest(texts: Sequence[str], additions: Additions = NOTHING_ADDED) -> Contest:
    """Resolves PROGRAM arguments, and RUN for all finalists of a run.

    Raises:
        EvosearchError: there is no such program, or they come from several runs.
    """
    references = [text for given in texts for text in _expanded(given, additions)]
    folders = [
        run_folder(run) for run, which in map(split_reference, references) if which is not None
    ]
    # A folder may be named in several ways; the first of them is the one that people are told.
    runs = {folder.resolve(): folder for folder in reversed(folders)}
    if len(runs) > 1:
        told = " and ".join(str(folder) for folder in reversed(runs.values()))
        raise EvosearchError(
            f"rules of {told}: expected those of one run, whose record of openings they share; "
            "validate one run after the other"
        )
    rules = tuple(resolve(text, additions) for text in references)
    known = set(rule_names())
    chosen = tuple(
        rule.name for text, rule in zip(references, rules, strict=True) if text not in known
    )
    run = next(iter(runs.values()), None)
    return Contest(rules, run, _searched(run, additions), chosen)


def _expanded(text: str, additions: Additions) -> Iterator[str]:
    """Gives the references to a run's finalists for a RUN, else the text itself."""
    run, which = split_reference(text)
    if which is not None or text in rule_names() or not (run_folder(run) / DATABASE).is_file():
        yield text
        return
    with open_run(run, additions) as store:
        measured = store.finalists(REPORT) or store.finalists(RANKING)
        if not measured:
            raise EvosearchError(
                f"{text}: no finalists were measured yet; name a rule, {text}#best or {text}#ID"
            )
        for number, _ in measured:
            yield f"{text}#{number}"


def _searched(run: Path | None, additions: Additions) -> tuple[str, ...]:
    if run is None:
        return ()
    with open_run(str(run), additions) as store:
        return store.config.all_tasks
