"""Rules as objects: known ones, ones of a text, a file or a run."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import evosearch
from evosearch.errors import EvosearchError, ProgramError
from evosearch.search.store_reader import StoreReader
from tests.support.user_files import operation_text

SIGNUM = "def signum(g, m, *, beta=0.9):\n    m = lerp(g, m, beta)\n    return sign(m), m\n"


def test_a_known_rule_tells_what_the_functions_tell() -> None:
    """Text, formulas, source and class are those of the functions that take a name."""
    lion = evosearch.rule("lion")
    assert (lion.name, lion.origin, lion.evidence) == ("lion", "known rule lion", "")
    assert evosearch.parse(lion.text) == evosearch.parse(str(lion))
    assert lion.formula.splitlines()[-1] == "θ_t = (1 − η_t λ) θ_{t-1} − η_t u_t"
    assert lion.latex() == evosearch.latex("lion")
    assert lion._repr_latex_() == f"$${lion.latex()}$$"
    assert lion.markdown() == evosearch.markdown("lion")
    assert lion.source("Mine") == evosearch.to_source("lion", "Mine")
    assert lion.optimizer() is evosearch.optimizer("lion")
    assert lion.drawing("png")[1:4] == b"PNG"
    assert lion.recognise().relation == "identical"
    assert repr(lion) == "Rule('lion', 'known rule lion')"


def test_a_rule_is_found_in_any_form(tmp_path: Path) -> None:
    """A text, a program, a file and a rule give the same rule; its hash is of what it means."""
    file = tmp_path / "mine.py"
    file.write_text(SIGNUM, encoding="utf-8")
    forms = (SIGNUM, f"# mine\n{SIGNUM}", evosearch.parse(SIGNUM), str(file))
    found = [evosearch.rule(form) for form in forms]
    assert {one.text for one in found} == {found[0].text}
    again = evosearch.rule(found[0])
    assert (again.reference, again.called) == (found[0].reference, found[0].called)
    other = "def other(g, v, *, b=0.9):\n    v = lerp(g, v, b)\n    d = sign(v)\n    return d, v"
    assert {one.hash for one in (*found, evosearch.rule(other))} == {found[0].hash}
    assert evosearch.rule("lion").hash != found[0].hash


def test_the_class_of_a_rule_trains() -> None:
    """One step of sign momentum moves every weight by the learning rate."""
    weight = torch.zeros(3, requires_grad=True)
    optimizer = evosearch.rule(SIGNUM).optimizer()([weight], lr=0.5, weight_decay=0.0)
    weight.grad = torch.tensor([2.0, -3.0, 0.0])
    optimizer.step()
    assert weight.tolist() == [-0.5, 0.5, 0.0]


def test_a_shorter_rule() -> None:
    """Simplifying gives a rule again."""
    long = evosearch.rule("def f(g, m): m = 0.9 * m + 0.1 * g; return 3 * m / sqrt(m * m), m")
    assert long.simplify().recognise().rule == "signum"


def test_a_rule_may_call_operations_of_a_file(tmp_path: Path) -> None:
    """They are named by the call that finds the rule."""
    file = tmp_path / "rows.py"
    file.write_text(operation_text("tanh(a)"), encoding="utf-8")
    text = "def bent(g):\n    return bend(g)\n"
    assert "bend" in evosearch.rule(text, operations=[file]).text
    with pytest.raises(ProgramError, match=r"PROGRAM:2:12: unknown function 'bend'"):
        evosearch.rule(text)


def test_a_candidate_of_a_run_comes_with_its_evidence(finished: StoreReader) -> None:
    """As `RUN#best` does on the command line."""
    best = evosearch.rule(f"{finished.folder}#best")
    ((number, measured), *_) = finished.finalists("report")
    assert best.name == f"rule_{number}"
    assert f"{measured.speedup:.2f}, 95% interval" in best.evidence


def test_all_known_rules() -> None:
    """By name, in the order of the names."""
    rules = evosearch.rules()
    assert list(rules) == list(evosearch.rule_names())
    assert all(rule.name == name for name, rule in rules.items())


def test_what_is_no_rule() -> None:
    """Is told as the command line does."""
    with pytest.raises(EvosearchError, match="no known rule named 'adamv'; did you mean"):
        evosearch.rule("adamv")
    with pytest.raises(EvosearchError, match="PROGRAM:1"):
        evosearch.rule("def f(g)")
