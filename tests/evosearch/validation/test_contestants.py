"""Who takes part, under which name, and how each is tuned."""

from dataclasses import replace

import pytest

from evosearch import known_rule, parse
from evosearch.errors import EvosearchError
from evosearch.export.notation.provenance import Reference
from evosearch.scoring.setting import Setting
from evosearch.validation.contestants import (
    BASELINES,
    Contestant,
    constants_of,
    contestants,
    learning_rate,
)
from tests.support.tiny_task import TINY
from tests.support.validations import reference


def test_adamw_comes_first_and_rules_last() -> None:
    """Whether AdamW was asked for or not."""
    listed = contestants([reference("grams"), reference("lion")])
    assert [one.name for one in listed] == ["adamw", *BASELINES, "grams", "lion"]
    assert [one.baseline for one in listed] == [True] * 6 + [False] * 2
    asked = contestants([reference("grams")], ["lion", "adamw", "lion"])
    assert [one.name for one in asked] == ["adamw", "lion", "grams"]


def test_a_program_is_not_compared_with_itself() -> None:
    """Under another name it is the same; as a baseline it is another, tuned with other draws."""
    twin = replace(known_rule("lion"), name="twin")
    with pytest.raises(EvosearchError, match="lion and twin are the same program; give it once"):
        contestants([reference("lion"), Reference(twin, "twin", "")])
    changed = parse("def lion(g, m): m2 = lerp(g, m, 0.98); return sign(lerp(g, m, 0.9)), m2")
    assert len(contestants([reference("lion"), Reference(changed, "other", "")], [])) == 3


def test_code_of_the_user_is_part_of_what_a_trial_is_filed_under() -> None:
    """A file of operations may change while the program's text does not; baselines have none."""
    listed = [
        contestants([reference("grams")], ["lion"], code_of)
        for code_of in (lambda _: "", lambda _: "one", lambda _: "two")
    ]
    assert len({rule.key for _, _, rule in listed}) == 3
    assert len({lion.key for _, lion, _ in listed}) == 1
    assert listed[0] == contestants([reference("grams")], ["lion"])


def test_an_unknown_baseline_is_told() -> None:
    """In one line."""
    with pytest.raises(EvosearchError, match=r"nadamm.*did you mean.*nadam"):
        contestants([reference("lion")], ["nadamm"])


def test_a_task_without_decay_has_none_to_tune() -> None:
    """Elsewhere the decay is one more constant."""
    one = Contestant(reference("adamw"), False)
    bare = one.entry(replace(TINY, weight_decay=0.0))
    full = one.entry(TINY)
    assert (bare.decay, full.decay) == ("", "weight_decay")
    assert set(full.family.names) - set(bare.family.names) == {"weight_decay"}


def test_the_learning_rate_is_the_optimizers() -> None:
    """A direction of one number everywhere has size one, and three times it has a third."""
    for factor in (1, 3):
        rule = parse(f"def f(g): return {factor} * sign(g)")
        entry = Contestant(Reference(rule, "f", ""), False).entry(replace(TINY, weight_decay=0.0))
        size = entry.family.contender(entry.family.defaults)
        assert size is not None
        rate = learning_rate(entry, Setting(0.6, entry.family.defaults))
        assert rate * size.update_size == pytest.approx(0.6)


def test_the_middle_of_settings_is_on_their_scales() -> None:
    """Of decay rates, the geometric mean of the distances from one."""
    entry = Contestant(reference("signum"), False).entry(replace(TINY, weight_decay=0.0))
    (name,) = entry.family.names
    middle = constants_of(entry, [(0.9,), (0.999,)])
    assert middle == {name: pytest.approx(1 - 0.01, rel=1e-6)}
