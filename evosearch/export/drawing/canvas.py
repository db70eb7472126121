"""Paints a picture with matplotlib, as SVG or PNG; equal pictures give equal bytes.

matplotlib is imported when something is drawn, for that takes long. Its figures are used without
pyplot, which keeps a list of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from evosearch.export.drawing.layers import Layers, layered
from evosearch.export.drawing.picture import Picture, Role
from evosearch.export.drawing.placement import HEIGHT, Placement, placed
from evosearch.export.drawing.routes import Spot, arrivals, loop, route

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DrawingForm = Literal["svg", "png"]

_COLOURS: Mapping[Role, tuple[str, str]] = MappingProxyType(
    {
        Role.INPUT: ("#d9ecf7", "#0072b2"),
        Role.OLD_STATE: ("#fdeccf", "#d55e00"),
        Role.OPERATION: ("#ffffff", "#555555"),
        Role.DIRECTION: ("#d3efe6", "#009e73"),
        Role.NEW_STATE: ("#fdeccf", "#d55e00"),
    }
)
"""How boxes are filled and framed: Okabe's and Ito's colours, told apart by the colour-blind."""
_WIRE, _LOOP = "#555555", "#d55e00"
_MARGIN, _LANE = 0.25, 0.14  # inches
_DOTS_PER_INCH = 160
_TEXT, _SMALL = 11, 6.5  # points
_ARROW = 0.09
_SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text, which can be searched
    "svg.hashsalt": "evosearch",
    "font.family": "DejaVu Sans",
    "text.usetex": False,
    "text.parse_math": False,
}


def drawn(picture: Picture, form: DrawingForm) -> bytes:
    """Gives the content of a file that shows the picture."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    layers = layered(picture)
    placement = placed(picture, layers)
    lanes = _LANE * len(picture.feedback)
    width = placement.size[0] + 2 * (_MARGIN + lanes)
    height = placement.size[1] + 2 * _MARGIN + lanes
    buffer = BytesIO()
    with rc_context(_SETTINGS):
        figure = Figure((width, height), dpi=_DOTS_PER_INCH)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(-_MARGIN - lanes, width - _MARGIN - lanes)
        axes.set_ylim(height - _MARGIN, -_MARGIN)
        _draw(axes, picture, layers, placement)
        figure.savefig(buffer, format=form, metadata={"Date": None} if form == "svg" else None)
    return buffer.getvalue()


def _draw(axes: Axes, picture: Picture, layers: Layers, placement: Placement) -> None:
    ports = arrivals(picture, layers, placement)
    for wire, port in zip(picture.wires, ports, strict=True):
        spots = route(layers.path(wire), placement, port)
        _draw_curve(axes, spots)
        if wire.place:
            x, y = spots[-1]
            place = str(wire.place)
            axes.text(x + 0.04, y, place, size=_SMALL, color=_WIRE, va="center_baseline", zorder=4)
    lowest_first = sorted(
        picture.feedback, key=lambda ends: -placement.middles[ends[0], layers.home[ends[0]]][1]
    )
    for lane, (new, old) in enumerate(lowest_first, start=1):
        start, end = (new, layers.home[new]), (old, layers.home[old])
        _draw_loop(axes, loop(start, end, placement, lane * _LANE))
    for box, shown in enumerate(picture.boxes):
        _draw_box(axes, shown.text, shown.role, (box, layers.home[box]), placement)


def _draw_curve(axes: Axes, spots: list[Spot]) -> None:
    """Draws a wire: level lines within the layers, curves between them, an arrow at the end."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    vertices, codes = [spots[0]], [Path.MOVETO]
    for (x, y), (to_x, to_y) in pairwise(spots):
        middle = (x + to_x) / 2
        vertices += [(middle, y), (middle, to_y), (to_x, to_y)]
        codes += [Path.CURVE4] * 3
    path = Path(vertices, codes)
    axes.add_patch(PathPatch(path, fill=False, edgecolor=_WIRE, linewidth=1.0, zorder=1))
    _draw_arrow(axes, spots[-1], _WIRE)


def _draw_arrow(axes: Axes, tip: Spot, colour: str) -> None:
    from matplotlib.patches import Polygon

    x, y = tip
    corners = [(x, y), (x - _ARROW, y - _ARROW / 2.5), (x - _ARROW, y + _ARROW / 2.5)]
    axes.add_patch(Polygon(corners, facecolor=colour, edgecolor="none", zorder=2))


def _draw_loop(axes: Axes, spots: list[Spot]) -> None:
    """Draws the dashed line from a new state to where the next step reads it."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    path = Path(spots)
    axes.add_patch(
        PathPatch(path, fill=False, edgecolor=_LOOP, linewidth=1.0, linestyle=(0, (4, 3)), zorder=1)
    )
    _draw_arrow(axes, spots[-1], _LOOP)


def _draw_box(
    axes: Axes, text: str, role: Role, point: tuple[int, int], placement: Placement
) -> None:
    from matplotlib.patches import FancyBboxPatch

    (x, y), width = placement.middles[point], placement.widths[point[0]]
    fill, frame = _COLOURS[role]
    # What is computed has corners, what is given or kept is round.
    corner = 0.05 if role is Role.OPERATION else HEIGHT / 2
    axes.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - HEIGHT / 2),
            width,
            HEIGHT,
            boxstyle=f"round,pad=0,rounding_size={corner}",
            facecolor=fill,
            edgecolor=frame,
            linewidth=1.8 if role is Role.DIRECTION else 1.1,
            zorder=3,
        )
    )
    axes.text(x, y, text, size=_TEXT, ha="center", va="center", zorder=4)
