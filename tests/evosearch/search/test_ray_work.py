"""Work on Ray: the same results as here, whatever happens to a worker."""

from __future__ import annotations

import operator
from pathlib import Path

import pytest

from evosearch.search.executor import executor


@pytest.mark.ray
def test_ray_returns_results_in_the_order_asked_and_replaces_a_dead_worker(
    tmp_path: Path,
) -> None:
    """A worker that dies at its first call costs nothing but time; work behind it is done too."""
    marker = tmp_path / "died"
    dies_once = (
        f"__import__('pathlib').Path({str(marker)!r}).exists() or "
        f"(__import__('pathlib').Path({str(marker)!r}).touch(), __import__('os')._exit(1))"
    )
    with executor(2) as ready:
        before = [ready.submit(operator.mul, n, n) for n in range(4)]
        fatal = ready.submit(eval, dies_once)
        after = [ready.submit(operator.add, n, 1) for n in range(4)]
        assert [pending.result() for pending in after] == [1, 2, 3, 4]
        assert fatal.result() is True
        assert [pending.result() for pending in before] == [0, 1, 4, 9]
    assert marker.exists()


@pytest.mark.ray
def test_an_error_in_the_work_itself_is_not_tried_again() -> None:
    """Bad work fails at once, with its own error."""
    with executor(1) as ready, pytest.raises(ZeroDivisionError, match="division by zero"):
        ready.submit(operator.truediv, 1, 0).result()
