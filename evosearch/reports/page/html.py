"""Makes HTML of texts; what is not HTML already is escaped, so no text of a run can be markup."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from evosearch.scoring.curve import SLOWEST

_EMPTY = frozenset({"meta", "br", "hr"})
"""The elements that have no end tag."""
_LONGEST_NUMBER = 22
"""The letters of a speed-up with its interval, and somewhat more; what is longer is a text."""


class Html(str):
    """Is text that is HTML; any other text is escaped where it is put into some."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Is a part of the page that a reader can be sent to, by its identifier."""

    identifier: str
    title: str
    body: Html


def joined(parts: Iterable[str]) -> Html:
    """Puts parts one behind the other; those that are not HTML are escaped."""
    return Html("".join(part if isinstance(part, Html) else escape(part) for part in parts))


def tag(name: str, /, *inside: str, **attributes: str) -> Html:
    """Writes an element; `class_` stands for `class`, and `aria_label` for `aria-label`.

    >>> tag("p", "a < b", tag("br"), class_="note")
    '<p class="note">a &lt; b<br></p>'
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
    )
    end = "" if name in _EMPTY else f"</{name}>"
    return Html(f"<{name}{given}>{joined(inside)}{end}")


def paragraphs(*texts: str) -> Html:
    """Writes a paragraph for each text that is not empty."""
    return joined(tag("p", text) for text in texts if text)


def table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Html:
    """Writes a table that scrolls in a box of its own where it is wider than the page.

    A row's first cell is its heading. Cells that begin like numbers are aligned right.
    """
    head = tag("tr", *(tag("th", name, scope="col") for name in columns))
    body = []
    for first, *others in rows:
        cells = [tag("td", cell, **({"class_": "n"} if _numeric(cell) else {})) for cell in others]
        body.append(tag("tr", tag("th", first, scope="row"), *cells))
    whole = tag("table", tag("caption", caption), tag("thead", head), tag("tbody", *body))
    return scrolling(whole, caption)


def scrolling(content: Html, label: str) -> Html:
    """Puts what may be wide into a box that scrolls, also by the keyboard."""
    return tag("div", content, class_="scroll", role="region", aria_label=label, tabindex="0")


def facts(pairs: Iterable[tuple[str, str]]) -> Html:
    """Writes labels, each with its value."""
    listed = (tag("div", tag("dt", label), tag("dd", value)) for label, value in pairs)
    return tag("dl", *listed)


def folded(summary: str, *inside: str) -> Html:
    """Writes what a reader unfolds; on paper it is unfolded by the style."""
    return tag("details", tag("summary", summary), *inside)


def code(text: str) -> Html:
    """Writes lines of code as they are, in a box that scrolls."""
    return tag("pre", tag("code", text), tabindex="0")


def figure(picture: Html, caption: str) -> Html:
    """Writes a picture with what it shows beneath it."""
    return tag("figure", picture, tag("figcaption", caption))


def decimal(value: float | None) -> str:
    """Writes a speed-up or share with two decimals; a dash where it is not known."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    # The lowest speed-up that is told apart would read as more than it is.
    return f"{value:.3f}" if 0 < value <= 2 * SLOWEST else f"{value:.2f}"


def significant(value: float | None, digits: int = 4) -> str:
    """Writes a number with so many digits; a dash where it is not known."""
    if value is None or math.isnan(value):
        return "–"
    return f"{value:.{digits}g}" if math.isfinite(value) else "∞"


def interval(middle: float, low: float, high: float) -> str:
    """Writes a speed-up with the ends of its interval."""
    return f"{decimal(middle)} [{decimal(low)}, {decimal(high)}]"


def _numeric(cell: str) -> bool:
    return 0 < len(cell) <= _LONGEST_NUMBER and (cell[0].isdigit() or cell[0] in "–∞×")
