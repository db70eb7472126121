"""Tells of each stage of a search's funnel who went on, and how well its scores foretold the next.

What evolution goes by is of the latest structures; this is of all that were committed, but for
foresight and share, which are what the next structure is held to.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from evosearch.search.candidate import RETUNED, TRAINED
from evosearch.search.check_table import Checked
from evosearch.search.funnel import BY_LOT, PASSED, RECENT, STOPPED, Funnel
from evosearch.search.store_reader import StoreReader


@dataclass(frozen=True, slots=True)
class StageCounts:
    """Counts who came to a stage and who went on from it to the next."""

    stage: str
    """`micro`, `search` (its first rounds) or `select` (of those measured)."""
    came: int
    passed: int
    """Those that were good enough."""
    by_lot: int
    """Those that a lot let pass."""
    foresight: float | None
    """The rank correlation of their scores with the next stage's; None if not known yet.

    On `select` it is that of the search's score with what was measured there."""
    share: float | None
    """The share that is good enough now, of `search` that of all structures, those too that `micro`
    stopped; None where a stage lets nobody on."""

    def told(self) -> str:
        """Writes it as a phrase."""
        known = "not known yet" if self.foresight is None else f"{self.foresight:.2f}"
        if self.share is None:
            return f"{self.came} measured, rank correlation with the search's score {known}"
        lot = f" and {self.by_lot} by lot" if self.by_lot else ""
        whom = "go on" if self.stage == "micro" else "of all go on"
        return (
            f"{self.came} came, {self.passed} went on{lot}; "
            f"foresight {known}, now {self.share:.0%} {whom}"
        )


def funnel(store: StoreReader) -> list[StageCounts]:
    """Lists the stages that the run has, in their order."""
    config, memory = store.config, store.memory
    state = Funnel(
        config.micro_share, memory.recent_on_micro(RECENT), memory.recent_in_rounds(RECENT)
    )
    stages = []
    if config.micro:
        went = Counter(dict(store.columns("passed, COUNT(*)", "micro IS NOT NULL GROUP BY passed")))
        stages.append(
            StageCounts(
                *("micro", went.total(), went[PASSED], went[BY_LOT]),
                *(state.micro.foresight, state.micro.share),
            )
        )
    ((tuned,),) = store.columns(
        "COUNT(*)", f"outcome = '{TRAINED}' AND COALESCE(passed, {PASSED}) != {STOPPED}"
    )
    again = Counter(
        dict(
            store.columns(
                "passed, COUNT(*)", f"outcome = '{RETUNED}' AND round = 1 GROUP BY passed"
            )
        )
    )
    stages.append(
        StageCounts(
            *("search", tuned, again[PASSED], again[BY_LOT]),
            *(state.rounds.foresight, state.rounds.share),
        )
    )
    if config.select:
        measured = len(store.checks.finished())
        stages.append(StageCounts("select", measured, 0, 0, store.checks.foresight(), None))
    return stages


def record(store: StoreReader) -> dict[str, Any]:
    """Gives the stages as JSON has them, by their names, and the measurements of the best."""
    stages = {}
    for one in funnel(store):
        own = asdict(one)
        stages[own.pop("stage")] = own
    return {"stages": stages, "measured": [one._asdict() for one in store.checks.finished()]}


def lines(store: StoreReader) -> list[str]:
    """Writes the stages, a line each, and what the best had each time they were measured again."""
    told = [f"{one.stage}: {one.told()}" for one in funnel(store) if one.came]
    by_time: dict[int, list[Checked]] = {}
    for one in store.checks.finished():
        by_time.setdefault(one.tuned, []).append(one)
    for tuned, measured in by_time.items():
        told.append(f"best after {tuned} tunings: candidate {told_of(measured[0])}")
    return told


def told_of(measured: Checked) -> str:
    """Writes the number of a candidate that was measured again, and its scores."""
    elsewhere = "" if measured.select is None else f", {measured.select:.2f} on select"
    return (
        f"{measured.candidate}, {measured.score:.2f} in the search, "
        f"{measured.fresh:.2f} tuned again{elsewhere}"
    )
