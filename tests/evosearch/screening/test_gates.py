"""Each gate rejects a rule made for it, and no known rule is rejected."""

import pytest

from evosearch import Program, known_rule, lower, parse, rule_names
from evosearch.screening.gates import GATES, GRAPH, PROBE, Evidence, first_rejection

REJECTED = {
    "ignores-gradient": [
        "def f(w):\n return w",
        "def f(g, w):\n return w + (g - g)",
        "def f(g, m):\n return 0.5, m + g",
        "def f(t):\n return t - 4",
    ],
    "not-finite": [
        "def f(g):\n return exp(1e5 * abs(g))",
        "def f(g, m):\n m = exp(exp(abs(m) + 3))\n return g + where(m > 1e300, m, 0), m",
        "def f(g, t, a, b):\n h = where(t > 7, exp(1000 * t), 0)\n return g + a + b, t, h - h * 2",
    ],
    "constant": [
        "def f(g):\n return (abs(g) > -1) * 0.5",
        "def f(g):\n return 1e300 * (abs(g) > -1)",
        "def f(g):\n return tanh(square(g) * 1e-300 - 30)",
    ],
    "one-signed": [
        "def f(g):\n return abs(g)",
        "def f(g):\n return -square(g)",
        "def f(g, v):\n v = lerp(square(g), v, 0.9)\n return sqrt(v), v",
        "def f(g):\n return max(g, 0)",
    ],
    "not-descent": [
        "def f(g):\n return -g",
        "def f(g, w):\n return w + 1e-9 * g",
        "def f(g, m):\n return 1e200 * -sign(m), lerp(g, m, 0.9)",
        "def f(g, t):\n return g * (4 - t)",
    ],
    "state-explodes": [
        "def f(g, m):\n m = 100 * m + g\n return g + 1e-9 * sign(m), m",
        "def f(g, n):\n n = 8 * n + 1\n return g + tanh(g / n), n",
    ],
}
"""For each gate, programs that it and no gate before it rejects."""

PASSED = [
    "def f(g):\n return g",
    "def f(g):\n return 1e300 * g",
    "def f(g):\n return 1e-300 * g",
    "def f(g, w):\n return g + 0.1 * w",
    "def f(g, n):\n n = n + 1\n return g / n, n",
    "def f(g, m):\n return m, lerp(g, m, 0.5)",
]


def rejection(program: Program) -> str | None:
    return first_rejection(Evidence(lower(program, bind=True)))


def test_every_gate_has_an_example() -> None:
    """The table of examples names exactly the gates there are, in their order."""
    assert list(REJECTED) == [gate.name for gate in GATES]
    assert all(REJECTED.values())


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name, texts in REJECTED.items() for text in texts]
)
def test_gate_rejects_its_examples(name: str, text: str) -> None:
    """A program with one fault is rejected under the name of that fault."""
    assert rejection(parse(text)) == name


@pytest.mark.parametrize("name", rule_names())
def test_known_rules_pass(name: str) -> None:
    """No gate rejects a rule that people use."""
    assert rejection(known_rule(name)) is None


@pytest.mark.parametrize("text", PASSED)
def test_sound_programs_pass(text: str) -> None:
    """Scale, small decay, counters and lag are no faults."""
    assert rejection(parse(text)) is None


def test_gates_explain_themselves() -> None:
    """Names are short words for statistics, unique, and each gate has a reason to show."""
    names = [gate.name for gate in GATES]
    assert len(set(names)) == len(names)
    for gate in GATES:
        assert gate.name.replace("-", "").isalpha()
        assert gate.name.islower()
        assert len(gate.reason) > 20
        assert "{" not in str(gate)
        assert f"{gate.threshold:g}" in str(gate) or "{0}" not in gate.reason


def test_cheap_gates_come_first_and_do_not_run_the_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that its graph condemns costs no probe."""
    costs = [gate.cost for gate in GATES]
    assert costs == sorted(costs, key=[GRAPH, PROBE].index)

    def run(_: object) -> None:
        raise AssertionError("the probe was run")

    monkeypatch.setattr("evosearch.screening.short_probe.run", run)
    assert rejection(parse("def f(w):\n return w")) == "ignores-gradient"
    with pytest.raises(AssertionError, match="the probe was run"):
        rejection(parse("def f(g):\n return g"))
