"""Training curves on the page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from evosearch.plugins.additions import NOTHING_ADDED
from evosearch.reports.page.curves import Curve, Curves, TaskCurves
from evosearch.reports.page.curves_section import curves_section
from evosearch.reports.page.material import Material, gather
from evosearch.search.store_reader import StoreReader
from tests.support.page_reader import faults, read_page, rows, text_of
from tests.support.recorded_run import record

INFINITE = float("inf")
FALLING = Curve("candidate 3", ((0.9, 0.7), (0.03, 0.01)), (0.25, 0.75))
SLOWER = Curve("adamw", ((1.0, 0.8), (0.4, 0.2)), (0.5, 0.5))
ONE = TaskCurves(
    "digit_images", (2000, 2001), (50, 100), FALLING, (SLOWER,), "the finals", "torch 9 <here>"
)


@pytest.fixture
def material(tmp_path: Path) -> Material:
    with StoreReader.open(record(tmp_path / "run")) as store:
        return gather(store, NOTHING_ADDED)


def test_curves_are_drawn_and_told(material: Material) -> None:
    """Means over seeds in words, held-out losses in a table, where they were trained."""
    page = read_page(curves_section(material, Curves((ONE,), {"spirals": "it is gone"})).body)
    assert faults(page) == []
    told = text_of(next(page.iter("desc")))
    assert "100 steps, 2 seeds. The training loss of candidate 3 goes from 0.8 to 0.02." in told
    assert "The training loss of adamw goes from 0.9 to 0.3." in told
    assert rows(page, "Held-out loss") == [
        ["digit_images", "2000 to 2001", "candidate 3", "0.5", ""],
        ["digit_images", "2000 to 2001", "adamw", "0.5", "1 of 2"],
    ]
    assert "On digit_images each is trained at the settings" in text_of(page)
    assert "came out best for it in the finals." in text_of(page)
    assert "Other baselines stand beside AdamW on tasks on which a validation" in text_of(page)
    assert "Trained for this page with torch 9 <here>." in text_of(page)
    assert "Not trained on spirals: it is gone." in text_of(page)
    assert {"candidate 3", "adamw"} <= {text_of(one) for one in page.iter("text")}


@pytest.mark.parametrize("losses", [((INFINITE,) * 2,) * 2, ((0.5, 0.5), (INFINITE, 0.1))])
def test_trainings_that_diverge_are_counted(
    material: Material, losses: tuple[tuple[float, ...], ...]
) -> None:
    """All of them, or one of two; the picture is made all the same."""
    final = tuple(losses[-1])
    wild = replace(ONE, rule=Curve("candidate 3", losses, final))
    page = read_page(curves_section(material, Curves((wild,))).body)
    count = sum(loss == INFINITE for loss in final)
    assert f"{count} of its trainings diverged" in text_of(next(page.iter("desc")))
    assert rows(page, "Held-out loss")[0][3] == "∞"


def test_losses_that_are_not_positive_can_be_drawn(material: Material) -> None:
    """On an axis that is not logarithmic."""
    below = replace(ONE, rule=Curve("candidate 3", ((0.5, 0.5), (-0.5, -0.5)), (-0.5, -0.5)))
    page = read_page(curves_section(material, Curves((below,))).body)
    ticks = {text_of(one) for one in page.iter("text")}
    assert any(tick.startswith("−0.") for tick in ticks)


def test_of_other_baselines_the_best_is_named(material: Material) -> None:
    """The rest are one entry of the legend; the table and the words have them all."""
    others = [
        Curve(name, SLOWER.losses, (loss, loss))
        for name, loss in (("lion", 0.625), ("nadam", 0.375), ("mars", 0.875))
    ]
    page = read_page(
        curves_section(material, Curves((replace(ONE, baselines=(SLOWER, *others)),))).body
    )
    assert faults(page) == []
    texts = [text_of(one) for one in page.iter("text")]
    assert {"candidate 3", "adamw", "nadam", "other baselines"} <= set(texts)
    assert not {"lion", "mars"} & set(texts)
    assert texts.count("other baselines") == 1
    told = text_of(next(page.iter("desc")))
    assert all(f"The training loss of {one.name} goes" in told for one in others)
    listed = {row[2]: row[3:] for row in rows(page, "Held-out loss")}
    assert listed["lion"] == ["0.625", "1 of 2"]
    assert listed["nadam"] == ["0.375", "1 of 2"]
    assert "Other baselines stand" not in text_of(page)


def test_curves_that_were_not_wished_for_are_said_to_be_left_out(material: Material) -> None:
    """Nothing is drawn."""
    page = read_page(curves_section(material, None).body)
    assert text_of(page) == "They were left out of this page (--no-curves)."
