"""Lines of many rules in groups: every one once, after what it reads, with its like."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from evosearch import Program, known_rule, lower, rule_names
from evosearch.screening.contender import plan
from proxies.updates.grouping import group
from proxies.updates.step_lines import Line, lines
from tests.proxies.updates.test_step_lines import foreknown_by_hand
from tests.support import random_programs as programs


def lines_of(program: Program) -> Sequence[Line]:
    rule = plan(lower(program, bind=True))
    return lines(rule, foreknown_by_hand(rule)).lines


@given(st.lists(programs.programs(), max_size=6))
def test_every_line_runs_once_after_what_it_reads(some: list[Program]) -> None:
    """A group reads nothing that it, or a later one, computes; its lines do the same."""
    rules = [lines_of(program) for program in some]
    computed = {(n, line.result) for n, own in enumerate(rules) for line in own}
    done = set()
    for together in group(rules):
        for number, line in together.lines:
            for operand in line.operands:
                assert (number, operand) not in computed or (number, operand) in done
            assert (line.op, line.guarded, line.result.kind) == (
                together.key.op,
                together.key.guarded,
                together.key.result,
            )
            assert tuple(operand.kind for operand in line.operands) == together.key.operands
        new = [(number, line.result) for number, line in together.lines]
        assert not done.intersection(new)
        done.update(new)
    assert done == computed


def test_equal_rules_share_every_call() -> None:
    """Ten rules that differ in nothing take as many calls as one."""
    for name in rule_names():
        rule = lines_of(known_rule(name))
        alone, many = group([rule]), group([rule] * 10)
        assert [together.key for together in many] == [together.key for together in alone]
        assert sum(len(together.lines) for together in many) == 10 * len(rule)


def test_different_rules_share_calls() -> None:
    """Rules made of the same few operations take far fewer calls together."""
    rules = [lines_of(known_rule(name)) for name in rule_names()]
    assert len(group(rules)) < 0.5 * sum(map(len, rules))
