"""How long a task's steps take."""

from evosearch.search.pace import step_seconds
from proxies import TASKS


def test_more_work_takes_longer() -> None:
    """A step of a language model takes many times one of a small quadratic function."""
    small, large = (step_seconds(TASKS[name], "cpu") for name in ("quadratic", "byte_text"))
    assert 0 < 3 * small < large
