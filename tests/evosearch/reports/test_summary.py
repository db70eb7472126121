"""What a search says in the end."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from evosearch.language.library import known_rule
from evosearch.language.printer import to_text
from evosearch.reports import summary
from evosearch.reports.leaderboard import Entry
from evosearch.reports.summary import render, table
from evosearch.search.config import make_config
from evosearch.search.store_writer import StoreWriter

TEXT = "def rule_7(g, m, *, beta=0.9):\n    m = lerp(g, m, beta)\n    return m, m\n"


def entry(interval: tuple[float, float] | None) -> Entry:
    return Entry(7, 1.25, interval, 1.5, 3, 1, TEXT)


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


@pytest.mark.parametrize(
    ("interval", "verdict"),
    [
        ((1.1, 1.4), "Best: candidate 7. It scored 1.50 in the search and 1.25 [1.10, 1.40]"),
        ((0.98, 1.4), "Nothing better than tuned AdamW was found on these tasks."),
        ((1.0, 1.4), "Nothing better than tuned AdamW was found on these tasks."),
        (None, "Nothing better than tuned AdamW was found on these tasks."),
    ],
)
def test_a_rule_is_called_better_only_if_its_whole_interval_is_above_one(
    interval: tuple[float, float] | None,
    verdict: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A lucky search score is not enough."""
    config = make_config({}, "test")
    monkeypatch.setattr(summary, "leaderboard", lambda *_: [entry(interval)])
    with StoreWriter.create(tmp_path / "run", config, to_text(known_rule("adamw"))) as store:
        assert verdict in render(store)
