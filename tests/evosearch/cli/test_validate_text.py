"""How a validation reads."""

import json
import math
from dataclasses import replace
from pathlib import Path

from evosearch.cli.validate_text import record, told
from evosearch.validation.outcome import BETTER, OPEN, Gain, Moved, OnTask, Outcome, Standing

ON_TASK = OnTask(
    task="spirals",
    horizon=1.0,
    steps=120,
    loss=0.0125,
    gain=Gain(1.25, 1.1, 1.4),
    rank=1,
    diverged=0.25,
    learning_rate=0.0123,
    weight_decay=0.05,
    constants={"beta": 0.9},
    sensitivity=(
        Moved("rate", 2.0, 1.0, False, False),
        Moved("beta", 4.0, 4.0, True, True),
        Moved("weight_decay", 1.0, 2.0, False, False),
    ),
)
RULE = Standing(
    name="rule_7",
    origin="candidate 7",
    baseline=False,
    text="def rule_7(g): return g",
    seeds=8,
    gain=Gain(1.25, 1.1, 1.4),
    verdict=BETTER,
    best="nadam",
    over_best=Gain(1.05, 0.9, 1.2),
    over_best_verdict=OPEN,
    evidence=1234.0,
    worst_task="spirals",
    by_horizon={"1": Gain(1.25, 1.1, 1.4)},
    slope=None,
    shrinks=False,
    state_bytes=4.0,
    step_time=0.75,
    on_tasks=(ON_TASK,),
)
ADAMW = replace(RULE, name="adamw", baseline=True, gain=Gain(1.0, 1.0, 1.0), verdict=OPEN)
OUTCOME = Outcome(
    suite="final",
    tasks=("spirals",),
    horizons=(1.0,),
    budget=48,
    seed=0,
    level=0.05 / 6,
    rules=1,
    opening=2,
    openings=3,
    standings=(RULE, ADAMW),
    replica_steps=123456,
    machine=("torch 2",),
    seen=("spirals",),
)


def page(outcome: Outcome = OUTCOME) -> str:
    return told(outcome, Path("runs/x"))


def row(text: str, name: str, number: int) -> list[str]:
    """The cells of the row of a name in the table of this number."""
    rows = [line for line in text.splitlines() if line.startswith(f"│ {name} ")]
    return [cell.strip() for cell in rows[number].strip("│").split("│")]


def test_a_verdict_is_a_sentence() -> None:
    """Over AdamW, then over the best baseline, each with its interval."""
    assert page().splitlines()[0] == (
        "rule_7: better than tuned AdamW, 1.25 [1.10, 1.40] times as fast; not distinguishable "
        "from the best baseline, nadam (1.05 [0.90, 1.20] times as fast)"
    )


def test_what_shrinks_is_said_to() -> None:
    """With the slope and the speed-up at each horizon."""
    rule = replace(
        RULE,
        slope=Gain(0.9, 0.85, 0.95),
        shrinks=True,
        by_horizon={"1": Gain(1.4, 1.3, 1.5), "8": Gain(1.0, 0.9, 1.1)},
    )
    text = page(replace(OUTCOME, standings=(rule, ADAMW)))
    assert (
        "its speed-up shrinks with horizon: 0.90 [0.85, 0.95] times with each doubling; "
        "1.40 [1.30, 1.50] at 1 times, 1.00 [0.90, 1.10] at 8 times the tasks' steps"
    ) in text
    steady = replace(rule, shrinks=False)
    assert "does not clearly shrink" in page(replace(OUTCOME, standings=(steady, ADAMW)))


def test_the_tables_hold_what_was_measured() -> None:
    """Over all tasks, and on each; baselines have a star."""
    text = page()
    assert row(text, "rule_7", 0) == [
        *("rule_7", "8", "1.25 [1.10, 1.40]", "1.05 [0.90, 1.20]", "nadam"),
        *("1.2e+03", "spirals", "4", "0.75"),
    ]
    assert row(text, "rule_7", 1) == [
        *("rule_7", "1", "0.0125", "1.25 [1.10, 1.40]", "25%", "0.012", "0.05", "/2 x1"),
        "weight_decay /1 x2",
    ]
    assert row(text, "adamw *", 0)[2] == "1.00 [1.00, 1.00]"


def test_long_names_are_written_out_where_there_is_no_terminal() -> None:
    """A file or another program has room for them."""
    name, task = "a_rule_of_a_name_that_is_rather_long", "a_task_of_a_name_that_is_long_too"
    own = replace(ON_TASK, task=task)
    rule = replace(RULE, name=name, best=name, worst_task=task, on_tasks=(own,))
    text = page(replace(OUTCOME, tasks=(task,), standings=(rule,)))
    assert (row(text, name, 0)[4], row(text, name, 0)[6]) == (name, task)


def test_on_what_terms() -> None:
    """The opening, the level, and the tasks that the search had seen."""
    text = page()
    assert "opening 2 of 3 in this run" in text
    assert "with an error of 0.00833" in text
    assert "chose by spirals: what is said of these tasks is too good" in text
    other = page(replace(OUTCOME, opening=None, seen=()))
    assert "opening" not in other
    assert "too good" not in other


def test_too_few_seeds_exclude_nothing() -> None:
    """An endless interval is shown as one, and is null for machines."""
    unknown = Gain(1.25, 0.0, math.inf)
    outcome = replace(OUTCOME, standings=(replace(RULE, gain=unknown, verdict=OPEN), ADAMW))
    assert "1.25 [0.00, ∞]" in page(outcome)
    assert "too few trials to exclude anything" in page(outcome)
    assert "too few" not in page()
    made = json.loads(json.dumps(record(outcome, Path("x")), allow_nan=False))
    assert made["rules"][0]["interval"] == [0.0, None]
    assert made["rules"][0]["tasks"][0]["verdict"] == BETTER
    assert made["rules"][0]["over_best"] == {
        "baseline": "nadam",
        "speedup": 1.05,
        "interval": [0.9, 1.2],
        "verdict": OPEN,
    }
