"""What a program's signature offers to mutation."""

from __future__ import annotations

from evosearch.language.library import known_rule
from evosearch.language.parser import parse
from evosearch.search.space import prepare


def test_prepare_offers_weights_gradient_and_spare_slots_without_changing_the_rule() -> None:
    """Spare slots are zero before and after; names already in use are avoided."""
    parent = parse("def rule(m, s1):\n    s2 = m + s1\n    return s2, m, s1\n")
    prepared = prepare(parent, spare_slots=2)
    assert prepared.inputs == ("w", "g", "m", "s1", "s3", "s4")
    assert prepared.returns == ("s2", "m", "s1", "s3", "s4")
    assert prepared.statements == parent.statements


def test_what_the_signature_has_already_is_not_added() -> None:
    """Weights and gradient come first only where they are missing; the text about a rule is left
    out, since it is no longer about its children.
    """
    adamw = known_rule("adamw")
    prepared = prepare(adamw, spare_slots=0)
    assert sorted(prepared.inputs) == sorted({"w", *adamw.inputs})
    assert prepared.doc == ""
    assert prepare(prepared, spare_slots=0) == prepared
