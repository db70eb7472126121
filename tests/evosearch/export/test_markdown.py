"""A page of Markdown says what a rule is, in a form that GitHub renders."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from markdown_it import MarkdownIt

from evosearch import Program, known_rule, lower, parse, rule_names
from evosearch.export.formulas.equations import equations
from evosearch.export.markdown import markdown_page
from evosearch.export.notation.provenance import Provenance
from tests.support.bred_programs import breed

PROVENANCE = Provenance(origin="known rule adam", digest="0123", version="1.2.3")


def page(program: Program, provenance: Provenance = PROVENANCE) -> str:
    return markdown_page(lower(program), program.name, program.doc, provenance)


def test_the_page_of_adam() -> None:
    """Name, what it is, origin, symbols with their defaults, equations."""
    assert (
        page(known_rule("adam"))
        == r"""# adam

Adam (Kingma and Ba, arXiv 1412.6980).

Origin: known rule adam.
Canonical digest: `0123`.

| symbol | name | meaning | default |
| --- | --- | --- | --- |
| $\theta_t$ |  | the weights after the step |  |
| $g_t$ | `g` | their gradient |  |
| $u_t$ |  | the direction of the step |  |
| $m_t$ | `m` | a state, one number per weight, zero before the first step |  |
| $v_t$ | `v` | a state, one number per weight, zero before the first step |  |
| $t$ | `t` | the step: 1, 2, … |  |
| $\beta_1$ | `beta1` | decay rate of `m`, in [0, 1) | 0.9 |
| $\beta_2$ | `beta2` | decay rate of `v`, in [0, 1) | 0.999 |
| $\epsilon$ | `eps` | positive constant, added to a denominator | 1e-08 |
| $\eta_t$ | `lr` | the learning rate |  |
| $\lambda$ | `weight_decay` | decoupled weight decay |  |

Each step computes, element by element,

$$
\begin{aligned}
  m_t &= \beta_1 m_{t-1} + (1 - \beta_1) g_t \\
  v_t &= \beta_2 v_{t-1} + (1 - \beta_2) g_t^2 \\
  \hat{m}_t &= \frac{m_t}{1 - \beta_1^t} \\
  \hat{v}_t &= \frac{v_t}{1 - \beta_2^t} \\
  u_t &= \frac{\hat{m}_t}{\sqrt{\hat{v}_t} + \epsilon} \\
  \theta_t &= (1 - \eta_t \lambda) \theta_{t-1} - \eta_t u_t
\end{aligned}
$$
"""
    )


@pytest.mark.parametrize(
    "program",
    [*map(known_rule, rule_names()), *breed(7, 15).programs],
    ids=lambda program: program.name,
)
def test_fences_are_balanced(program: Program) -> None:
    """Two lines of dollars around the equations, an even number in each line of the table."""
    lines = page(program).splitlines()
    fences = [number for number, line in enumerate(lines) if line == "$$"]
    assert len(fences) == 2
    inside = lines[fences[0] + 1 : fences[1]]
    assert (inside[0], inside[-1]) == (r"\begin{aligned}", r"\end{aligned}")
    assert len(inside) == 2 + len(equations(lower(program)))
    assert "$" not in "".join(inside)
    assert all(line.count("$") == 2 for line in lines if line.startswith("| $"))


@pytest.mark.parametrize("name", rule_names())
def test_each_symbol_of_the_equations_is_in_the_table(name: str) -> None:
    """As a renderer of tables reads it, which finds four cells in each row."""
    text = page(known_rule(name))
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    cells = [
        after.content for token, after in pairwise(tokens) if token.type in ("td_open", "th_open")
    ]
    rows = [cells[start : start + 4] for start in range(0, len(cells), 4)]
    assert len(cells) % 4 == 0
    graph = lower(known_rule(name))
    named = {row[1].strip("`") for row in rows}
    assert {slot.name for slot in graph.slots} <= named
    assert set(graph.labels("hyperparameter")) <= named
    defaults = {row[1].strip("`"): row[3] for row in rows if row[3]}
    for node in graph.nodes:
        if node.op == "hyperparameter":
            assert float(defaults[node.label]) == node.value


def test_what_was_measured_is_said() -> None:
    """With the learning rate, where it was measured; an asterisk in a definition is no emphasis."""
    provenance = replace(PROVENANCE, evidence="Speed-up 1.1.", rate=0.3)
    text = page(parse("def f(g, t):\n    return g ** t * (g > 0.5) ** -0.5"), provenance)
    assert "Speed-up 1.1." in text
    assert "The best learning rate was 0.3 times AdamW's." in text
    assert r"- power: a \*\* b, of |a|" in text
    assert "- greater: 1 where a > b, else 0" in text
    assert not re.search(r"(?<!\\)\*", text)
