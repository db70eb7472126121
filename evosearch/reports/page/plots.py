"""Draws plots by matplotlib as inline SVG that scales, is read aloud, and has the page's colours.

A colour of a plot is a variable of the page's style, so light and dark are a matter of the style
alone. matplotlib is imported when something is drawn, for that takes long.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from evosearch.reports.page.html import Html, tag

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 460, 300
"""The size of a plot in pixels, unless told otherwise: as wide as on a phone it can be read. The
style shows it larger where there is room."""
NARROW = 400
"""The width of a plot of which two stand side by side where there is room."""

INK, MUTED, GRID, PAPER = "#1a1d21", "#5b6470", "#d5d9df", "#ffffff"
RULE, BASELINE, THIRD = "#0072b2", "#d55e00", "#009e73"
"""Okabe's and Ito's colours, told apart by the colour-blind."""
VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        INK: "ink",
        MUTED: "muted",
        GRID: "grid",
        PAPER: "paper",
        RULE: "rule",
        BASELINE: "baseline",
        THIRD: "third",
        # What the drawing of a rule has besides.
        "#d9ecf7": "input-fill",
        "#fdeccf": "state-fill",
        "#d3efe6": "direction-fill",
        "#555555": "wire",
    }
)
"""The style's variable for each colour of a picture, as `#rrggbb`."""

LEAST, MOST = 1 / 16, 16.0
"""The speed-ups beyond which nothing is drawn, and an interval goes on."""
_FONT = 13
_POINTS_PER_INCH = 72  # an SVG of matplotlib counts in points
_SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text, which can be searched and scales
    "svg.hashsalt": "evosearch",
    "font.family": "DejaVu Sans",
    "font.size": _FONT,
    "text.usetex": False,
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": _FONT,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.grid": True,
    "grid.color": GRID,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "legend.fontsize": _FONT - 1,
    "path.simplify": True,
}
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
"""Nothing of the time or of matplotlib's version, so that equal runs give equal bytes."""


def plotted(
    key: str,
    title: str,
    description: str,
    draw: Callable[[Axes], None],
    size: tuple[int, int] = (WIDTH, HEIGHT),
) -> Html:
    """Draws a plot into axes of the given size in pixels, and gives the SVG element.

    `key` names it among all pictures of the page; `title` and `description` are what is read aloud
    in its place.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    buffer = BytesIO()
    with rc_context(_SETTINGS):
        figure = Figure(
            (size[0] / _POINTS_PER_INCH, size[1] / _POINTS_PER_INCH), layout="constrained"
        )
        figure.patch.set_visible(False)
        draw(figure.add_subplot())
        figure.savefig(buffer, format="svg", metadata=_NO_METADATA)
    return inline(buffer.getvalue().decode(), key, title, description)


def whiskers(
    spans: Iterable[tuple[float, float, float]],
) -> tuple[list[float], tuple[list[float], list[float]]]:
    """Gives middles, and how far intervals reach below and above them, as matplotlib takes it.

    `spans` are a middle, a low and a high end each; all are cut off at what can be drawn.
    """
    cut = [[min(max(value, LEAST), MOST) for value in span] for span in spans]
    middles = [middle for middle, _, _ in cut]
    below = [max(middle - low, 0.0) for middle, low, _ in cut]
    return middles, (below, [max(high - middle, 0.0) for middle, _, high in cut])


def inline(svg: str, key: str, title: str, description: str) -> Html:
    """Makes a file that matplotlib wrote an element of a page.

    Its identifiers begin with `key`, so that they are the page's only ones of that name; its
    colours are the style's, its letters the page's own.
    """
    head = re.search(r'<svg [^>]*viewBox="0 0 ([\d.]+) ([\d.]+)"[^>]*>', svg)
    if head is None:
        raise ValueError("expected an SVG of matplotlib, with a viewBox")
    body = svg[head.end() : svg.rindex("</svg>")]
    for unwanted in ("metadata", "style"):
        body = re.sub(rf"<{unwanted}\b.*?</{unwanted}>", "", body, flags=re.DOTALL)
    body = re.sub(r'\bid="', f'id="{key}-', body)
    body = re.sub(r'\b(?:xlink:)?href="#', f'href="#{key}-', body)
    body = body.replace("url(#", f"url(#{key}-")
    # Versions of matplotlib write either of these.
    body = re.sub(r"font-family: [^;\"]*;? ?", "", body)
    body = re.sub(r"font: (?:\d+ )?([\d.]+)px [^;\"]*", r"font-size: \1px", body)
    for colour, variable in VARIABLES.items():
        body = re.sub(rf"(fill|stroke): {colour}\b", rf"\1: var(--{variable})", body)
    width, height = (f"{float(length):.0f}" for length in head.groups())
    return tag(
        "svg",
        tag("title", title, id=f"{key}-title"),
        tag("desc", description, id=f"{key}-desc"),
        Html(body.strip()),
        role="img",
        aria_labelledby=f"{key}-title {key}-desc",
        viewBox=f"0 0 {head[1]} {head[2]}",
        width=width,
        height=height,
    )
