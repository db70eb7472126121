"""Resolves PROGRAM arguments: a rule's name, FILE, FILE:NAME, `RUN#ID` or `RUN#best`, or a text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain, count
from math import log2
from pathlib import Path
from typing import TypeVar

from evosearch.errors import EvosearchError
from evosearch.export.notation.provenance import Reference
from evosearch.graph.graph import Graph
from evosearch.graph.lowering import lower
from evosearch.language.library import known_rule, rule_names
from evosearch.language.parser import parse, parse_all, parse_file, read_text
from evosearch.language.program import Program
from evosearch.plugins.additions import NOTHING_ADDED, Additions
from evosearch.plugins.operations import require_operations
from evosearch.scoring.setting import Setting
from evosearch.scoring.yardstick import baseline
from evosearch.screening.family import Family
from evosearch.search.candidate import RETUNED, TRAINED
from evosearch.search.folders import RUNS
from evosearch.search.genotype import family_of, tuned_graph, tuned_program
from evosearch.search.records import StoredCandidate
from evosearch.search.schema import BASELINE_ID, RANKING, REPORT
from evosearch.search.store_reader import StoreReader
from evosearch.search.store_writer import StoreWriter

_DEFINITION = re.compile(r"\s*(?:#.*\n\s*)*def\s")
"""What a text begins with that is a program itself."""

_LONGEST_NUMBER = 18  # digits of what a database holds

Store = TypeVar("Store", bound=StoreReader)


def open_run(text: str, additions: Additions = NOTHING_ADDED) -> StoreReader:
    """Opens, for reading, the run in a folder or of that name under `runs/`.

    `additions` are the operations and tasks that are at hand.

    Raises:
        EvosearchError: there is none, or it used operations that are not loaded.
    """
    return _opened(StoreReader, text, additions)


def open_run_to_resume(text: str, additions: Additions = NOTHING_ADDED) -> StoreWriter:
    """Opens a run as `open_run` does, to go on with it."""
    return _opened(StoreWriter, text, additions)


def run_folder(text: str) -> Path:
    """Names the folder of a run that is given by its folder or by its name under `runs/`."""
    folder = Path(text)
    return RUNS / text if not folder.exists() and (RUNS / text).is_dir() else folder


def _opened(kind: type[Store], text: str, additions: Additions) -> Store:
    store = kind.open(run_folder(text), additions)
    try:
        # Before anything is read that may call them.
        require_operations(store.config.extensions, additions)
    except BaseException:
        store.close()
        raise
    return store


def resolve(text: str, additions: Additions = NOTHING_ADDED) -> Reference:
    """Finds the program that is meant; its text may call the operations in `additions`.

    Raises:
        EvosearchError: nothing of that name, or no valid program.
    """
    if _DEFINITION.match(text):
        program = parse(text, "PROGRAM", table=additions.table)
        return Reference(program, program.name, f"program {program.name}")
    run, which = split_reference(text)
    if which is not None:
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


def resolve_several(
    texts: Iterable[str], additions: Additions = NOTHING_ADDED
) -> list[tuple[str, Program]]:
    """Finds the programs that are meant, all of a file that holds several.

    Each comes with what messages call it. The programs' names differ: later ones are numbered.

    Raises:
        EvosearchError: nothing of that name, or no valid program.
    """
    listed: list[tuple[str, Program]] = []
    for text in texts:
        path, several = Path(text), list[Program]()
        if not _DEFINITION.match(text) and path.is_file():
            several = parse_all(read_text(path), str(path), additions.table)
        if len(several) > 1:
            listed += [(f"{text}:{program.name}", program) for program in several]
        else:
            listed.append((text, resolve(text, additions).program))
    names: set[str] = set()
    apart = []
    for told, program in listed:
        numbered = (f"{program.name}_{number}" for number in count(2))
        name = next(n for n in chain([program.name], numbered) if n not in names)
        names.add(name)
        apart.append((told, replace(program, name=name)))
    return apart


def split_reference(text: str) -> tuple[str, str | None]:
    """Splits `RUN#ID` into run and ID; gives None for the ID where there is none.

    A path that exists is no such reference, for a folder's name may have a `#`.
    """
    if "#" not in text or any(
        Path(one).exists() for one in (text, text.rpartition(":")[0] or text)
    ):
        return text, None
    run, which = text.rsplit("#", 1)
    return run, which


def _from_run(run: str, which: str, additions: Additions) -> Reference:
    with open_run(run, additions) as store:
        number = candidate_number(store, which)
        return Reference(
            program=best_program(store, store.candidate(number)),
            name=f"rule_{number}",
            origin=f"candidate {number} of run {store.folder.name}",
            evidence=_evidence(store, number),
            rate=_rate(store, number),
        )


def candidate_number(store: StoreReader, which: str) -> int:
    """Reads what stands behind the `#` of a reference: a candidate's number, or `best`.

    Raises:
        EvosearchError: it is neither, or nothing was trained of which one could be the best.
    """
    return _best(store) if which == "best" else _number(which)


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > _LONGEST_NUMBER:
        raise EvosearchError(f"'#{text[:80]}': expected a candidate's number or #best")
    return int(text)


def _best(store: StoreReader) -> int:
    """Picks the best candidate of the fullest measurement that the run has."""
    for stage in (REPORT, RANKING):
        for number, _ in store.finalists(stage):
            return number
    for candidate in store.trained(1):
        return candidate.id
    raise EvosearchError(
        f"{store.folder} has no trained candidate yet; `evosearch resume {store.folder}`"
    )


def _evidence(store: StoreReader, number: int) -> str:
    """Tells in a sentence what the run measured; empty where nothing was."""
    tasks = ", ".join(store.config.tasks)
    for candidate, m in store.finalists(REPORT):
        if candidate == number:
            return (
                f"Speed-up over tuned AdamW on the search tasks ({tasks}): {m.speedup:.2f}, 95% "
                f"interval {m.low:.2f} to {m.high:.2f}, on {store.config.fresh_seeds} seeds that "
                "the search never used."
                + (
                    " Its constants were tuned on each task; here they are at the middle of these."
                    if store.config.tunes_constants
                    else ""
                )
            )
    # Of a class that was tuned further, the latest round's: the first one's was luckier.
    latest = {one.id: one.score for one in store.trained(0, {number})}
    score = latest.get(number, store.candidate(number).score)
    if score is None:
        return ""
    told = (
        f"Speed-up over tuned AdamW on the search tasks ({tasks}): {score:.2f}, on the seeds "
        "that selected it and therefore too high"
    )
    from evosearch.reports.picked import picked  # slow to load; most references are to no run

    best = picked(store)
    if best is None or best.id != number:
        return f"{told}."
    if best.worth is None:
        return f"{told}; too few rules were scored on the same seeds to say by how much."
    return f"{told}; of {best.among} scores it was the highest, and {best.corrected()}."


def _rate(store: StoreReader, number: int) -> float | None:
    """Averages the best learning rate over AdamW's, geometrically over tasks; None unmeasured."""
    ours = store.settings(number, RANKING)
    theirs = store.settings(BASELINE_ID, RANKING)
    if not ours or not theirs:
        return None
    family = family_of_candidate(store, store.candidate(number))
    logs = [
        log2(_rate_of(family, ours[task])) - log2(_rate_of(baseline(), theirs[task]))
        for task in ours
    ]
    return float(2.0 ** (sum(logs) / len(logs)))


def _rate_of(family: Family, setting: Setting) -> float:
    """Gives the learning rate that an optimizer must be given: relative to no update size."""
    contender = family.contender(setting.constants)
    return setting.rate / (contender.update_size if contender else 1.0)


def family_of_candidate(store: StoreReader, candidate: StoredCandidate) -> Family:
    """Gives the rules of a candidate's structure, as the run tuned them."""
    config = store.config
    program = parse(candidate.text, table=config.additions.table)
    return family_of(program, config.tunes_constants)


def best_program(store: StoreReader, candidate: StoredCandidate) -> Program:
    """Gives a candidate's program, its constants at the middle of their best values on the tasks.

    They are its class's; where none was tuned, the program is as it was bred.
    """
    original = parse(candidate.text, table=store.config.additions.table)
    if candidate.outcome not in (TRAINED, RETUNED):
        return original
    family, settings = _tuned(store, candidate, original)
    return tuned_program(family, settings, original)


def best_graph(store: StoreReader, candidate: StoredCandidate) -> Graph:
    """Gives the graph of `best_program`, in a third of the time, for lists of many rules."""
    original = parse(candidate.text, table=store.config.additions.table)
    if candidate.outcome not in (TRAINED, RETUNED):
        return lower(original)
    return tuned_graph(*_tuned(store, candidate, original), original)


def _tuned(
    store: StoreReader, candidate: StoredCandidate, original: Program
) -> tuple[Family, list[Setting]]:
    """Gives the rules of a candidate's class, and what was best on each task."""
    number = candidate.representative
    if number == candidate.id:
        family = family_of(original, store.config.tunes_constants)
    else:
        family = family_of_candidate(store, store.candidate(number))
    return family, list(store.best_settings(number).values())
