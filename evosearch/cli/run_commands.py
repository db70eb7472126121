"""Defines the command that says how a run stands: status."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click

from evosearch.cli.options import json_option, primitives_option
from evosearch.cli.watching import View, check_watching, every_option, watch, watch_option
from evosearch.plugins.additions import Additions
from evosearch.progress.kept_pace import standing
from evosearch.progress.pace import LimitedPace, duration, per_time
from evosearch.reports.funnel import StageCounts, told_of
from evosearch.reports.funnel import record as funnel_record
from evosearch.reports.references import run_folder
from evosearch.search.check_table import Checked
from evosearch.search.driver_lock import is_carried_out
from evosearch.search.failures import count_failures
from evosearch.search.schema import RANKING, REPORT
from evosearch.search.store_reader import StoreReader
from evosearch.search.tally import Tally


@click.command("status")
@primitives_option
@click.argument("run")
@watch_option
@every_option
@json_option
def status_command(
    additions: Additions, run: str, watch_it: bool, every: float | None, as_json: bool
) -> None:
    """Tell how far a run is; it may be going on.

    With --watch also how fast it goes and how long it will take, as far as the time of watching
    tells; elsewhere than on a terminal, a block is printed whenever something changed. With --json
    it is then a line each.
    """
    check_watching(watch_it, every)
    # No program is read, so a user's operations need not be at hand.
    with StoreReader.open(run_folder(run), additions) as store:
        tally = Tally()
        if not watch_it:
            record = _record(store, tally)
            click.echo(json.dumps(record, indent=2) if as_json else _text(record))
            return
        pace = LimitedPace(store.config.evaluations, store.config.replica_steps)

        def look() -> View:
            record = _record(store, tally)
            pace.note(time.monotonic(), tally.tuned, tally.replica_steps)
            text = json.dumps(record) if as_json else _text(record | _pace(pace, record))
            # A time that runs down is nothing new.
            seen = {key: value for key, value in record.items() if key != "seconds_left"}
            return View(text, seen, record["state"] == "done")

        watch(look, every)


def _record(store: StoreReader, tally: Tally) -> dict[str, Any]:
    """Gives what `status --json` tells."""
    # Before the counts, so that a run that is done has all of them.
    state = "done" if store.done else "unfinished"
    tally.look(store)
    return tally.counts() | {
        "given_up": list(tally.given_up),
        "failures": count_failures(store.folder),
        "wanted": store.config.evaluations,
        "state": state,
        **_standing(store.folder, state),
        "funnel": funnel_record(store),
        "best": _best(store, tally),
    }


def _standing(folder: Path, state: str) -> dict[str, Any]:
    """Tells whether a process carries the run out, and what that last said of its phase."""
    running = state != "done" and is_carried_out(folder)
    told = standing(folder) if running else None
    return {
        "running": running,
        "phase": None if told is None else f"{told.phase}: {told.done}/{told.total}",
        "seconds_left": None if told is None else told.left(),
    }


def _best(store: StoreReader, tally: Tally) -> dict[str, Any] | None:
    """Tells of the best rule of the fullest measurement that the run has."""
    for stage in (REPORT, RANKING):
        for number, m in store.finalists(stage)[:1]:
            return {"id": number, "score": m.speedup, "interval": [m.low, m.high]}
    if tally.best is None:
        return None
    number, score = tally.best
    return {"id": number, "score": score, "interval": None}


def _pace(pace: LimitedPace, record: dict[str, Any]) -> dict[str, Any]:
    """Tells how fast structures are tuned and when that will be done; nothing where it is."""
    if record["state"] == "done" or pace.rate is None:
        return {}
    told = {"rate": f"{per_time(pace.rate)} tuned, in the last minutes"}
    left = pace.left(time.monotonic())
    if left:
        told["left"] = f"{duration(left)}, and then the finals"
    return told


def _text(record: dict[str, Any]) -> str:
    """Writes a line for each thing that is told."""
    shown = record | {
        "given_up": ", ".join(f"#{number}" for number in record["given_up"]) or "none",
        "failures": {e.replace("_", " "): n for e, n in record["failures"].items() if n},
        "best": _best_text(record["best"]),
    }
    shown |= _funnel_text(shown.pop("funnel"))
    shown["state"] = _state_text(record)
    for key in ("running", "phase", "seconds_left"):
        del shown[key]
    lines = []
    for key, value in shown.items():
        if isinstance(value, dict):
            value = ", ".join(f"{k} {v}" for k, v in value.items()) or "none"
        lines.append(f"{key.replace('_', ' '):<18} {value}")
    return "\n".join(lines)


def _state_text(record: dict[str, Any]) -> str:
    """Tells a run that goes on from one that nobody carries out."""
    if record["state"] == "done":
        return "done"
    if not record["running"]:
        return "unfinished, and no process carries it out; `evosearch resume` goes on"
    told = ["unfinished, running", record["phase"] or ""]
    if record["seconds_left"] is not None:
        told.append(f"about {duration(record['seconds_left'])} left")
    return ", ".join(one for one in told if one)


def _funnel_text(record: dict[str, Any]) -> dict[str, str]:
    """Tells of each stage who went on, and of the latest measurement of the best."""
    told = {
        f"stage {name}": StageCounts(name, **own).told()
        for name, own in record["stages"].items()
        if own["came"]
    }
    if record["measured"]:
        told["measured again"] = f"#{told_of(Checked(**record['measured'][-1]))}"
    return told


def _best_text(best: dict[str, Any] | None) -> str:
    if best is None:
        return "none yet"
    told = f"#{best['id']}, {best['score']:.2f}"
    if best["interval"] is None:
        return f"{told} on the seeds that selected it, which is too high"
    low, high = best["interval"]
    return f"{told} [{low:.2f}, {high:.2f}] on fresh seeds"
