"""What a step costs: against counts by hand, and a clock that is made."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from evosearch import Program, known_rule, parse
from evosearch.card import cost as module
from evosearch.card.cost import cost, cost_section


@pytest.mark.parametrize(
    ("program", "state_bytes", "small", "traffic"),
    [
        (known_rule("adamw"), 8, 0, 7),
        (known_rule("sgd"), 0, 0, 3),
        (known_rule("momentum"), 4, 0, 5),
        (known_rule("amsgrad"), 12, 0, 9),
        # One number per tensor, as Adafactor's are few, takes next to nothing.
        (parse("def f(g, s):\n  s = max(s, norm(g))\n  return g / s, s"), 0, 1, 3),
        # A state that nothing reads is none.
        (parse("def f(g, s):\n  s = s + g\n  return g, s"), 0, 0, 3),
    ],
    ids=lambda value: value.name if isinstance(value, Program) else str(value),
)
def test_memory_is_that_of_the_states(
    program: Program, state_bytes: int, small: int, traffic: int
) -> None:
    """Four bytes a state and parameter, half of it in bfloat16."""
    values = cost(program)
    assert values.state_bytes == state_bytes
    assert values.state_bytes_bfloat16 == state_bytes // 2
    assert values.small_states == small
    assert values.least_traffic == traffic
    assert values.parameters == 1024**2
    assert values.seconds > 0


def install(monkeypatch: pytest.MonkeyPatch, own: float, adamw: float) -> None:
    """Puts in place of optimizers what takes so many seconds on a clock, and now and then more."""
    now, calls = [0.0], [0]

    def stepper(program: Program) -> Callable[[], object]:
        seconds = adamw if program.name == "adamw" else own

        def step() -> None:
            calls[0] += 1
            now[0] += seconds + 100 * (calls[0] % 5 > 0)

        return step

    monkeypatch.setattr(module, "_stepper", stepper)
    monkeypatch.setattr(module, "perf_counter", lambda: now[0])


def test_the_fastest_step_counts_beside_adamws(monkeypatch: pytest.MonkeyPatch) -> None:
    """What others do on the machine in most steps does not count."""
    install(monkeypatch, 3.0, 2.0)
    values = cost(known_rule("lion"))
    assert values.seconds == pytest.approx(3.0)
    assert values.ratio == pytest.approx(1.5)


def test_a_user_is_told_in_terms_of_adamw(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory and time."""
    install(monkeypatch, 3.0, 2.0)
    assert cost_section(known_rule("lion")).meaning.startswith(
        "It needs 0.5 times as much memory for states as AdamW (8 bytes); a step takes 1.5 times"
    )
    install(monkeypatch, 2.0, 2.0)
    assert cost_section(known_rule("nadam")).meaning.startswith(
        "It needs as much memory for states as AdamW; a step takes about as long"
    )
    assert "no memory for states" in cost_section(known_rule("sgd")).meaning
