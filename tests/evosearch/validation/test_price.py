"""What a step costs: states by count, time beside AdamW's."""

import pytest

from evosearch import known_rule, parse
from evosearch.validation.price import price


@pytest.mark.parametrize(("name", "expected"), [("sgd", 0), ("lion", 4), ("adamw", 8)])
def test_states_are_four_bytes_a_number(name: str, expected: int) -> None:
    """In single precision; a state of one number per tensor is next to nothing."""
    assert price(known_rule(name)).state_bytes == expected
    small = parse("def f(g, v): v = lerp(mean(square(g)), v, 0.9); return g / sqrt(v + 1e-8), v")
    assert price(small).state_bytes == 0


def test_a_step_that_does_ten_times_as_much_takes_longer() -> None:
    """Than SGD's, which does the least."""
    heavy = "".join(f"    u = tanh(u + {n / 10})\n" for n in range(12))
    rule = parse(f"def f(g):\n    u = g\n{heavy}    return u")
    assert price(rule).step_time > 2 * price(known_rule("sgd")).step_time
