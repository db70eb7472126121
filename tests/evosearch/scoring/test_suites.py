"""A task has the measurements that its suite asks for, of the task as it is now."""

import pytest

from evosearch.scoring.foresight_records import foresight
from evosearch.scoring.qualification_records import from_record, recorded
from evosearch.scoring.rounds import ROUNDS
from evosearch.scoring.yardstick import BUDGET
from proxies import SUITES, TASKS


@pytest.mark.parametrize("name", SUITES["search"])
def test_tasks_of_the_search_suite_foretell_and_resolve(name: str) -> None:
    """Their order of rules is that of longer training, rules that contain others are no worse, and
    a seed resolves enough, by AdamW tuned with the budget of a yardstick.
    """
    measured, qualified = foresight(TASKS[name]), from_record(recorded()[name])
    assert measured is not None
    assert measured.faults == ()
    assert qualified is not None
    assert qualified.digest == TASKS[name].digest()
    assert qualified.budget >= BUDGET * ROUNDS
    assert qualified.faults == ()


@pytest.mark.parametrize("name", SUITES["select"])
def test_on_tasks_of_the_select_suite_rules_that_contain_others_are_no_worse(name: str) -> None:
    measured = foresight(TASKS[name])
    assert measured is not None
    assert measured.inclusions
    assert all(one.holds for one in measured.inclusions)
