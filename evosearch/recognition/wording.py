"""Says in a sentence what a program is to a known rule."""

from __future__ import annotations

from collections.abc import Mapping

from evosearch.recognition.recognition import (
    CONTAINS,
    EQUAL,
    IDENTICAL,
    NEAREST,
    VARIANT,
    Recognition,
)

_UNLIKE = 5.0
"""The share of a direction, in per cent, from which a rule that does not explain it is not near:
known rules are that far from each other. Of the 33 known then, each compared with the others at
fitted constants (`scripts/study_recognition.py --apart`), eight are another's special case and five
within 5% of one (AMSGrad 0.3%, AdEMAMix 2%, decay that is cautious 3%, AddSign and PowerSign 4%);
the next is RMSProp, 9% from AdaGrad, and for half of them it is over 30%."""
_FAR = 75.0
"""The share from which it tells a reader nothing which rule is the nearest."""


def sentence(subject: str, recognised: Recognition) -> str:
    """Tells of `subject`, a program's name, which rule it is or comes near.

    >>> sentence("rule_7", Recognition("lion", EQUAL, {"beta1": 0.9, "beta2": 0.998}, 0.0))
    'rule_7 is lion with beta1 = 0.9, beta2 = 0.998.'
    """
    rule, detail = recognised.rule, recognised.detail
    if rule is None:
        return f"{subject} is like no known rule: {detail}."
    at = rule + _with(recognised.constants)
    if recognised.relation == IDENTICAL:
        return f"{subject} is identical to {rule}{_after(', ', detail)}."
    if recognised.relation == EQUAL:
        return f"{subject} is {at}{_after(', ', detail)}."
    if recognised.relation == CONTAINS:
        return f"{subject} contains {at}: {detail}."
    if recognised.relation == VARIANT:
        return f"{subject} is {at}, but with {detail}."
    percent = 100 * (recognised.distance or 0.0)
    share = f"{percent:.0f}" if percent >= 10 else f"{percent:.2g}"
    share += "% of its direction"
    if percent > _FAR:
        return f"{subject} is like no known rule."
    if is_like_none(recognised):
        return f"{subject} is like no known rule: the nearest, {at}, does not explain {share}."
    return (
        f"{subject} is nearest to {at}, which does not explain {share}{_after('; it is ', detail)}."
    )


def is_like_none(recognised: Recognition) -> bool:
    """Tells whether a program is like no known rule: the nearest is not near."""
    if recognised.relation != NEAREST:
        return False
    return recognised.rule is None or 100 * (recognised.distance or 0.0) > _UNLIKE


def _with(constants: Mapping[str, float]) -> str:
    told = ", ".join(f"{name} = {value:.10g}" for name, value in constants.items())
    return f" with {told}" if told else ""


def _after(separator: str, detail: str) -> str:
    return f"{separator}{detail}" if detail else ""
