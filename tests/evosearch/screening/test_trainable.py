"""Programs that no search would train are refused by the gate's name."""

import pytest

from evosearch import EvosearchError, known_rule, parse
from evosearch.screening.trainable import require_trainable


def test_a_rule_that_trains_is_let_through() -> None:
    """Nothing is said."""
    require_trainable(known_rule("lion"), "lion cannot be trained")


def test_one_that_does_not_is_refused_in_the_given_words() -> None:
    """With the gate, and what to do where that is known."""
    still = parse("def f(w): return w")
    with pytest.raises(EvosearchError, match=r"^no: .* \(gate '[\w-]+'\)$"):
        require_trainable(still, "no")
    with pytest.raises(EvosearchError, match=r"\(gate '[\w-]+'\); take adamw$"):
        require_trainable(still, "no", "take adamw")
