"""Draws the training curves of the best rule beside those of baselines, tuned alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from evosearch.reports.page.curves import Curve, Curves, TaskCurves
from evosearch.reports.page.html import (
    Html,
    Section,
    figure,
    joined,
    paragraphs,
    significant,
    table,
    tag,
)
from evosearch.reports.page.material import Material
from evosearch.reports.page.plots import BASELINE, MUTED, NARROW, RULE, THIRD, plotted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
_LOGARITHMIC = 5.0
"""The factor from the lowest to the highest loss beyond which the axis is logarithmic."""
_Line = tuple[Curve, str, str, str]
"""A curve, its colour and style, and what the legend calls it, nothing where it is not named."""


def curves_section(material: Material, curves: Curves | None) -> Section:
    """Draws a plot for each task; None stands for curves that were not wished for."""
    identifier, title = "curves", "Training curves of the best rule and of tuned baselines"
    if material.best is None:
        return Section(identifier, title, paragraphs("No candidate was trained yet."))
    if curves is None:
        text = "They were left out of this page (--no-curves)."
        return Section(identifier, title, paragraphs(text))
    pictures = [_picture(place, one) for place, one in enumerate(curves.tasks)]
    missing = [f"Not trained on {task}: {why}." for task, why in curves.missing.items()]
    parts = [paragraphs(*missing)]
    if pictures:
        where = " and ".join(dict.fromkeys(one.where for one in curves.tasks))
        parts += [
            tag("div", *pictures, class_="pair"),
            paragraphs(
                *_sources(curves),
                "All have the same seeds, so the same initial weights and batches. Lines are the "
                "mean over seeds of the training loss, each time over the last tenth of the steps "
                "so far; bands go from the lowest to the highest seed. What counts is the held-out "
                "loss at the end of the schedule, in the table. Trained for this page with "
                f"{where}.",
            ),
            _finals(curves),
        ]
        if any(len(one.baselines) == 1 for one in curves.tasks):
            parts.append(
                paragraphs(
                    "Other baselines stand beside AdamW on tasks on which a validation measured "
                    "the rule, for there they were tuned."
                )
            )
    return Section(identifier, title, joined(parts))


def _sources(curves: Curves) -> Iterator[str]:
    """Says of the tasks whose tuning chose the settings."""
    for source in dict.fromkeys(one.source for one in curves.tasks):
        tasks = ", ".join(one.task for one in curves.tasks if one.source == source)
        yield f"On {tasks} each is trained at the settings that came out best for it in {source}."


def _picture(place: int, one: TaskCurves) -> Html:
    def draw(axes: Axes) -> None:
        from matplotlib.ticker import LogLocator

        every: list[float] = []
        for curve, colour, style, label in _lines(one):
            losses = np.array(curve.losses)
            going = np.isfinite(losses).all(axis=1)
            steps, losses = np.array(one.marks)[going], losses[going]
            if len(losses):
                if colour != MUTED:
                    low, high = losses.min(axis=1), losses.max(axis=1)
                    axes.fill_between(steps, low, high, color=colour, alpha=0.2, lw=0)
                axes.plot(steps, losses.mean(axis=1), style, color=colour, label=label)
                every += [losses.min(), losses.max()]
        if every and 0 < _LOGARITHMIC * min(every) < max(every):
            axes.set_yscale("log")
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.yaxis.set_major_formatter(_plain)
            axes.minorticks_off()
        axes.set_xlabel("step")
        axes.set_ylabel("training loss")
        if every:
            axes.legend()

    described = f"{one.marks[-1]} steps, {len(one.seeds)} seeds. " + " ".join(
        _course(curve) for curve in (one.rule, *one.baselines)
    )
    title = f"Training curves on {one.task}"
    picture = plotted(f"curves-{place}", title, described, draw, (NARROW, 280))
    return figure(picture, one.task)


def _lines(one: TaskCurves) -> list[_Line]:
    """Lists what is drawn, from back to front: of the baselines AdamW and the best other stand out.

    The best is the one with the lowest held-out loss.
    """
    adamw, *others = one.baselines
    others.sort(key=lambda curve: float(np.mean(curve.final)))
    lines: list[_Line] = [
        # A legend leaves out what begins with an underscore.
        (curve, MUTED, ":", "other baselines" if place == 0 else "_")
        for place, curve in enumerate(others[1:])
    ]
    lines += [(curve, THIRD, "-.", curve.name) for curve in others[:1]]
    return [*lines, (adamw, BASELINE, "--", adamw.name), (one.rule, RULE, "-", one.rule.name)]


def _course(curve: Curve) -> str:
    first, last = (float(np.mean(curve.losses[place])) for place in (0, -1))
    diverged = sum(not np.isfinite(loss) for loss in curve.final)
    text = (
        f"The training loss of {curve.name} goes from {significant(first, 3)} to "
        f"{significant(last, 3)}"
    )
    return text + (f"; {diverged} of its trainings diverged." if diverged else ".")


def _plain(value: float, _: object) -> str:
    """Writes a tick without powers of ten."""
    return f"{value:g}"


def _finals(curves: Curves) -> Html:
    rows = []
    for one in curves.tasks:
        where = one.task, f"{one.seeds[0]} to {one.seeds[-1]}"
        rows.append((*where, one.rule.name, _mean(one.rule), ""))
        for curve in one.baselines:
            lower = sum(a < b for a, b in zip(one.rule.final, curve.final, strict=True))
            rows.append((*where, curve.name, _mean(curve), f"{lower} of {len(one.seeds)}"))
    columns = ("task", "seeds", "optimizer", "held-out loss", "seeds on which the rule's is lower")
    return table("Held-out loss at the end, the mean over seeds", columns, rows)


def _mean(curve: Curve) -> str:
    return significant(float(np.mean(curve.final)))
