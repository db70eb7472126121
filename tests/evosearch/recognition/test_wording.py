"""The sentences by which people are told."""

from __future__ import annotations

import pytest

from evosearch.recognition.recognition import (
    CONTAINS,
    EQUAL,
    IDENTICAL,
    NEAREST,
    VARIANT,
    Recognition,
)
from evosearch.recognition.wording import is_like_none, sentence

BETAS = {"beta1": 0.9, "beta2": 0.998}


@pytest.mark.parametrize(
    ("recognised", "expected"),
    [
        (Recognition("lion", IDENTICAL, BETAS, 0.0), "X is identical to lion."),
        (Recognition("sgd", IDENTICAL, {}, 0.0, "times 2"), "X is identical to sgd, times 2."),
        (Recognition("lion", EQUAL, BETAS, 0.0), "X is lion with beta1 = 0.9, beta2 = 0.998."),
        (
            Recognition("sgd", CONTAINS, {}, 0.1, "update = sgd + w"),
            "X contains sgd: update = sgd + w.",
        ),
        (
            Recognition("lion", NEAREST, BETAS, 0.0234, "with tanh"),
            "X is nearest to lion with beta1 = 0.9, beta2 = 0.998, which does not "
            "explain 2.3% of its direction; it is with tanh.",
        ),
        (
            Recognition("sgd", NEAREST, {}, 0.0012),
            "X is nearest to sgd, which does not explain 0.12% of its direction.",
        ),
        (
            Recognition("lion", VARIANT, BETAS, 0.3, "abs(g) in place of g"),
            "X is lion with beta1 = 0.9, beta2 = 0.998, but with abs(g) in place of g.",
        ),
        (
            # As far as known rules are from each other.
            Recognition("sgd", NEAREST, {}, 0.1234, "with tanh"),
            "X is like no known rule: the nearest, sgd, does not explain 12% of its direction.",
        ),
        (
            # All rules are as far from it.
            Recognition("sgd", NEAREST, {}, 0.987, "with tanh"),
            "X is like no known rule.",
        ),
        (
            Recognition(None, NEAREST, {}, None, "it is zero"),
            "X is like no known rule: it is zero.",
        ),
    ],
)
def test_one_sentence_each(recognised: Recognition, expected: str) -> None:
    assert sentence("X", recognised) == expected


@pytest.mark.parametrize(
    ("recognised", "like_none"),
    [
        (Recognition("sgd", NEAREST, {}, 0.049), False),
        (Recognition("sgd", NEAREST, {}, 0.051), True),
        (Recognition(None, NEAREST, {}, None), True),
        (Recognition("sgd", VARIANT, {}, 0.9), False),
        (Recognition("sgd", CONTAINS, {}, 0.9), False),
    ],
)
def test_what_is_like_no_rule(recognised: Recognition, like_none: bool) -> None:
    """What is far from the nearest, and not a rule that is contained or varied."""
    assert is_like_none(recognised) is like_none
