"""Training curves that are kept beside a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evosearch.reports.page.curve_file import CurveFile
from evosearch.reports.page.curves import Curve, TaskCurves

INFINITE = float("inf")
CURVES = TaskCurves(
    "logistic",
    (2000, 2001),
    (5, 10),
    Curve("candidate 3", ((0.5, 0.25), (0.125, INFINITE)), (0.1, INFINITE)),
    (
        Curve("adamw", ((0.5, 0.25), (0.125, 0.0625)), (0.1, 0.2)),
        Curve("lion", ((INFINITE, 0.25), (0.125, 0.0625)), (0.3, 0.2)),
    ),
    "the finals",
    "a processor",
)
ASKED = {"candidate": 3, "seeds": [2000, 2001]}


def test_what_is_kept_is_found_by_what_it_depends_on(tmp_path: Path) -> None:
    """To the last bit, trainings that diverged too; what was asked otherwise is not found."""
    path = tmp_path / "report" / "curves.json"
    CurveFile(path).add(CURVES, ASKED)
    kept = CurveFile(path)
    assert kept.find("logistic", ASKED) == CURVES
    assert kept.find("logistic", {**ASKED, "candidate": 4}) is None
    assert kept.find("spirals", ASKED) is None
    json.loads(path.read_text(), parse_constant=pytest.fail)


@pytest.mark.parametrize("text", ["", "[]", '{"logistic": {}}', '{"logistic": {"asked": 1}}', "{"])
def test_a_broken_file_is_as_an_empty_one(tmp_path: Path, text: str) -> None:
    """And can be added to."""
    path = tmp_path / "curves.json"
    path.write_text(text)
    kept = CurveFile(path)
    assert kept.find("logistic", ASKED) is None
    kept.add(CURVES, ASKED)
    assert CurveFile(path).find("logistic", ASKED) == CURVES
