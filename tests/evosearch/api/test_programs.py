"""What is asked of programs from Python."""

from __future__ import annotations

from pathlib import Path

import pytest

import evosearch
from evosearch import EvosearchError, known_rule


def test_a_program_is_recognised_from_python(tmp_path: Path) -> None:
    """By itself, by its name or from its file."""
    path = tmp_path / "mine.py"
    path.write_text("def mine(g):\n    return 2 * sign(g)\n", encoding="utf-8")
    for program in (known_rule("signsgd"), "signsgd", str(path)):
        assert evosearch.recognise(program).rule == "signsgd"
    with pytest.raises(EvosearchError, match="no known rule named 'nothing'"):
        evosearch.recognise("nothing")
