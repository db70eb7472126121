"""Computes the functional hash, by which two rules are the same if they do the same on the probe.

A fingerprint has 352 numbers: the directions of the short trajectory, 8 steps of 44 elements. They
are divided by the update size, so that `u` and `2u` are one class (the learning rate is tuned per
class; the update size keeps the factor), and compressed by `arcsinh(x / 1e-6)`. Thus every number
down to 1e-6 of the update size counts by its ratio to the other rule's, large or small. Rules
whose numbers differ by more than `TOLERANCE` in root mean square, 1e-9, are two classes.

Rules that agree so far are compared on the long trajectory too, if either has an operation that
switches (a sign, a comparison, a maximum), or if they differ by more than rounding explains, 1e-12.
Of each of its steps a random projection of the direction is kept, with its size. Two rules part
where these differ by more than the tolerance and by 100 times what a change of the gradients by
1e-12 does to either up to that step. So a rule whose states are chaotic is known again although
its rounding grows.

The fingerprint tells apart rules that differ by one per cent in the decay rate of an average (in
one minus the rate, up to 0.995 where only signs show it), in a threshold on gradients, weights or
one number per tensor, or in an epsilon that is more than about 1e-9 of what it is added to. It sees
gradients from 1e-4 to 4 and, for rules that switch, down to 1e-12; for them `t` up to 200, in every
second step after 56.

It cannot see what depends on rates or weights far from the probe's (0.01, and 0.01 to 3) or acts
after step 8, for rules without a switch, and after 400, for others; a threshold that no number of
either trajectory passes, which is likeliest for one number of all parameters, of which there is one
per step; a difference of less than the tolerance that training amplifies. Nor does it know a
rule again whose rounding is amplified to the size of the direction at once, as where a sign is
taken of what is zero but for rounding, or that overflows for one spelling and not for another.

How often it errs either way is measured by `scripts/study_classes.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from evosearch.screening.long_probe import LONG_SIZES, LONG_STEPS, run_long, switches
from evosearch.screening.short_probe import ELEMENTS, OTHER_SIZES, STEPS, Trace

Array = NDArray[np.float64]

TOLERANCE = 1e-9
_FLOOR = 1e-6
_EXACT = 1e-12
_AMPLIFIED = 100.0
_EXPLODED = 1e3
LENGTH = STEPS * (ELEMENTS + sum(OTHER_SIZES))
"""The length of the short part."""


class Fingerprint:
    """Holds what a rule does on the short trajectory and, where that is asked for, on the long one.

    The long part costs tens of times the short one, so it is worked out when it is first asked
    for, which is when two rules agree on the short part. `sketch` gives it, with the gradients
    nudged or as they are.
    """

    def __init__(
        self,
        short: Array,
        switches: bool = False,
        sketch: Callable[[bool], Array] = lambda _: np.zeros((2, LONG_STEPS)),
    ) -> None:
        self.short = short
        """`[LENGTH]`"""
        self.switches = switches
        """Whether the rule has an operation that switches."""
        self._sketch = sketch

    @cached_property
    def long(self) -> Array:
        """Gives `[2, LONG_STEPS]`: a random projection of each direction, and its mean magnitude.

        Both are in units of the update size. The projection is infinite where the direction is not
        finite, and NaN where that is so after states have grown beyond 1000: then it depends on how
        a rule is spelt where it overflows.
        """
        return self._sketch(False)

    @cached_property
    def rounding(self) -> Array:
        """Tells, `[LONG_STEPS]`, how far nudged gradients have moved the long part by each step."""
        return np.maximum.accumulate(_distances(self.long, self._sketch(True)))


def fingerprint(trace: Trace, counting: bool = False) -> Fingerprint:
    """Takes the fingerprint of a rule whose trace passed the gates.

    If `counting`, `t` counts all steps of the long trajectory: two such fingerprints are near where
    one rule counts steps itself and the other reads `t`, as it is in training.
    """
    graph, size = trace.graph, trace.update_size
    short: Array = np.arcsinh(trace.everything / (_FLOOR * size)).ravel()
    return Fingerprint(
        short, switches(graph), lambda nudged: _sketch(*run_long(graph, nudged, counting), size)
    )


def fingerprint_of_any(trace: Trace, counting: bool = False) -> Fingerprint | None:
    """Takes the fingerprint of a rule that no gate need pass.

    Gives None where there is nothing to compare: its direction is zero, or not all is finite.
    """
    finite = 0 < trace.update_size < np.inf and trace.largest_of_all < np.inf
    return fingerprint(trace, counting) if finite else None


def _sketch(directions: Array, states: Array, size: float) -> Array:
    with np.errstate(all="ignore"):
        products = np.einsum("sd,sd->s", directions, _sketch_weights()) / size
        sizes = np.mean(np.abs(directions), axis=1) / size
    tame = np.maximum.accumulate(states) < _EXPLODED
    products[~np.isfinite(products)] = np.nan
    products[np.isnan(products) & tame] = np.inf
    return np.stack([products, sizes])


@cache
def _sketch_weights() -> Array:
    shape = (LONG_STEPS, sum(LONG_SIZES))
    draw = np.random.Generator(np.random.Philox(key=2))
    weights: Array = draw.standard_normal(shape) / np.sqrt(shape[1])
    return weights


def near(a: Fingerprint, b: Fingerprint) -> bool:
    """Tells whether two fingerprints are one class."""
    difference = a.short - b.short
    if not float(difference @ difference) <= len(difference) * TOLERANCE**2:
        return False
    if not (a.switches or b.switches or float(np.max(np.abs(difference))) > _EXACT):
        return True
    distances = _distances(a.long, b.long)
    # The rules are nudged only if need be, since that costs another run of each.
    if not np.any(distances > TOLERANCE):
        return True
    return not np.any(distances > np.maximum(TOLERANCE, _AMPLIFIED * (a.rounding + b.rounding)))


def _distances(a: Array, b: Array) -> Array:
    """Measures, `[LONG_STEPS]`, how far two long parts are apart in each step.

    Distances are relative to the larger mean magnitude; infinite where one direction is finite and
    the other is not, and 0 where nothing can be said.
    """
    with np.errstate(invalid="ignore"):
        apart: Array = np.abs(a[0] - b[0]) / np.maximum(np.maximum(a[1], b[1]), _FLOOR)
    apart[np.isinf(a[0]) & np.isinf(b[0])] = 0.0
    apart[np.isinf(a[0]) != np.isinf(b[0])] = np.inf
    apart[np.isnan(a[0]) | np.isnan(b[0]) | np.isnan(apart)] = 0.0
    return apart
