"""Plots as inline SVG: their words, their colours, what equal ones have in common."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

import pytest

from evosearch.reports.page.plots import (
    INK,
    LEAST,
    MOST,
    RULE,
    VARIABLES,
    inline,
    plotted,
    whiskers,
)
from tests.support.page_reader import faults, read_page, text_of

STYLE = (files("evosearch") / "reports" / "page" / "style.css").read_text(encoding="utf-8")


def draw(axes: Any) -> None:
    axes.plot([1, 2], [3, 4], color=RULE, label="$a$ < b")
    axes.scatter([1, 2], [3, 4], c=INK)
    axes.legend()


def test_a_plot_has_words_and_loads_nothing() -> None:
    """Text stays text, also what matplotlib would take for mathematics; two plots do not clash."""
    both = plotted("a", "A <title>", "3 & 4.", draw) + plotted("b", "B", "D", draw)
    page = read_page(both)
    assert faults(page) == []
    first, second = page.iter("svg")
    assert text_of(next(first.iter("title"))) == "A <title>"
    assert text_of(next(first.iter("desc"))) == "3 & 4."
    assert "$a$ < b" in text_of(second)
    assert first.get("viewbox") == "0 0 460 300"


def test_equal_plots_are_equal_bytes() -> None:
    """Nothing of the time, of matplotlib's version or of chance is in them."""
    once = plotted("a", "A", "D", draw)
    assert once == plotted("a", "A", "D", draw)
    assert "Matplotlib" not in once
    assert "http" not in once


def test_colours_and_letters_are_the_styles() -> None:
    """No colour but a variable's is left, and no font."""
    svg = plotted("a", "A", "D", draw)
    assert "var(--rule)" in svg
    assert re.findall(r"(?:fill|stroke): #\w+", svg) == []
    assert "font:" not in svg
    assert "DejaVu" not in svg
    with pytest.raises(ValueError, match="viewBox"):
        inline("<svg></svg>", "a", "A", "D")


def variables(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#\w{6})", block))


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_every_variable_is_there_in_light_and_dark_and_can_be_read() -> None:
    """Text has WCAG's 4.5 to 1 on its grounds, lines and marks 3 to 1."""
    light, dark = (variables(block) for block in STYLE.split("prefers-color-scheme: dark"))
    assert set(VARIABLES.values()) <= set(light) == set(dark)
    for scheme in (light, dark):
        for text in ("ink", "muted", "link"):
            for ground in ("paper", "panel"):
                assert contrast(scheme[text], scheme[ground]) >= 4.5, (text, ground)
        for ground in ("added", "removed", "input-fill", "state-fill", "direction-fill"):
            assert contrast(scheme["ink"], scheme[ground]) >= 4.5, ground
        for line in ("rule", "baseline", "third", "wire"):
            assert contrast(scheme[line], scheme["paper"]) >= 3, line


def test_whiskers_are_cut_off_at_what_can_be_drawn() -> None:
    """No reach is negative, which matplotlib refuses, and none is endless."""
    middles, (below, above) = whiskers(
        [(1.0, 0.5, 2.0), (1.0, 0.0, float("inf")), (99.0, 98.0, 100.0)]
    )
    assert middles == [1.0, 1.0, MOST]
    assert below == [0.5, 1.0 - LEAST, 0.0]
    assert above == [1.0, MOST - 1.0, 0.0]
