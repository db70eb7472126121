"""What a search says in the end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from evosearch.language.library import known_rule
from evosearch.language.printer import to_text
from evosearch.recognition.recognition import Recognition
from evosearch.reports import summary
from evosearch.reports.leaderboard import Entry
from evosearch.reports.summary import render, table
from evosearch.scoring.yardstick import OWN_SEEDS
from evosearch.search.config_values import make_config
from evosearch.search.store_reader import StoreReader
from evosearch.search.store_writer import StoreWriter
from tests.support.made_yardstick import made_yardstick

TEXT = "def rule_7(g, m, *, beta=0.9):\n    m = lerp(g, m, beta)\n    return m, m\n"


def entry(interval: tuple[float, float] | None) -> Entry:
    return Entry(7, 1.25, interval, 1.5, None, None, 3, 1, TEXT)


@pytest.mark.parametrize("width", [60, 80, 109, 110, 160])
def test_the_program_can_be_read_at_any_width(width: int) -> None:
    """In its cell or below the table, every line of the text stands unbroken."""
    page = Console(width=width)
    with page.capture() as capture:
        page.print(table([entry((1.1, 1.4))], width))
    printed = capture.get()
    for line in TEXT.splitlines():
        assert any(line in shown for shown in printed.splitlines())
    for number in ("7", "1.50", "1.25 [1.10, 1.40]", "3"):
        assert number in printed


def test_what_a_rule_is_stands_above_its_text() -> None:
    """As a comment, at any width; a long sentence goes on in the next line."""
    known = Recognition("lion", "equal up to constants", {"beta1": 0.9, "beta2": 0.998}, 0.0)
    for width in (80, 160):
        page = Console(width=width)
        with page.capture() as capture:
            page.print(table([replace(entry(None), recognised=known)], width))
        printed = capture.get()
        assert "# This is lion with beta1 = 0.9, beta2 = 0.998." in printed
        assert printed.index("# This") < printed.index("def rule_7")


NEAREST = (
    "Nothing better than tuned AdamW was found on these tasks. What came nearest is candidate 7, "
    "with 1.25 "
)


@pytest.mark.parametrize(
    ("interval", "verdict"),
    [
        (
            (1.1, 1.4),
            "Best: candidate 7. It scored 1.50 in the search and 1.25 [1.10, 1.40] on fresh seeds: "
            "on the search tasks tuned AdamW needs 1.25 times its steps. Other tasks were not "
            "tried.",
        ),
        ((0.98, 1.4), NEAREST + "[0.98, 1.40] on fresh seeds."),
        ((1.0, 1.4), NEAREST + "[1.00, 1.40] on fresh seeds."),
        (
            None,
            "Nothing better than tuned AdamW was found on these tasks: no rule came through all "
            "of them.",
        ),
    ],
)
def test_a_rule_is_called_better_only_if_its_whole_interval_is_above_one(
    interval: tuple[float, float] | None,
    verdict: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A lucky search score is not enough; what came nearest is named, and not to be used."""
    config = make_config({}, "test")
    monkeypatch.setattr(summary, "leaderboard", lambda *_: [entry(interval)])
    with StoreWriter.create(tmp_path / "run", config, to_text(known_rule("adamw"))) as store:
        text = render(store)
    assert verdict in text.splitlines()
    assert ("evosearch export" in text) == verdict.startswith("Best")
    assert "evosearch report" in text


def test_a_run_without_results_says_so(tmp_path: Path) -> None:
    """There is no AdamW to compare with yet either."""
    config = make_config({}, "test")
    with StoreWriter.create(tmp_path / "run", config, to_text(known_rule("adamw"))) as store:
        text = render(store)
    assert "Nothing was trained." in text.splitlines()
    assert "AdamW with its default constants" not in text


def test_adamw_with_its_defaults_is_printed_beside(tmp_path: Path) -> None:
    """By task, and their geometric mean."""
    config = make_config({"tasks": ["logistic", "digit_images"]}, "test")
    with StoreWriter.create(tmp_path / "run", config, to_text(known_rule("adamw"))) as store:
        for task, later in zip(config.training_tasks, (0.0, 0.25), strict=True):
            known = made_yardstick(task)
            # At a quarter more loss per horizon, it is a horizon behind: half as fast.
            default = replace(known.default, losses=(known.own.loss + later,) * OWN_SEEDS)
            store.add_yardstick(replace(known, default=default))
        lines = render(store).splitlines()
    assert (
        "AdamW with its default constants, the rate tuned, scores 0.71 (logistic 1.00, "
        "digit_images 0.50); 1 is AdamW tuned in rate, betas and epsilon."
    ) in lines


def test_the_counts_of_a_search(finished: StoreReader) -> None:
    """Rejections by gate, duplicates, structures, further rounds, and what they cost."""
    counts = finished.counts()
    (line,) = (line for line in render(finished).splitlines() if line.startswith("generated"))
    assert f"found in the cache {counts['cached']}, trained {counts['trained']} (of which " in line
    assert f", tuned further {counts['retuned']} times; " in line
    assert line.endswith(f"; {counts['replica_steps']:.3g} replica-steps")
