"""A picture shows each value that changes, each operand's way, and what a state replaces."""

from __future__ import annotations

import pytest

from evosearch import Program, known_rule, lower, parse, rule_names
from evosearch.export.drawing.picture import Picture, Role, picture
from evosearch.graph.graph import CONSTANT, HYPERPARAMETER, Graph
from tests.support.bred_programs import breed
from tests.support.state_order_programs import TRICKY


def drawn(text: str) -> Picture:
    return picture(lower(parse(text)))


def texts(shown: Picture, role: Role) -> list[str]:
    return [box.text for box in shown.boxes if box.role is role]


def links(shown: Picture) -> set[tuple[str, str, int]]:
    return {
        (shown.boxes[wire.source].text, shown.boxes[wire.target].text, wire.place)
        for wire in shown.wires
    }


def test_lion() -> None:
    """Two averages, of which one's sign is the direction and one replaces the state."""
    shown = picture(lower(known_rule("lion")))
    assert texts(shown, Role.INPUT) == ["g_t"]
    assert texts(shown, Role.OLD_STATE) == ["m_{t-1}"]
    assert sorted(texts(shown, Role.OPERATION)) == ["lerp β₁", "lerp β₂", "sign"]
    assert texts(shown, Role.DIRECTION) == ["u_t"]
    assert texts(shown, Role.NEW_STATE) == ["m_t"]
    assert links(shown) == {
        ("g_t", "lerp β₁", 1),
        ("m_{t-1}", "lerp β₁", 2),
        ("g_t", "lerp β₂", 1),
        ("m_{t-1}", "lerp β₂", 2),
        ("lerp β₁", "sign", 0),
        ("sign", "u_t", 0),
        ("lerp β₂", "m_t", 0),
    }
    ((new, old),) = shown.feedback
    assert (shown.boxes[new].text, shown.boxes[old].text) == ("m_t", "m_{t-1}")


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("g - m", "−"),
        ("g * m", "×"),
        ("g / m", "÷"),
        ("g >= m", "≥"),
        ("1 - g", "1 − □"),
        ("g - 0.5", "□ − 0.5"),
        ("g / b", "□ ÷ b"),
        ("g * b", "b × □"),
        ("g + b", "□ + b"),
        ("b ** mean(g)", "b^□"),
        ("g ** 0.3", "□^0.3"),
        ("sqrt(g)", "√"),
        ("abs(g)", "|□|"),
        ("square(g)", "□²"),
        ("-g", "−□"),
        ("1 / g", "1 / □"),
        ("sign(g)", "sign"),
        ("log10(g)", "log10"),
        ("max(g, 0.5)", "max 0.5"),
        ("max(g, m)", "max"),
        ("lerp(g, m, b)", "lerp b"),
        ("lerp(0.5, g, b)", "lerp(0.5, □, b)"),
        ("where(g, m, w)", "where"),
        ("where(g, 0.5, m)", "where(□, 0.5, □)"),
        ("where(g, m, 0)", "where(□, □, 0)"),
    ],
)
def test_operations_are_written_as_in_formulas(expression: str, text: str) -> None:
    """With the constants that they take; a square holds the place of what comes by a wire."""
    shown = drawn(f"def f(w, g, m, *, b=0.5):\n    return tanh({expression}), g")
    assert text in texts(shown, Role.OPERATION)


def test_the_order_of_operands_is_shown_where_it_matters() -> None:
    """Where two of them come by wires and may not be exchanged."""
    shown = drawn("def f(w, g, m):\n    return (g - m) * (m + w), g")
    assert ("g_t", "−", 1) in links(shown)
    assert ("m_{t-1}", "−", 2) in links(shown)
    assert {place for _, target, place in links(shown) if target in "×+"} == {0}


def expected_boxes(graph: Graph) -> int:
    results = {graph.direction, *(slot.write for slot in graph.slots)}
    values = [
        index
        for index, node in enumerate(graph.nodes)
        if node.op not in (CONSTANT, HYPERPARAMETER) or index in results
    ]
    return len(values) + 1 + len(graph.slots)


@pytest.mark.parametrize(
    "program",
    [*map(known_rule, rule_names()), *TRICKY.values(), *breed(3, 20).programs],
    ids=lambda program: program.name,
)
def test_every_value_and_every_operand_is_shown(program: Program) -> None:
    """As many boxes as values, as many wires as operands that change, a loop for each old state."""
    graph = lower(program)
    shown = picture(graph)
    assert len(shown.boxes) == expected_boxes(graph)
    changing = sum(
        graph.nodes[operand].op not in (CONSTANT, HYPERPARAMETER)
        for node in graph.nodes
        for operand in node.operands
    )
    assert len(shown.wires) == changing + 1 + len(graph.slots)
    assert len(shown.feedback) == sum(slot.read is not None for slot in graph.slots)
    assert all(box.text for box in shown.boxes)
