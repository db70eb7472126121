"""Whatever texts, configurations and arguments people give, they are told in a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from evosearch.errors import EvosearchError
from evosearch.reports.references import candidate_number
from evosearch.search.config_values import load_config, make_config
from scripts.fuzz import all_faults


def test_odd_input_ends_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some of what `python -m scripts.fuzz` tries."""
    monkeypatch.chdir(tmp_path)
    assert list(all_faults(300, 150, 40, seed=1)) == []


LONG, DEEP = "9" * 5000, "[" * 5000 + "]" * 5000


@pytest.mark.parametrize("text", [f"seed = {LONG}", f"tasks = {DEEP}", f'{{"seed": {LONG}}}'])
def test_what_is_beyond_the_limits_of_a_reader(text: str, tmp_path: Path) -> None:
    """Numbers of thousands of digits, and lists in lists in lists."""
    (tmp_path / "c").write_text(text, encoding="utf-8")
    with pytest.raises(EvosearchError, match=r"c: not a (TOML|JSON) file, .{1,200}$"):
        load_config(tmp_path / "c")


def test_long_values_are_told_in_short() -> None:
    """However long they are, a message is a line that can be read."""
    with pytest.raises(EvosearchError, match=r"test: seed: .*, got 'x{199}…$"):
        make_config({"seed": "x" * 5000}, "test")
    with pytest.raises(EvosearchError, match="got a int that is too large to show"):
        make_config({"population": -(10**5000)}, "test")
    with pytest.raises(EvosearchError, match=r"^'#9{80}': expected a candidate's number"):
        candidate_number(None, LONG)  # type: ignore[arg-type]
