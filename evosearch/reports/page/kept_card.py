"""Makes the card of a run's best rule once, and keeps what the page shows of it beside the run."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from evosearch.card.card import Card, full_card, quick_card
from evosearch.card.journal import Journals
from evosearch.card.sweeps import Means
from evosearch.errors import EvosearchError
from evosearch.export.notation.provenance import Reference
from evosearch.files import write_whole
from evosearch.graph.digest import digest
from evosearch.graph.lowering import lower
from evosearch.reports.page.card_section import Part
from evosearch.search.folders import kept_folder
from evosearch.search.process import configured_process
from proxies import TASKS

_TASK = "spirals"
"""The task on which a card's trainings are made, as by `evosearch card`."""
_FILE = "card.json"


def kept_parts(folder: Path, reference: Reference) -> list[Part]:
    """Gives the parts of the card that is kept in a run's folder; none if it is another rule's."""
    try:
        record = json.loads(_path(folder).read_text(encoding="utf-8"))
        return _parts(record["card"]) if record["digest"] == _digest(reference) else []
    except (OSError, ValueError, KeyError, TypeError):
        return []


def made_parts(
    folder: Path, reference: Reference, tell: Callable[[str], None], code: str = ""
) -> list[Part]:
    """Makes the card unless it is kept, in a minute or two; without trainings for one that fails.

    `code` names the user's code that the rule calls, as `Additions.code_of` does.

    Raises:
        OSError: it cannot be kept.
    """
    known = kept_parts(folder, reference)
    if known:
        return known
    program = replace(reference.program, name=reference.name)
    means = Means(Journals(kept_folder("card") / code), tell=tell)
    tell(f"the card of {reference.name}")
    with configured_process():
        try:
            card = full_card(program, [TASKS[_TASK]], means)
        except EvosearchError as error:
            tell(f"without trainings: {error}")
            card = quick_card(program)
    record = {"digest": _digest(reference), "card": card.record()}
    path = _path(folder)
    path.parent.mkdir(exist_ok=True)
    write_whole(path, (json.dumps(record, indent=1) + "\n").encode())
    return parts_of(card)


def parts_of(card: Card) -> list[Part]:
    """Gives what the page shows of a card."""
    return _parts(card.record())


def _parts(record: Any) -> list[Part]:
    return [
        (
            str(section["title"]),
            [(str(fact["label"]), str(fact["value"])) for fact in section["facts"]],
            f"{section['meaning']} {section['measured']}",
        )
        for section in record["sections"]
    ]


def _path(folder: Path) -> Path:
    return folder / "report" / _FILE


def _digest(reference: Reference) -> str:
    return digest(lower(reference.program, bind=True))
