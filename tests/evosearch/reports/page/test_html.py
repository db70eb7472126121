"""Writing HTML: nothing of a text becomes markup."""

from __future__ import annotations

from evosearch.reports.page.html import (
    Html,
    code,
    decimal,
    facts,
    folded,
    interval,
    joined,
    paragraphs,
    scrolling,
    significant,
    table,
    tag,
)
from tests.support.page_reader import faults, read_page, rows, text_of

EVIL = "</p><script>alert('1')</script>&amp;\""


def test_every_text_is_escaped() -> None:
    """Wherever it stands: as content, attribute, cell, caption or code."""
    parts = [
        tag("p", EVIL, title=EVIL),
        paragraphs(EVIL),
        table(EVIL, [EVIL], [[EVIL]]),
        facts([(EVIL, EVIL)]),
        folded(EVIL, EVIL),
        code(EVIL),
        scrolling(Html("x"), EVIL),
    ]
    page = read_page(joined(parts))
    assert faults(page) == []
    assert list(page.iter("script")) == []
    assert text_of(page).count("".join(EVIL.split())) == 10
    assert next(page.iter("p")).get("title") == EVIL


def test_html_is_not_escaped_again() -> None:
    """An element within another stays one, and joining keeps it."""
    assert joined([tag("b", "<"), "<"]) == "<b>&lt;</b>&lt;"
    assert paragraphs("a", "", "b") == "<p>a</p><p>b</p>"


def test_a_table_says_what_its_cells_belong_to() -> None:
    """Columns and rows have headings; numbers are told from texts, long ones are none."""
    page = read_page(
        table("Sizes", ("what", "size"), [("a", "3"), ("b", "three"), ("c", "3" * 30)])
    )
    scopes = [cell.get("scope") for cell in page.iter("th")]
    assert scopes == ["col", "col", "row", "row", "row"]
    assert [cell.get("class") for cell in page.iter("td")] == ["n", None, None]
    assert rows(page, "Sizes")[0] == ["a", "3"]
    (box,) = (one for one in page.iter("div") if one.get("class") == "scroll")
    assert (box.get("role"), box.get("tabindex"), box.get("aria-label")) == ("region", "0", "Sizes")


def test_numbers_as_people_read_them() -> None:
    """Endless ones, unknown ones, and the lowest speed-up there is, which is 1/16."""
    assert [decimal(x) for x in (1.005, None, float("inf"), float("nan"), 1 / 16, 0.0)] == [
        *("1.00", "–", "∞", "–", "0.062", "0.00")
    ]
    assert significant(0.00123456, 3) == "0.00123"
    assert [significant(x) for x in (None, float("inf"))] == ["–", "∞"]
    assert interval(1.0, 0.0, float("inf")) == "1.00 [0.00, ∞]"
