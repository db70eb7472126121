"""Draws the training curves of the best rule beside those of AdamW, tuned alike."""

from __future__ import annotations

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
from evosearch.reports.page.plots import BASELINE, NARROW, RULE, plotted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
_LOGARITHMIC = 5.0
"""The factor from the lowest to the highest loss beyond which the axis is logarithmic."""


def curves_section(material: Material, curves: Curves | None) -> Section:
    """Draws a plot for each task; None stands for curves that were not wished for."""
    identifier, title = "curves", "Training curves of the best rule and of AdamW"
    if material.best is None:
        return Section(identifier, title, paragraphs("No candidate was trained yet."))
    if curves is None:
        text = "They were left out of this page (--no-curves)."
        return Section(identifier, title, paragraphs(text))
    name = f"candidate {material.best.number}"
    pictures = [_picture(place, one, name) for place, one in enumerate(curves.tasks)]
    missing = [f"Not trained on {task}: {why}." for task, why in curves.missing.items()]
    parts = [paragraphs(*missing)]
    if pictures:
        where = " and ".join(dict.fromkeys(one.where for one in curves.tasks))
        same = (
            "Both at the settings that the finals' tuning chose for each, with one budget"
            if material.ranked
            else "The rule at the best settings of the search, AdamW at those of its yardstick"
        )
        parts += [
            tag("div", *pictures, class_="pair"),
            paragraphs(
                f"{same}; the same seeds, so the same initial weights and batches. Lines are the "
                "mean over seeds of the training loss, each time over the last tenth of the steps "
                "so far; bands go from the lowest to the highest seed. What counts is the held-out "
                "loss at the end of the schedule, in the table. Trained for this page with "
                f"{where}."
            ),
            _finals(curves, name),
        ]
    return Section(identifier, title, joined(parts))


def _picture(place: int, one: TaskCurves, name: str) -> Html:
    def draw(axes: Axes) -> None:
        from matplotlib.ticker import LogLocator

        every: list[float] = []
        for curve, colour, label, style in (
            (one.adamw, BASELINE, "AdamW", "--"),
            (one.rule, RULE, name, "-"),
        ):
            losses = np.array(curve.losses)
            going = np.isfinite(losses).all(axis=1)
            steps, losses = np.array(one.marks)[going], losses[going]
            if len(losses):
                axes.fill_between(
                    steps, losses.min(axis=1), losses.max(axis=1), color=colour, alpha=0.2, lw=0
                )
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

    described = (
        f"{one.marks[-1]} steps, {len(one.seeds)} seeds. {_course(name, one.rule)} "
        f"{_course('AdamW', one.adamw)}"
    )
    title = f"Training curves on {one.task}"
    picture = plotted(f"curves-{place}", title, described, draw, (NARROW, 280))
    return figure(picture, one.task)


def _course(name: str, curve: Curve) -> str:
    first, last = (float(np.mean(curve.losses[place])) for place in (0, -1))
    diverged = sum(not np.isfinite(loss) for loss in curve.final)
    text = (
        f"The training loss of {name} goes from {significant(first, 3)} to {significant(last, 3)}"
    )
    return text + (f"; {diverged} of its trainings diverged." if diverged else ".")


def _plain(value: float, _: object) -> str:
    """Writes a tick without powers of ten."""
    return f"{value:g}"


def _finals(curves: Curves, name: str) -> Html:
    rows = [
        (
            one.task,
            f"{one.seeds[0]} to {one.seeds[-1]}",
            significant(float(np.mean(one.rule.final))),
            significant(float(np.mean(one.adamw.final))),
            str(sum(a < b for a, b in zip(one.rule.final, one.adamw.final, strict=True)))
            + f" of {len(one.seeds)}",
        )
        for one in curves.tasks
    ]
    columns = (
        "task",
        "seeds",
        f"held-out loss of {name}",
        "of AdamW",
        "seeds on which it is lower",
    )
    return table("Held-out loss at the end, the mean over seeds", columns, rows)
