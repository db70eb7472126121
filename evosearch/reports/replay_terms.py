"""Says on what terms losses that are made again are compared with those of a run."""

from __future__ import annotations

from dataclasses import dataclass

from evosearch.search.circumstances import Circumstances, differences

TOLERANCE = 1e-2
"""The largest relative difference of a loss that agrees where versions or processor differ.

Sums in another order change the last bit of a float32 sum, and training amplifies that. Measured on
1,780 stored trainings of two quick searches, made with AVX-512 and compiled models, and made again
with narrower instructions and uncompiled ones: half differ by less than 3e-6, on `byte_ngrams` all
by less than 1e-2, on `spirals` 4% and 8% by more, in trainings at the edge of stability, where two
machines reach different losses. These are said to differ, since no tolerance tells them from an
error; a percent is less than the seed changes a loss. All on one machine with one version of torch.
"""
NOT_RECORDED = "with which versions, processor and data the run was made is not recorded"


@dataclass(frozen=True, slots=True)
class Terms:
    """Holds how near losses must come, why, and what cannot be compared."""

    tolerance: float
    """The largest relative difference that agrees; 0 where losses must be equal to the last bit."""
    differs: tuple[str, ...] = ()
    """What differs between the run's making and now, a sentence each."""
    changed: frozenset[str] = frozenset()
    """The tasks that are not what they were, on which nothing can be compared."""


def terms(there: list[Circumstances], here: Circumstances) -> Terms:
    """Compares the circumstances of a run, none where not recorded, with those of now.

    A run that was gone on with elsewhere was made in several; each must be those of now for losses
    to be equal to the last bit.
    """
    if not there:
        return Terms(TOLERANCE, (NOT_RECORDED,))
    differs = [text for one in there for text in differences(one, here)]
    changed = []
    for task, digest in here.tasks.items():
        for then in (one.tasks.get(task, digest) for one in there):
            if then != digest:
                changed.append(task)
                differs.append(f"task {task} {then} there, {digest} here: cannot be compared")
    exact = all(not differences(one, here) for one in there)
    return Terms(0.0 if exact else TOLERANCE, tuple(dict.fromkeys(differs)), frozenset(changed))
