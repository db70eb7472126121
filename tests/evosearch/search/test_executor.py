"""Which executor does the work, and that a cluster which is not there is told of."""

from __future__ import annotations

import pytest
import torch

from evosearch.errors import EvosearchError
from evosearch.search.executor import executor
from evosearch.search.work import Inline


def test_without_workers_this_process_works() -> None:
    """It is set up for training first."""
    torch.set_num_threads(2)
    with executor(0) as ready:
        assert isinstance(ready, Inline)
        assert torch.get_num_threads() == 1


@pytest.mark.ray
def test_a_cluster_that_is_not_there_is_an_error_for_people() -> None:
    """The address is named."""
    with (
        pytest.raises(EvosearchError, match=r"cannot reach Ray at 127\.0\.0\.1:1"),
        executor(1, "127.0.0.1:1"),
    ):
        pass
